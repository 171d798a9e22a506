"""What methods cost beside plain training and beside a dense product, in one run, as ratios."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from gossamer import _native
from gossamer.bench import wide_update
from gossamer.bench.machine import describe
from gossamer.bench.problem import Problem
from gossamer.bench.results import Claim, Results, Row, busy
from gossamer.bench.timing import Runner, Say, Task, Times, alternate
from gossamer.data import Split
from gossamer.engine.latent import Latent
from gossamer.engine.network import Network

ROUNDS, QUICK_ROUNDS = 15, 3
SET, RIGL, SNFS = "SET", "RigL, an update every 100 steps", "SNFS, an update an epoch"
PLAIN, PRODUCT = "plain weights", "dense float32 product of the same size"
UPDATE = "RigL's update of 10,000 x 10,000 at 99.9 %"
EPOCHS, STEPS, WIDE = "epochs", "steps", "update"

# So many epochs hold whole numbers of updates at the paper's 125 steps an epoch.
_EPOCHS_AT_LEAST = 4
_START = {"kind": "erdos_renyi", "epsilon": 13.0}
_METHODS: dict[str, dict[str, Any]] = {
    SET: {"method": "set", "method.start": _START},
    RIGL: {"method": "rigl", "method.start": _START, "method.when.every": 100},
    SNFS: {"method": "snfs", "method.start": _START},
}
_MOST = {RIGL: 1.2, SNFS: 1.5}
_LATENT: dict[str, Latent] = {
    "powerpropagation": Latent("power", power=2.0),
    "learned masks": Latent("mask", penalty=1e-5),
    "Top-KAST": Latent("top_kast", penalty=1e-5),
    "DEEP R": Latent("deep_r", penalty=1e-5, noise=1e-3),
}
_MOST_LATENT, _LEAST_RATE, _MOST_MEGABYTES = 1.5, 0.5, 50
# Longer than any measurement, so that schedules stand at their beginning, where updates are largest.
_EPOCHS = 10_000


def measure_methods(*, data_dir: Path | None, quick: bool, say: Say) -> Results:
    """Measure epochs of methods, steps under latent rules and RigL's update of a wide layer by turns.

    Parameters
    ----------
    data_dir : Path or None, where Fashion-MNIST may be
    quick : bool, fewer rounds: enough to see that everything runs, not to believe a ratio
    say : callable, receives lines of progress

    Raises
    ------
    GossamerError
        If the process that measures the memory of an update fails.
    """
    rounds = QUICK_ROUNDS if quick else ROUNDS
    say("memory of an update in a process of its own")
    megabytes = wide_update.megabytes()
    threads = _native.threads()
    try:
        _native.set_threads(1)
        paper = Problem.paper(data_dir)
        groups = {EPOCHS: _epoch_tasks(paper), STEPS: _latent_tasks(paper), WIDE: _wide_tasks()}
        with threadpool_limits(1):
            times = alternate([task for tasks in groups.values() for task in tasks], rounds, say)
    finally:
        _native.set_threads(threads)
    rows = tuple(
        Row.of(group, task.name, times[task.name]) for group, tasks in groups.items() for task in tasks
    )
    return Results(
        title="Methods",
        command="make bench",
        machine=describe(),
        conditions=_conditions(paper, rounds),
        claims=tuple(_claims(times, megabytes)),
        rows=rows,
        warnings=busy(rows),
    )


def _with_few_images(paper: Problem) -> Problem:
    """The same with a hundred images to evaluate: what is timed are steps and updates."""
    test = paper.dataset.test
    few = Split(test.inputs[:100], test.labels[:100])
    return Problem.of(paper.config, replace(paper.dataset, test=few, validation=None))


def _epoch_tasks(paper: Problem) -> list[Task]:
    """Epochs of each method, from the same start."""
    few = _with_few_images(paper)
    return [
        Task(name, few.changed({**changes, "epochs": _EPOCHS}).epochs(), at_least=_EPOCHS_AT_LEAST)
        for name, changes in _METHODS.items()
    ]


def _latent_tasks(paper: Problem) -> list[Task]:
    """Training steps of the same network with plain weights and with each kind of latent parameters."""
    rules: dict[str, Latent | None] = {PLAIN: None, **_LATENT}
    return [Task(name, _steps(paper.changed({}), rule)) for name, rule in rules.items()]


def _steps(problem: Problem, rule: Latent | None) -> Runner:
    plain = problem.network
    layers = range(plain.n_layers)
    problem.network = Network(
        plain.patterns,
        [plain.column(layer, "weight") for layer in layers],
        activations=plain.activations,
        dropout=plain.dropout,
        loss=plain.loss,
        optimizer=plain.optimizer,
        latent=[rule for _ in layers],
    )
    return problem.training()


def _wide_tasks() -> list[Task]:
    """RigL's whole update of a wide layer, and a product with as much arithmetic as its dense gradient."""
    update = wide_update.problem().rewiring()
    random = np.random.default_rng(0)
    shape = wide_update.NEURONS, wide_update.BATCH
    left, right = (random.normal(size=shape).astype(np.float32) for _ in range(2))
    out = np.empty((wide_update.NEURONS,) * 2, np.float32)

    def product(calls: int) -> None:
        for _ in range(calls):
            np.matmul(left, right.T, out=out)

    return [Task(UPDATE, update), Task(PRODUCT, product)]


def _claims(times: dict[str, Times], megabytes: float) -> list[Claim]:
    """Ratios of minima against what was asked."""
    of = {name: row.minimum for name, row in times.items()}
    claims = [
        Claim(f"epoch of {name} / epoch of SET", of[name] / of[SET], "at most", most)
        for name, most in _MOST.items()
    ]
    claims += [
        Claim(f"step of {name} / step of plain weights", of[name] / of[PLAIN], "at most", _MOST_LATENT)
        for name in _LATENT
    ]
    rate = of[PRODUCT] / of[UPDATE]
    return [
        *claims,
        Claim(f"arithmetic rate of {UPDATE} / of a {PRODUCT}", rate, "at least", _LEAST_RATE),
        Claim("memory of that update above rest", megabytes, "at most", _MOST_MEGABYTES, unit="MB"),
    ]


def _conditions(paper: Problem, rounds: int) -> tuple[str, ...]:
    config = paper.config
    sizes = "-".join(map(str, paper.network.sizes))
    return (
        f"Network {sizes} ({paper.links:,} links), batch {config.training.batch_size}, dropout "
        f"{config.network.dropout}, SGD with momentum {config.optimizer.momentum}, {paper.images}.",
        f"Every row ran in each of {rounds} rounds, by turns, on one thread; ratios are of minima.",
        "An epoch is one of a run: its steps, its updates, the evaluation of 100 images; updates are those "
        "of the beginning of a training, where schedules rewire most.",
        f"The update is all of RigL's: a pass of {wide_update.BATCH} samples, drop, the largest gradients of "
        f"a layer of {wide_update.NEURONS:,} x {wide_update.NEURONS:,} neurons, swap. Its rate counts the "
        "arithmetic of the dense gradient alone.",
        "Memory is the largest resident size during that update less that before it, in its own process.",
    )
