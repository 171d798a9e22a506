"""The largest entries of a layer's dense gradient, which no array ever holds."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gossamer._native import Pattern
from gossamer.engine.reference_swap import link_keys
from gossamer.errors import ConfigError, DataError, DivergedError

Array = NDArray[Any]
Positions = NDArray[np.uint64]
Found = tuple[Positions, Array]

MOST_FLOP = 10**14
"""Largest arithmetic of one update: about an hour of one core."""

MOST_KEPT = 1024
"""Most batches that can be kept."""

_BLOCK = 1 << 20
_PACKED_BYTES = 1 << 20


@dataclass(frozen=True)
class GradientCost:
    """What one `dense_gradient_top_k` takes: floating-point operations, and bytes above the resting state."""

    flop: int
    bytes: int


def dense_gradient_cost(
    n_in: int, n_out: int, batch: int, count: int, *, window: int = 1, threads: int = 1, itemsize: int = 4
) -> GradientCost:
    """Cost of the `count` largest gradients of a layer over `window` batches.

    Parameters
    ----------
    n_in, n_out : int, neurons of the layer
    batch : int, samples of each batch
    count : int, positions wanted
    window, threads : int
    itemsize : int, bytes of a number

    Raises
    ------
    ConfigError
        If the arithmetic is more than `MOST_FLOP`.
    """
    flop = 2 * n_in * n_out * batch * window
    if flop > MOST_FLOP:
        raise ConfigError(
            f"The dense gradient of a layer of {n_in:,} x {n_out:,} over {batch * window:,} samples "
            f"takes {flop:.1e} floating-point operations an update, and at most {MOST_FLOP:.0e} are allowed; "
            "use a smaller layer, batch or window, or a rule that grows without the dense gradient."
        )
    kept = kept_bytes(n_in, n_out, batch, window, itemsize)
    return GradientCost(flop, kept + search_bytes(count, threads))


def kept_bytes(n_in: int, n_out: int, batch: int, window: int, itemsize: int) -> int:
    """Bytes of the kept batches of a layer."""
    return (n_in + n_out) * (-(-batch // 8) * 8) * window * itemsize


def search_bytes(count: int, threads: int) -> int:
    """Bytes of a search for the `count` largest gradients: candidates of each thread, and packed blocks."""
    return 2 * count * 16 * threads + _PACKED_BYTES * (1 + threads)


def best(found: Found, more: Found, count: int) -> Found:
    """The `count` largest by absolute value of what was found, of equals the first positions; ascending.

    Both ascend, and the positions of `more` lie behind those of `found`.
    """
    positions, values = (np.concatenate(pair) for pair in zip(found, more, strict=True))
    if len(positions) <= count:
        return positions, values
    size = np.abs(values)
    edge = np.partition(size, -count)[-count]
    chosen = size > edge
    chosen[np.flatnonzero(size == edge)[: count - int(np.count_nonzero(chosen))]] = True
    return positions[chosen], values[chosen]


def top_k(
    pattern: Pattern,
    count: int,
    keep: NDArray[np.bool_] | None,
    exclude: Positions | None,
    nonzero: Callable[[NDArray[np.bool_], Positions], Found],
) -> Found:
    """Complete the positions whose gradient is not zero, and check the question.

    Parameters
    ----------
    pattern, count, keep, exclude
        See `Network.dense_gradient_top_k`.
    nonzero : callable
        From checked `keep` and `exclude`, at most `count` positions with the largest gradients other than 0.

    Raises
    ------
    DataError
        If an array does not fit the layer, or it has fewer than `count` such positions.
    """
    keep = np.ones(pattern.nnz, np.bool_) if keep is None else np.ascontiguousarray(keep, np.bool_)
    exclude = np.zeros(0, np.uint64) if exclude is None else np.ascontiguousarray(exclude, np.uint64)
    if keep.shape != (pattern.nnz,):
        raise DataError(f"keep has shape {keep.shape}, expected {pattern.nnz} flags, one for each link.")
    size = pattern.n_in * pattern.n_out
    if exclude.ndim != 1 or (exclude[1:] <= exclude[:-1]).any() or (exclude >= size).any():
        raise DataError(f"The excluded positions must ascend strictly and lie below {size}.")
    taken = link_keys(pattern)[keep]
    if len(exclude):
        taken = np.union1d(taken, exclude)
    if not 0 <= count <= size - len(taken):
        raise DataError(
            f"{count} positions are asked for, and {size - len(taken)} have no kept link and are not "
            "excluded."
        )
    found = nonzero(keep, exclude)
    missing = count - len(found[0])
    if not missing:
        return found
    zeros = _first_free(np.union1d(taken, found[0]), missing)
    positions = np.concatenate([found[0], zeros])
    order = np.argsort(positions)
    return positions[order], np.concatenate([found[1], np.zeros(missing, found[1].dtype)])[order]


def blocks(
    pattern: Pattern,
    batches: Sequence[tuple[Array, Array]],
    weights: Sequence[float],
    count: int,
    keep: NDArray[np.bool_],
    exclude: Positions,
) -> Found:
    """The same as the native kernel does it, in NumPy: a block of sources at a time, a running k best."""
    inputs = np.concatenate([batch[0] for batch in batches], axis=1)
    deltas = np.concatenate([d * d.dtype.type(w) for (_, d), w in zip(batches, weights, strict=True)], axis=1)
    if not (np.isfinite(inputs).all() and np.isfinite(deltas).all()):
        raise DivergedError("A kept batch holds values that are not finite: the training diverged.")
    taken = np.union1d(link_keys(pattern)[keep], exclude)
    rows = max(1, _BLOCK // pattern.n_out)
    found = np.zeros(0, np.uint64), np.zeros(0, inputs.dtype)
    for first in range(0, pattern.n_in if count else 0, rows):
        # Products in float64, rounded once: those of float32 do not depend on the order in which a library
        # adds.
        product = inputs[first : first + rows].astype(np.float64) @ deltas.T.astype(np.float64)
        gradient = product.astype(inputs.dtype).reshape(-1)
        base = first * pattern.n_out
        low, high = np.searchsorted(taken, np.array([base, base + gradient.size], np.uint64))
        gradient[(taken[low:high] - np.uint64(base)).astype(np.int64)] = 0
        places = np.flatnonzero(gradient)
        found = best(found, (places.astype(np.uint64) + np.uint64(base), gradient[places]), count)
    return found


def _first_free(taken: Positions, count: int) -> Positions:
    """The first `count` positions that are not among `taken`, which ascend and leave room."""
    candidates = np.arange(count + len(taken), dtype=np.uint64)
    return candidates[~np.isin(candidates, taken, assume_unique=True)][:count]


def check_window(window: int, layers: Sequence[int] | None, n_layers: int) -> None:
    """Raise ConfigError if so many batches of these layers cannot be kept."""
    if not 0 <= window <= MOST_KEPT:
        raise ConfigError(f"{window} batches are to be kept, expected 0 to {MOST_KEPT}.")
    if layers is not None and any(not 0 <= layer < n_layers for layer in layers):
        raise ConfigError(
            f"Batches of layers {list(layers)} are to be kept, expected layers 0 to {n_layers - 1}."
        )


def check_age(layer: int, age: int, kept: int) -> None:
    """Raise ConfigError if no batch of this age is kept of a layer."""
    if not 0 <= age < kept:
        raise ConfigError(
            f"The batch of age {age} of layer {layer} is asked for, and {kept} batches are kept; call "
            "keep_batches() and train, or gradients() with remember, first."
        )


def check_question(pattern: Pattern, kept: int, weights: Sequence[float], layer: int) -> None:
    """Raise ConfigError if no batch is kept of the layer, or a weight is not finite."""
    check_age(layer, 0, kept)
    if not len(weights) or not np.isfinite(np.asarray(weights, np.float64)).all():
        raise ConfigError(f"The weights of age are {list(weights)}, expected finite numbers.")


def checked_signals(pattern: Pattern, inputs: Array, deltas: Array, dtype: Any) -> tuple[Array, Array]:
    """Copies of inputs [n_in, batch] and deltas [n_out, batch]; DataError if they are anything else."""
    pair = np.array(inputs, dtype, order="C"), np.array(deltas, dtype, order="C")
    wanted = pattern.n_in, pattern.n_out
    if any(a.ndim != 2 or len(a) != n for a, n in zip(pair, wanted, strict=True)) or (
        pair[0].shape[1] != pair[1].shape[1] or not pair[0].shape[1]
    ):
        raise DataError(
            f"The signals have shapes {pair[0].shape} and {pair[1].shape}, expected {wanted[0]} and "
            f"{wanted[1]} neurons and the same number of samples."
        )
    if not all(np.isfinite(part).all() for part in pair):
        raise DataError("The signals hold NaN or infinite values, expected finite numbers.")
    return pair
