"""The swap of the reference network: links of a layer go and come, and those that stay keep their state."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gossamer._native import Pattern
from gossamer.engine.records import SwapReport
from gossamer.errors import DataError

Array = NDArray[Any]


def swap_links(
    pattern: Pattern,
    columns: dict[str, Array],
    keep: NDArray[np.bool_],
    grow: NDArray[np.uint64],
    grown_columns: dict[str, Array],
) -> tuple[Pattern, dict[str, Array], SwapReport]:
    """Pattern and columns after a swap, and its report; the old ones are not changed.

    Parameters
    ----------
    pattern : Pattern
    columns : dict of arrays [nnz]
    keep : bool array [nnz]
    grow : uint64 array [g], positions ``source * n_out + target``, ascending
    grown_columns : dict of arrays [g]
        Columns of the grown links; those that are not given are 0.

    Raises
    ------
    DataError
        If a length is wrong, or a grown position is repeated, held by a kept link or outside the layer.
    """
    grow = np.asarray(grow, np.uint64)
    if len(keep) != pattern.nnz or any(len(values) != len(grow) for values in grown_columns.values()):
        raise DataError("A swap takes one keep flag for each link and one value for each grown link.")
    old = link_keys(pattern)
    kept, dropped = old[keep], old[~keep]
    _check_growth(pattern, kept, grow)
    keys = np.concatenate([kept, grow])
    order = np.argsort(keys)
    moved = {}
    for name, column in columns.items():
        grown = np.asarray(grown_columns.get(name, np.zeros(len(grow))), column.dtype)
        moved[name] = np.concatenate([column[keep], grown])[order]
    report = SwapReport(len(dropped), len(grow), int(np.isin(grow, dropped).sum()), len(keys))
    return _pattern_of(keys[order], pattern.n_in, pattern.n_out), moved, report


def link_keys(pattern: Pattern) -> NDArray[np.uint64]:
    """Position ``source * n_out + target`` of every link, ascending."""
    return pattern.link_sources().astype(np.uint64) * np.uint64(pattern.n_out) + pattern.targets


def _check_growth(pattern: Pattern, kept: NDArray[np.uint64], grow: NDArray[np.uint64]) -> None:
    if (grow[1:] <= grow[:-1]).any() or np.isin(grow, kept).any():
        raise DataError("Grown links must ascend, and lie at positions that no kept link holds.")
    if len(grow) and int(grow[-1]) >= pattern.n_in * pattern.n_out:
        raise DataError(f"A grown link lies outside the {pattern.n_in} x {pattern.n_out} positions.")


def _pattern_of(keys: NDArray[np.uint64], n_in: int, n_out: int) -> Pattern:
    sources, targets = np.divmod(keys, np.uint64(n_out))
    offsets = np.zeros(n_in + 1, np.int64)
    np.cumsum(np.bincount(sources.astype(np.int64), minlength=n_in), out=offsets[1:])
    return Pattern(n_in, n_out, offsets, targets.astype(np.uint32))
