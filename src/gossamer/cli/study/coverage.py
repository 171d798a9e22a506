"""``gossamer study coverage``: do the intervals of an analysis hold what they promise?"""

import time
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from gossamer.cli import console
from gossamer.cli.study.options import Json
from gossamer.errors import AnalysisError

_LINE_SECONDS = 10.0
_BROKEN = 1


def coverage(
    *,
    simulations: Annotated[int, Parameter(help="simulated studies of each kind")] = 400,
    cases: Annotated[
        str | None, Parameter(help="only kinds whose name contains one of these words, such as drift,coarse")
    ] = None,
    draws: Annotated[int, Parameter(help="bootstrap draws of each analysis")] = 400,
    seed: Annotated[int, Parameter(help="of the simulation")] = 0,
    against: Annotated[
        Path | None, Parameter(help="coverage.json of an earlier check, shown beside this one")
    ] = None,
    out: Annotated[Path | None, Parameter(help="folder that gets coverage.md, .csv, .json")] = None,
    json: Json = False,
) -> int:
    """Simulate studies with a known truth, analyse them like real ones, and count which intervals hold it.

    Smooth, jumpy and uneven noise, missing runs, coarse and uneven levels, 2 to 5 runs a level, no fall,
    drift, shared seeds, test images. Fails if an interval that promises 95 % holds the truth in under 90 % of
    the studies. 400 studies of all kinds take about a quarter of an hour on one core.
    """
    from gossamer.analysis import Settings
    from gossamer.report.coverage import CoverageReport, read_rows
    from gossamer.simulate import CaseCoverage, all_cases, check_case

    if simulations < 1:
        raise AnalysisError(f"simulations is {simulations}, but at least 1 study must be simulated.")
    known = all_cases()
    chosen = [k for k, case in enumerate(known) if _is_asked(case.name, cases)]
    if not chosen:
        raise AnalysisError(f"No kind of study is named like {cases!r}; see docs/results/coverage.")
    earlier = read_rows(against) if against is not None else ()
    checked: list[CaseCoverage] = []
    report = CoverageReport(checked, console.command, seed, draws, earlier)
    for k in chosen:
        told = _Told(known[k].name, simulations)
        # The seed of a kind does not depend on which others are asked for.
        checked.append(
            check_case(
                known[k], simulations, settings=Settings(draws=draws), seed=1000 * seed + k, progress=told
            )
        )
        if out is not None:
            report.save(out)
        console.err().print(f"{len(checked)} of {len(chosen)} kinds of studies done", markup=False)
    if json:
        console.print_json(report.as_json())
    else:
        console.out().print(report.as_markdown(), markup=False, end="")
    return _BROKEN if report.broken else 0


def _is_asked(name: str, words: str | None) -> bool:
    return words is None or any(word.strip() in name for word in words.split(","))


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
