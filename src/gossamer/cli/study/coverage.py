"""``gossamer study coverage``: do the intervals of an analysis hold what they promise?"""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from gossamer.cli import console
from gossamer.cli.study.options import Along, Folder, Json, Reading, find
from gossamer.errors import AnalysisError, ConfigError

if TYPE_CHECKING:
    from gossamer.analysis import Settings
    from gossamer.simulate import CoverageTable, Scenario
    from gossamer.simulate.cases import Case

_LINE_SECONDS = 10.0
_BROKEN = 1


def coverage(
    source: Annotated[
        str | None, Parameter(name="STUDY", help="a study whose levels and noise are simulated")
    ] = None,
    *,
    folder: Folder = None,
    axis: Along = None,
    reading: Reading = None,
    simulations: Annotated[int, Parameter(help="simulated studies of each kind")] = 1000,
    replicates: Annotated[str, Parameter(help="runs a level, such as 3,5")] = "3,5",
    law: Annotated[str, Parameter(help="the law that is analysed")] = "exponential",
    truth: Annotated[
        str, Parameter(help="what is true: paper (equation 1), monotone, or laws fitted to the levels")
    ] = "exponential,logistic,broken_stick",
    seeds: Annotated[
        str, Parameter(help="independent, shared (a replicate has one at all levels), or both")
    ] = "independent,shared",
    seed_sd: Annotated[float, Parameter(help="without STUDY: standard deviation between runs")] = 0.006,
    test_images: Annotated[int, Parameter(help="without STUDY: images of the test set")] = 1000,
    draws: Annotated[int, Parameter(help="bootstrap draws of each analysis")] = 400,
    seed: Annotated[int, Parameter(help="of the simulation")] = 0,
    out: Annotated[Path | None, Parameter(help="folder that gets coverage.md, .csv, .json")] = None,
    json: Json = False,
) -> int:
    """Simulate studies with a known truth, analyse them like real ones, and count which intervals hold it.

    Levels, noise between runs and their disagreement about single images are those of STUDY; without one,
    the paper's 38 levels with equation (1) and --seed-sd. A truth other than LAW is simulated with the first
    kind of seeds only. Fails if an interval that promises 95 % holds the truth in under 92 or over 98 % of
    the studies. 1,000 studies take about a minute on one core.
    """
    from gossamer.analysis import Settings
    from gossamer.report.coverage import CoverageReport
    from gossamer.simulate.cases import cases

    if simulations < 1:
        raise AnalysisError(f"simulations is {simulations}, but at least 1 study must be simulated.")
    base, words = _noise(source, folder, axis, reading, seed_sd, test_images)
    kinds: Any = seeds.split(",")
    planned = cases(base, truth.split(","), kinds, _counts(replicates), law)
    checked: list[tuple[Case, CoverageTable]] = []
    report = CoverageReport(checked, base, words, console.command, seed, draws)
    for case in planned:
        checked.append((case, _check(case, simulations, law, Settings(draws=draws), seed + len(checked))))
        if out is not None:
            report.save(out)
        console.err().print(f"{len(checked)} of {len(planned)} kinds of studies done", markup=False)
    if json:
        console.print_json(report.as_json())
    else:
        console.out().print(report.as_markdown(), markup=False, end="")
    return _BROKEN if report.broken else 0


def _counts(text: str) -> list[int]:
    try:
        return [int(part) for part in text.split(",")]
    except ValueError as error:
        raise ConfigError(f"replicates is {text!r}, but numbers such as 3,5 are expected.") from error


def _noise(
    source: str | None,
    folder: Path | None,
    axis: str | None,
    reading: str | None,
    seed_sd: float,
    test_images: int,
) -> tuple["Scenario", str]:
    """Levels and noise to simulate, and where they come from."""
    from gossamer.analysis import summarise
    from gossamer.simulate.cases import noise_of, stated_noise

    if source is None:
        return stated_noise(seed_sd, test_images), f"stated, {100 * seed_sd:g} points between runs"
    study = find(source, folder)
    sample = study.sample(axis, where=study.curves(axis)[0], reading=reading)
    levels = summarise(sample)
    words = (
        f"of the study {study.config.name}, accuracy `{sample.reading}`, {len(levels.all_runs)} runs at "
        f"{levels.x.size} levels of {sample.axis.name}"
    )
    return noise_of(sample, levels), words


def _check(case: "Case", simulations: int, law: str, settings: "Settings", seed: int) -> "CoverageTable":
    from gossamer.simulate import coverage as simulate

    scenario = case.scenario
    kind = f"truth {case.truth}, {scenario.seeds} seeds, {scenario.replicates} replicates"
    told = _Told(kind, simulations)
    return simulate(scenario, simulations, law=law, settings=settings, seed=seed, progress=told)


class _Told:
    """Tells every ten seconds how many studies of a kind are simulated."""

    def __init__(self, kind: str, simulations: int) -> None:
        self._kind, self._all = kind, simulations
        self._line = time.monotonic()

    def __call__(self, done: int) -> None:
        now = time.monotonic()
        if done == self._all or now - self._line >= _LINE_SECONDS:
            self._line = now
            console.err().print(f"{self._kind}: {done} of {self._all}", markup=False)
