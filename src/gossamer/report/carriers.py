"""Which variable carries the fall, where a study varies more than the rewiring fraction."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gossamer.analysis import Carrier, compare_carriers
from gossamer.errors import AnalysisError
from gossamer.report.material import Material, level_words

KEPT, LINKS = "kept fraction 1 − ζ", "persisting links (1 − ζ) nnz"
KEPT_STEPS = "kept fraction × steps between updates"
LINKS_STEPS = "persisting links × steps between updates"

_STEPS = "method.when.every"


@dataclass(frozen=True, eq=False)
class Carriers:
    """Comparison of variables over all curves of a study.

    Parameters
    ----------
    found : tuple of Carrier
        Best first.
    rows : int64 [n]
        Rows of the table that took part.
    series : tuple of str, length n
        Levels of the axes other than zeta and the interval of updates; each has a plateau of its own.
    variables : mapping of str to float64 [n]
    """

    found: tuple[Carrier, ...]
    rows: NDArray[np.int64]
    series: tuple[str, ...]
    variables: Mapping[str, NDArray[np.float64]]


def carriers(material: Material, reading: str) -> Carriers:
    """Compare what could carry the fall, for one reading of the score.

    Raises
    ------
    AnalysisError
        If the study has one curve, does not vary zeta, or has too few cells.
    """
    if material.axis != "zeta" or len(material.curves) < 2:
        raise AnalysisError("Comparing what carries the fall needs curves along ζ at several other levels.")
    table = material.table
    rows = np.concatenate([curve.rows for curve in material.curves])
    rows = rows[np.isfinite(table.reading(reading)[rows])]
    others = [name for name in material.study.axes() if name not in ("zeta", _STEPS)]
    series = [", ".join(level_words(name, table[name][k].item()) for name in others) for k in rows.tolist()]
    variables = _variables(material, rows)
    place = [
        f"{one} {table['zeta'][k]:g} {_steps(material)[k]:g}" for one, k in zip(series, rows, strict=True)
    ]
    found = compare_carriers(
        tuple(table["identity"][rows].tolist()),
        tuple(series),
        tuple(place),
        variables,
        table.reading(reading)[rows],
        material.score,
    )
    return Carriers(found, rows, tuple(series), variables)


def _variables(material: Material, rows: NDArray[np.int64]) -> dict[str, NDArray[np.float64]]:
    kept, links = 1.0 - material.table["zeta"][rows], material.table["persisting_links"][rows]
    found = {KEPT: kept, LINKS: links}
    steps = _steps(material)[rows]
    if np.unique(steps).size > 1:
        found |= {KEPT_STEPS: kept * steps, LINKS_STEPS: links * steps}
    return found


def _steps(material: Material) -> NDArray[np.float64]:
    """Steps between updates of every run of the table, or 1 where they are not an axis."""
    if _STEPS in material.table:
        return material.table[_STEPS]
    return np.ones(material.table.n_runs)
