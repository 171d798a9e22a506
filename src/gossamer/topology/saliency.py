"""Starts that score the links of a dense network at initialisation and keep the best."""

from collections.abc import Sequence
from typing import Any, ClassVar, Literal

from gossamer._native import Pattern
from gossamer.errors import TopologyError
from gossamer.fields import field
from gossamer.topology.budget import BudgetedStart

SaliencyKind = Literal["snip", "iterative_snip", "force", "grasp", "synflow", "random_pruning"]

ROUNDS = {"snip": 1, "iterative_snip": 60, "force": 60, "grasp": 1, "synflow": 100, "random_pruning": 1}
"""Published numbers of rounds."""


class Saliency(BudgetedStart):
    """The links of a dense network with the largest saliency at initialisation (`gossamer.train.saliency`).

    The dense network is never held: a layer at a time is made from its seed, scored and forgotten. With w the
    first weights, g the gradient of the loss on some training samples and H the second derivatives::

        snip            |w g|, once (Lee et al. 2019)
        iterative_snip  |w g| of the links that are left, in rounds (de Jorge et al. 2021)
        force           |w g| of all positions in the network that is left, in rounds; links may come back
        grasp           w (H g), the outputs divided by 200 (Wang et al. 2020)
        synflow         flow of ones through |w| along the link, in rounds, without data (Tanaka et al. 2020)
        random_pruning  a random number: the control
    """

    needs_network: ClassVar[bool] = True
    kind: SaliencyKind = field(help="which saliency")
    scope: Literal["network", "layer"] = field(
        "network", help="whether the best of the network are kept, or of every layer what its budget says"
    )
    samples: int = field(100, help="training samples of the gradient", unit="samples", ge=1, le=100_000)
    rounds: int | None = field(
        None,
        help="rounds, each sparser; the published number if not set",
        unit="rounds",
        ge=1,
        le=10_000,
    )
    weights: Literal["scored", "fresh"] = field(
        "scored", help="whether training starts from the scored weights or from others"
    )

    @property
    def n_rounds(self) -> int:
        """Rounds of scoring."""
        return self.rounds or ROUNDS[self.kind]

    def sample(self, sizes: Sequence[int], seed: int, inputs: Any = None) -> list[Pattern]:
        """Refused: a saliency belongs to a network; see `gossamer.train.build.first_patterns`."""
        raise TopologyError(f"The start {self.kind!r} scores a network, and only a run has one.")
