"""The speed table: our engine against its peers and against the limit of the machine, in one run."""

from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path

from threadpoolctl import threadpool_limits

from gossamer import _native
from gossamer.bench.limit import BACKWARD, FORWARD, MOST_COLUMNS, fastest_reads, read_tasks
from gossamer.bench.machine import describe
from gossamer.bench.problem import Problem, workload_of
from gossamer.bench.results import Claim, Results, Row, busy
from gossamer.bench.timing import Runner, Say, Task, Times, alternate
from gossamer.bench.workload import Workload
from gossamer.train.build import available_cores

OURS, OURS_SPARSER = "gossamer, epsilon 13", "gossamer, epsilon 1"
EVALUATION = "gossamer, evaluation of 1,000 images"
REWIRING = {0.3: "gossamer, rewiring at zeta 0.3", 0.99: "gossamer, rewiring at zeta 0.99"}
DENSE, SPARSELAB = "PyTorch dense", "SparseLab"
WIDE = {1: "gossamer, three layers of 10,000, 1 thread", 2: "gossamer, three layers of 10,000, 2 threads"}
PEERS: dict[str, str] = {DENSE: "torch_dense", SPARSELAB: "sparselab"}
ROUNDS, QUICK_ROUNDS = 15, 3
WIDE_HIDDEN = (10_000, 10_000, 10_000)
EVALUATED = 1000
THREADS_GROUP = "two threads"


@dataclass
class _Plan:
    """Tasks by group, and the batch whose rows the limit reads."""

    batch: int
    groups: dict[str, list[Task]] = field(default_factory=dict)
    skipped: list[str] = field(default_factory=list)

    def skip(self, what: str, say: Say) -> None:
        """Say and record that something is left out."""
        self.skipped.append(what)
        say(f"skipped: {what}")


def measure_speed(*, data_dir: Path | None, quick: bool, say: Say) -> Results:
    """Measure every row of the speed table by turns, one thread but for the last group.

    Parameters
    ----------
    data_dir : Path or None, where Fashion-MNIST may be
    quick : bool, fewer rounds: enough to see that everything runs, not to believe a ratio
    say : callable, receives lines of progress
    """
    rounds = QUICK_ROUNDS if quick else ROUNDS
    threads = _native.threads()
    try:
        _native.set_threads(1)
        paper = Problem.paper(data_dir)
        plan = _paper_plan(paper, data_dir, say)
        with threadpool_limits(1):
            times = alternate([task for tasks in plan.groups.values() for task in tasks], rounds, say)
        wide = Problem.paper(data_dir, {"hidden": WIDE_HIDDEN})
        if available_cores() < max(WIDE):
            plan.skip(f"{THREADS_GROUP}, because this process may use one core only", say)
        else:
            plan.groups[THREADS_GROUP] = _wide_tasks(wide)
            times |= alternate(plan.groups[THREADS_GROUP], rounds, say)
    finally:
        _native.set_threads(threads)
    rows = tuple(_rows(plan, times))
    return Results(
        title="Speed",
        command="make bench",
        machine=describe(),
        conditions=_conditions(paper, wide, rounds),
        claims=tuple(_claims(plan, times)),
        rows=rows,
        skipped=tuple(plan.skipped),
        warnings=busy([row for row in rows if row.group != THREADS_GROUP]),
    )


def _paper_plan(paper: Problem, data_dir: Path | None, say: Say) -> _Plan:
    """Every group of the paper's configuration; what cannot be measured here is said and left out."""
    patterns, batch = paper.network.patterns, paper.config.training.batch_size
    plan = _Plan(batch)
    sparser = Problem.paper(data_dir, {"epsilon": 1.0})
    plan.groups["engine"] = [
        Task(OURS, paper.training()),
        Task(OURS_SPARSER, sparser.training()),
        Task(EVALUATION, paper.evaluation()),
        *(Task(name, Problem.paper(data_dir, {"zeta": zeta}).rewiring()) for zeta, name in REWIRING.items()),
    ]
    plan.groups["limit"] = [
        *read_tasks(patterns, batch, FORWARD),
        *read_tasks(patterns, batch, BACKWARD),
        *read_tasks(patterns, MOST_COLUMNS, FORWARD),
    ]
    workload = workload_of(paper)
    for group, module in PEERS.items():
        why = ""
        try:
            runners = _peer(module)(workload)
        except ImportError as error:
            why = f"{error.name} is not installed: pip install 'gossamer[bench]'"
        except Exception as error:  # noqa: BLE001 a broken peer, whatever it raises, is no reason to end
            why = f"it cannot be used here ({type(error).__name__}: {' '.join(str(error).split())[:200]})"
        if why:
            plan.skip(f"{group}, because {why}", say)
            continue
        plan.groups[group] = [Task(f"{group}, {name}", runner) for name, runner in runners.items()]
    return plan


def _peer(module: str) -> Callable[[Workload], dict[str, Runner]]:
    """The function of a peer that makes its runners; its package is imported only when that is called."""
    variants: Callable[[Workload], dict[str, Runner]] = import_module(
        f"gossamer.bench.peers.{module}"
    ).variants
    return variants


def _wide_tasks(wide: Problem) -> list[Task]:
    """The same steps of a wide network with one and with two threads."""
    step = wide.training()

    def with_threads(count: int) -> Runner:
        def run(steps: int) -> None:
            _native.set_threads(count)
            step(steps)

        return run

    return [Task(name, with_threads(count)) for count, name in WIDE.items()]


def _claims(plan: _Plan, times: dict[str, Times]) -> list[Claim]:
    """Ratios of minima against what was asked of the engine."""
    step = times[OURS].minimum
    reads = {way: times[fastest_reads(times, plan.batch, way)].minimum for way in (FORWARD, BACKWARD)}
    limit = reads[FORWARD] + reads[BACKWARD]
    evaluation_limit = times[fastest_reads(times, MOST_COLUMNS, FORWARD)].minimum * EVALUATED / MOST_COLUMNS
    claims = [
        Claim(f"step of {name} / step of gossamer", times[name].minimum / step, "at least", asked, aim)
        for group, asked, aim in ((DENSE, 20, 34), (SPARSELAB, 8, 15))
        if group in plan.groups
        for name in [min((task.name for task in plan.groups[group]), key=lambda n: times[n].minimum)]
    ]
    claims.append(Claim("limit of a step (reads alone) / step", limit / step, "at least", 0.44, 0.7))
    claims += [
        Claim(f"rewiring of all layers at zeta {zeta} / limit", times[name].minimum / limit, "at most", asked)
        for (zeta, name), asked in zip(REWIRING.items(), (8, 16), strict=True)
    ]
    evaluation = times[EVALUATION].minimum
    sparser = times[OURS_SPARSER].minimum
    claims += [
        Claim("forward reads alone / evaluation", evaluation_limit / evaluation, "at least", 0.5),
        Claim("step at epsilon 1 / step at epsilon 13", sparser / step, "at most", 0.22),
    ]
    if THREADS_GROUP in plan.groups:
        speedup = times[WIDE[1]].minimum / times[WIDE[2]].minimum
        claims.append(Claim("three layers of 10,000: one thread / two threads", speedup, "at least", 1.7))
    return claims


def _rows(plan: _Plan, times: dict[str, Times]) -> list[Row]:
    return [
        Row.of(group, task.name, times[task.name]) for group, tasks in plan.groups.items() for task in tasks
    ]


def _conditions(paper: Problem, wide: Problem, rounds: int) -> tuple[str, ...]:
    config = paper.config
    return (
        f"Network {_shape(paper)}, batch {config.training.batch_size}, dropout {config.network.dropout}, "
        f"SGD with momentum {config.optimizer.momentum} and weight decay, {paper.images}.",
        "A step is a whole training step: batch assembly, dropout, forward, loss, backward, update.",
        f"Every row ran in each of {rounds} rounds, by turns; ratios are of minima. One thread, but for the "
        f"group of two threads ({_shape(wide)}).",
        "The limit reads, for every link, one row of activations forward and one row of gradients backward, "
        "by the same index lists; the fastest of 1 to 4 rows in flight with and without prefetch.",
        "PyTorch computes the full matrices; SparseLab has 97 % uniform sparsity in all layers. Pixels of "
        "both are scaled to float32 outside the clock, and their weight decay is PyTorch's own.",
    )


def _shape(problem: Problem) -> str:
    return f"{'-'.join(map(str, problem.network.sizes))} ({problem.links:,} links)"
