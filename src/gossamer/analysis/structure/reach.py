"""Neurons that no signal enters, that nobody reads, or that lie on no path from an input to an output.

This is about links alone. Whether a connected ReLU neuron is ever active depends on data and is not asked.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gossamer.topology import Pattern, in_degrees, out_degrees
from gossamer.topology.paths import network_sizes, reached_from_inputs, reaching_outputs


@dataclass(frozen=True)
class LayerReach:
    """Neurons of one layer, the input being layer 0.

    Attributes
    ----------
    layer, neurons : int
    dead : int
        Without links that enter: their activation is the same for every sample. Inputs are never dead.
    unread : int
        Without links that leave. Outputs are never unread.
    unreachable : int
        On no path from an input to an output, dead and unread ones included.
    """

    layer: int
    neurons: int
    dead: int
    unread: int
    unreachable: int


def reach(patterns: Sequence[Pattern]) -> tuple[LayerReach, ...]:
    """Count them in every layer of neurons; O(links + neurons)."""
    sizes = network_sizes(patterns)
    on_path = [
        reached & alive
        for reached, alive in zip(reached_from_inputs(patterns), reaching_outputs(patterns), strict=True)
    ]
    dead = [0, *(int(np.count_nonzero(in_degrees(p) == 0)) for p in patterns)]
    unread = [*(int(np.count_nonzero(out_degrees(p) == 0)) for p in patterns), 0]
    return tuple(
        LayerReach(layer, size, dead[layer], unread[layer], size - int(np.count_nonzero(on_path[layer])))
        for layer, size in enumerate(sizes)
    )
