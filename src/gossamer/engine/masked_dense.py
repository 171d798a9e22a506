"""The engine with dense arrays and a mask, the way sparse training is most often simulated: an oracle.

Every layer is a full matrix, and links are where its mask is True. Nothing here indexes links, so an error in
the index structures of the sparse engines cannot be repeated here; arithmetic beyond the layers' products is
that of `reference_math`. Memory and time grow with n_in * n_out.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from gossamer._native import Pattern
from gossamer.engine.activation import Activation
from gossamer.engine.inputs import Inputs
from gossamer.engine.latent import Latent
from gossamer.engine.loss import LossName
from gossamer.engine.optimizer import Optimizer
from gossamer.engine.records import SwapReport
from gossamer.engine.reference import ReferenceNetwork
from gossamer.errors import ConfigError, DataError

Array = NDArray[Any]

MOST_POSITIONS = 4_000_000
"""Largest number of positions, summed over the layers: some 200 MB in float64."""


class MaskedDenseNetwork(ReferenceNetwork):
    """Masked dense network with the interface of `Network`, in which columns list the links by source.

    Parameters
    ----------
    patterns, weights, activations, dropout, loss, optimizer, dtype, latent
        See `ReferenceNetwork`.

    Raises
    ------
    ConfigError
        If the numbers of layers, neurons or links do not match, or there are too many positions.
    """

    def __init__(
        self,
        patterns: Sequence[Pattern],
        weights: Sequence[Array],
        *,
        activations: Sequence[Activation],
        dropout: Sequence[float],
        loss: LossName,
        optimizer: Optimizer,
        dtype: Literal["float32", "float64"] = "float32",
        latent: Sequence[Latent | None] | None = None,
    ) -> None:
        check_size([patterns[0].n_in, *(p.n_out for p in patterns)] if patterns else [])
        super().__init__(
            patterns,
            weights,
            activations=activations,
            dropout=dropout,
            loss=loss,
            optimizer=optimizer,
            dtype=dtype,
            latent=latent,
        )
        self._masks = [_mask_of(pattern) for pattern in patterns]
        for mask, columns in zip(self._masks, self._links, strict=True):
            for name, values in columns.items():
                columns[name] = _spread(values, mask)

    def column(self, layer: int, name: str) -> Array:
        """Read-only copy of a per-link column [nnz], by source."""
        self._check_name(layer, name)
        values = self._links[layer][name][self._masks[layer]]
        values.flags.writeable = False
        return values

    def set_column(self, layer: int, name: str, values: Array) -> None:
        """Replace a per-link column."""
        self._check_name(layer, name)
        old, mask = self._links[layer][name], self._masks[layer]
        new = np.asarray(values, dtype=old.dtype)
        if new.shape != (int(mask.sum()),):
            raise DataError(f"The column {name!r} gets shape {new.shape}, expected {(int(mask.sum()),)}.")
        super().set_column(layer, name, _spread(new, mask))

    def gradients(
        self,
        inputs: Inputs,
        targets: Array,
        ids: NDArray[np.int64],
        step: int,
        seed: int,
        *,
        dropout: bool,
        remember: bool = False,
        weights: Array | None = None,
    ) -> tuple[float, list[Array], list[Array]]:
        """Loss of the batch `ids`, and its gradients by weights and biases, which `apply` will use."""
        loss, links, biases = super().gradients(
            inputs, targets, ids, step, seed, dropout=dropout, remember=remember, weights=weights
        )
        return loss, [g[mask] for g, mask in zip(links, self._masks, strict=True)], biases

    def swap(
        self, layer: int, keep: NDArray[np.bool_], grow: NDArray[np.uint64], grow_values: Array, step: int
    ) -> SwapReport:
        """Drop the links that are not kept and grow links at positions ``source * n_out + target``.

        Kept links keep all their columns; grown ones get `grow_values`, optimizer state 0 and birth `step`.
        """
        mask = self._masks[layer].reshape(-1)
        places = np.asarray(grow, np.int64)
        keep = np.asarray(keep, bool)
        if keep.shape != (int(mask.sum()),) or len(grow_values) != len(places):
            raise DataError("A swap takes one keep flag for each link and one value for each grown link.")
        dropped = np.flatnonzero(mask)[~keep]
        after = mask.copy()
        after[dropped] = False
        if (np.diff(places) <= 0).any() or (places >= mask.size).any() or after[places].any():
            raise DataError("Grown links must ascend within the layer, at positions that no kept link holds.")
        regrown = int(np.isin(places, dropped).sum())
        after[places] = True
        grown = self._grown(layer, grow_values, step)
        for name, column in self._links[layer].items():
            values = column.reshape(-1).copy()
            values[dropped] = 0
            values[places] = grown.get(name, 0)
            self._links[layer][name] = values.reshape(column.shape)
        self._masks[layer] = after.reshape(self._masks[layer].shape)
        self._patterns[layer] = _pattern_of(self._masks[layer])
        self._gradients = None
        return SwapReport(len(dropped), len(places), regrown, int(after.sum()))

    def _check_name(self, layer: int, name: str) -> None:
        if name not in self._links[layer]:
            raise ConfigError(f"There is no column {name!r}, expected one of {self.column_names(layer)}.")

    def _weight_gradient(self, layer: int, layer_input: Array, delta: Array) -> Array:
        # Off the mask the gradient is 0, so that weights and optimizer state stay 0 there.
        return np.where(self._masks[layer], layer_input @ delta.T, delta.dtype.type(0))

    def _spread(self, layer: int, values: Array) -> Array:
        return _spread(values, self._masks[layer])

    def _matrix(self, layer: int) -> Array:
        return self._links[layer]["weight"]


def check_size(sizes: Sequence[int]) -> None:
    """Raise ConfigError if dense arrays for a network with these layers of neurons would be too large."""
    positions = sum(n_in * n_out for n_in, n_out in pairwise(sizes))
    if positions > MOST_POSITIONS:
        raise ConfigError(
            f"The network has {positions:,} positions, and the masked-dense mode takes at most "
            f"{MOST_POSITIONS:,}; use it on a smaller network."
        )


def _mask_of(pattern: Pattern) -> NDArray[np.bool_]:
    mask = np.zeros((pattern.n_in, pattern.n_out), np.bool_)
    mask[pattern.link_sources(), pattern.targets] = True
    return mask


def _pattern_of(mask: NDArray[np.bool_]) -> Pattern:
    offsets = np.concatenate([[0], np.cumsum(mask.sum(axis=1))]).astype(np.int64)
    return Pattern(mask.shape[0], mask.shape[1], offsets, np.nonzero(mask)[1].astype(np.uint32))


def _spread(values: Array, mask: NDArray[np.bool_]) -> Array:
    """Values of the links, by source, as a full matrix with 0 elsewhere."""
    full = np.zeros(mask.shape, values.dtype)
    full[mask] = values
    return full
