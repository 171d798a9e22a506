"""Kept batches of the native network, and the dense gradient that they make."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gossamer.engine import dense_gradient as dg
from gossamer.engine.calls import refusals_as, slices
from gossamer.engine.network_columns import NetworkColumns
from gossamer.errors import ConfigError, DataError

Array = NDArray[Any]

# Operations of the first native call, whose time says how many sources the next one may take.
_FIRST_FLOP = 2 * 10**9


class NetworkGradient(NetworkColumns):
    """The part of `Network` that keeps batches."""

    dtype: np.dtype[Any]
    _keeping: tuple[int, list[int]] | None = None

    def keep_batches(self, window: int, layers: Sequence[int] | None = None) -> None:
        """Keep inputs and deltas of the last `window` batches that `train` takes a step on.

        Costs a copy of both a step, and memory for them: ``(n_in + n_out) * batch * window`` numbers a layer.
        What was kept before is forgotten.

        Parameters
        ----------
        window : int in [0, 1024]
            0 keeps nothing more and frees the memory.
        layers : sequence of int, optional
            Layers of links of which they are kept; all if not given.

        Raises
        ------
        ConfigError
            If the window is outside its range or there is no such layer.
        """
        dg.check_window(window, layers, self.n_layers)
        wanted = range(self.n_layers) if layers is None else layers
        kept = sorted(set(wanted)) if window else []
        with refusals_as(ConfigError):
            self._core.keep_batches(window, kept)
        self._keeping = (window, kept) if window else None

    def kept_batches(self, layer: int) -> int:
        """Number of batches that are kept of a layer: at most the window, fewer at first."""
        return self._core.kept_batches(layer)

    def signals(self, layer: int, age: int = 0) -> tuple[Array, Array]:
        """Inputs [n_in, batch] and deltas [n_out, batch] of a kept batch, as copies.

        Deltas are gradients of the batch's mean loss by the pre-activations of the layer's targets, with the
        weights of the step at which the batch was kept, so that ``inputs @ deltas.T`` is the dense gradient.

        Parameters
        ----------
        layer : int
        age : int, 0 for the newest batch

        Raises
        ------
        ConfigError
            If no batch of that age is kept.
        """
        dg.check_age(layer, age, self.kept_batches(layer))
        return self._core.signals(layer, age)

    def add_signals(self, layer: int, inputs: Array, deltas: Array) -> None:
        """Make these the newest kept batch of a layer, as when training is resumed.

        Parameters
        ----------
        layer : int
        inputs : array [n_in, batch]
        deltas : array [n_out, batch]

        Raises
        ------
        ConfigError
            If no batches of the layer are kept.
        DataError
            If an array does not fit the layer or is not finite.
        """
        pair = dg.checked_signals(self.patterns[layer], inputs, deltas, self.dtype)
        with refusals_as(ConfigError):
            self._core.add_signals(layer, *pair)

    def dense_gradient_top_k(
        self,
        layer: int,
        count: int,
        *,
        keep: NDArray[np.bool_] | None = None,
        exclude: NDArray[np.uint64] | None = None,
        weights: Sequence[float] = (1.0,),
    ) -> tuple[NDArray[np.uint64], Array]:
        """The largest gradients by absolute value among positions without a link.

        The gradient is a weighted sum over kept batches. With ``remember`` in `gradients` before it is that
        of one batch (RigL); with weights ``(1 - beta) * beta**age`` it is the momentum of masked-dense
        training truncated to the window. Time is that of a matrix product, memory that of a block and of
        `count` positions: see `dense_gradient_cost`.

        Parameters
        ----------
        layer : int
        count : int
            Positions wanted.
        keep : bool array [nnz], optional
            Links whose positions are no candidates; all if not given.
        exclude : uint64 array, ascending, optional
            Further positions ``source * n_out + target`` that are no candidates.
        weights : sequence of float
            Weight of the kept batch of age 0, 1, ...; those of batches that are not kept yet are left out.

        Returns
        -------
        positions : uint64 array [count], ascending; of equal gradients the first positions
        gradients : array [count] of the network's type

        Raises
        ------
        ConfigError
            If no batch is kept, or the arithmetic is more than `MOST_FLOP`.
        DataError
            If an array does not fit the layer, or it has fewer than `count` candidates.
        DivergedError
            If a kept batch holds values that are not finite.
        """
        pattern, kept = self.patterns[layer], self.kept_batches(layer)
        dg.check_question(pattern, kept, weights, layer)
        of_age = np.asarray(weights[:kept], np.float64)
        samples = self._core.kept_samples(layer, len(of_age))
        flop = dg.dense_gradient_cost(pattern.n_in, pattern.n_out, samples, count).flop
        sources = max(1, min(pattern.n_in, _FIRST_FLOP * pattern.n_in // flop))

        def nonzero(keep: NDArray[np.bool_], exclude: NDArray[np.uint64]) -> dg.Found:
            found = np.zeros(0, np.uint64), np.zeros(0, self.dtype)
            for first, rows in slices(pattern.n_in if count else 0, sources):
                full = len(found[0]) == count
                floor = float(np.abs(found[1]).min()) if full else 0.0
                with refusals_as(DataError):
                    more = self._core.dense_gradient_top_k(
                        layer, count, keep, exclude, of_age, first, rows, floor
                    )
                found = dg.best(found, more, count)
            return found

        return dg.top_k(pattern, count, keep, exclude, nonzero)
