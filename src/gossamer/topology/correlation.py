"""A start from the data: links where input features are correlated."""

from collections.abc import Sequence
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from gossamer._native import Pattern, sample_exact
from gossamer.data.inputs import BLOCK_ROWS, InputArray
from gossamer.errors import TopologyError
from gossamer.fields import field
from gossamer.topology.base import pattern_of
from gossamer.topology.best import BLOCK, Best
from gossamer.topology.budget import BudgetedStart
from gossamer.topology.links import layer_shapes


class Correlation(BudgetedStart):
    """Correlated sparse topological initialization (CSTI; Zhang et al. 2024).

    A position from source i to target j of a hidden layer scores the absolute Pearson correlation of the
    input features ``i mod d`` and ``j mod d`` over the training samples, d the number of features. The
    largest scores are linked, of equal ones the first positions; a feature does not count as correlated with
    itself, and one that never varies with nothing. The output layer is random.
    """

    needs_data: ClassVar[bool] = True
    kind: Literal["correlation"] = field("correlation", help="where input features are correlated (CSTI)")

    def sample(self, sizes: Sequence[int], seed: int, inputs: InputArray | None = None) -> list[Pattern]:
        """Pattern of every layer; see `StartBase.sample`."""
        if inputs is None:
            raise TopologyError("The start 'correlation' is made from training samples, and there are none.")
        shapes, links = layer_shapes(sizes), self.links(sizes)
        features = _standardised(inputs)
        patterns = [
            pattern_of(_correlated(features, shape, count), *shape)
            for shape, count in zip(shapes[:-1], links[:-1], strict=True)
        ]
        return [*patterns, sample_exact(*shapes[-1], links[-1], seed, len(shapes) - 1)]


def _standardised(inputs: InputArray) -> NDArray[np.float32]:
    """Features [d, n] of mean 0 and norm 1, float32; 0 where a feature does not vary."""
    n, d = inputs.shape
    features = np.empty((d, n), np.float32)
    for first in range(0, n, BLOCK_ROWS):
        block = inputs[first : first + BLOCK_ROWS]
        dense = block if isinstance(block, np.ndarray) else block.toarray()
        features[:, first : first + BLOCK_ROWS] = dense.T
    features -= features.mean(axis=1, dtype=np.float64).astype(np.float32)[:, None]
    norms = np.sqrt([np.square(row, dtype=np.float64).sum() for row in features])
    features /= np.where(norms > 0, norms, 1).astype(np.float32)[:, None]
    return features


def _correlated(features: NDArray[np.float32], shape: tuple[int, int], count: int) -> NDArray[np.uint64]:
    """Positions of the largest absolute correlations, ascending."""
    d, (n_in, n_out) = len(features), shape
    best, rows = Best(count), max(1, BLOCK // n_out)
    targets = np.arange(n_out) % d
    for first in range(0, n_in, rows):
        sources = np.arange(first, min(first + rows, n_in)) % d
        unique, place = np.unique(sources, return_inverse=True)
        # Rounded, so that the order in which a library adds does not decide between equal correlations.
        size = np.round(np.abs(features[unique] @ features.T), 5)
        keys = size[place][:, targets].astype(np.float64)
        keys[sources[:, None] == targets[None, :]] = -1.0
        places = np.arange(keys.size, dtype=np.uint64) + np.uint64(first * n_out)
        best.offer(keys.ravel(), places)
    return best.positions()
