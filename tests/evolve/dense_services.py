"""Services computed with dense float64 arrays, from signals that are made up."""

from collections.abc import Sequence

import numpy as np


class DenseServices:
    """Answers for a network whose kept batches have random signals, the newest first.

    Parameters
    ----------
    network : any network
    window : int, batches that are remembered
    """

    def __init__(self, network, window=4, batch=6, seed=0, accuracies=(0.5,), ever=None):
        rng = np.random.default_rng(seed)
        self.network, self.accuracies, self.ever = network, accuracies, ever
        self.batches = [
            [
                (
                    np.maximum(rng.normal(size=(p.n_in, batch)), 0).astype(np.float32),
                    rng.normal(size=(p.n_out, batch)).astype(np.float32),
                )
                for p in network.patterns
            ]
            for _ in range(window)
        ]

    def gradient(self, layer: int, memory: float = 0.0) -> np.ndarray:
        """Dense gradient [n_in, n_out], float64."""
        ages = [1.0] if memory == 0 else [(1 - memory) * memory**age for age in range(len(self.batches))]
        pairs = [batch[layer] for batch in self.batches]
        return sum(
            weight * inputs.astype(np.float64) @ deltas.astype(np.float64).T
            for weight, (inputs, deltas) in zip(ages, pairs, strict=False)
        )

    def dense_gradient_top_k(self, layer, count, keep, memory):
        pattern = self.network.patterns[layer]
        gradient = self.gradient(layer, memory).ravel()
        kept = positions_of(pattern)[keep].astype(np.int64)
        size = np.abs(gradient)
        size[kept] = -1
        chosen = np.sort(np.argsort(-size, kind="stable")[:count])
        return chosen.astype(np.uint64), gradient[chosen].astype(np.float32)

    def support_gradient(self, layer):
        return self.gradient(layer).ravel()[positions_of(self.network.patterns[layer])].astype(np.float32)

    def validation_accuracies(self) -> Sequence[float]:
        return self.accuracies

    def ever_linked(self, layer):
        return positions_of(self.network.patterns[layer]) if self.ever is None else self.ever[layer]

    def signals(self, layer):
        return self.batches[0][layer]


def positions_of(pattern):
    return pattern.link_sources().astype(np.uint64) * np.uint64(pattern.n_out) + pattern.targets
