"""Structure of the runs of one curve, at the epochs that a report shows."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gossamer.analysis import Axis
from gossamer.analysis.structure import Series, StructureFindings, StructureSettings, store_structure
from gossamer.errors import AnalysisError
from gossamer.study import Store, Table

_PERMUTATIONS = (499, 999, 1999, 4999)
_ALPHA = 0.05


@dataclass(frozen=True, eq=False)
class Structure:
    """What is known of the structure of a curve's runs.

    Parameters
    ----------
    findings : StructureFindings or None
    epoch : int or None
        Epoch of the last update that all runs have stored; None where there is none.
    reason : str
        Why there are no findings.
    """

    findings: StructureFindings | None
    epoch: int | None = None
    reason: str = ""

    def find(self, statistic: str, side: str, quantity: str) -> Series | None:
        """A series at the last update; without updates at the end of the runs."""
        return None if self.findings is None else self.findings.find(statistic, side, quantity, self.epoch)


def structure_of(store: Store, table: Table, axis: str, rows: NDArray[np.int64], turned: Axis) -> Structure:
    """Structure of the finished runs in some rows of a study's table."""
    finished = [k for k in rows.tolist() if table["state"][k] == "finished"]
    runs = [
        (table["identity"][k].item(), float(table[axis][k]), int(table["replicate"][k])) for k in finished
    ]
    if not runs:
        return Structure(None, reason="No run is finished, so there is no structure to look at.")
    epoch = _last_update(store, [identity for identity, _, _ in runs])
    settings = StructureSettings(
        permutations=_permutations(len({level for _, level, _ in runs})),
        alpha=_ALPHA,
        epochs=() if epoch is None else (epoch,),
    )
    try:
        return Structure(store_structure(store, runs, axis=turned, settings=settings), epoch)
    except AnalysisError as error:
        return Structure(None, reason=str(error))


def _permutations(levels: int) -> int:
    """As many as leave room for Holm's correction over the levels."""
    return next((n for n in _PERMUTATIONS if n + 1 >= 2 * levels / _ALPHA), _PERMUTATIONS[-1])


def _last_update(store: Store, identities: list[str]) -> int | None:
    """The last epoch whose update every run has stored."""
    common: set[int] | None = None
    for identity in identities:
        arrays = store.arrays(identity, "structure")
        own = set(arrays["epochs"][arrays["updated"] != 0].tolist())
        common = own if common is None else common & own
    return max(common, default=None) if common else None
