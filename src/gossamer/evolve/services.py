"""What a part may ask of a run beyond the columns of its layer; answers are made when asked for."""

from collections.abc import Sequence
from typing import Any, NoReturn, Protocol

import numpy as np
from numpy.typing import NDArray

from gossamer.errors import ConfigError

Array = NDArray[Any]


class Services(Protocol):
    """Answers to what parts declare in their ``needs``, for the topology as it is before the update."""

    def dense_gradient_top_k(
        self, layer: int, count: int, keep: NDArray[np.bool_], memory: float
    ) -> tuple[NDArray[np.uint64], Array]:
        """The largest gradients by absolute value among positions that hold no kept link.

        Parameters
        ----------
        layer : int
        count : int
            Positions wanted; at most those without a kept link.
        keep : bool array [nnz]
            Links that stay; the positions of the others are candidates as well.
        memory : float in [0, 1)
            0 asks for the gradient of the current batch. Otherwise the gradients of the batches that the run
            keeps are added with weights (1 - memory) memory^age: masked-dense momentum, truncated to that
            window.

        Returns
        -------
        positions : uint64 array [count], ascending; of equal gradients at the edge the first positions
        gradients : array [count] of the network's type
        """

    def support_gradient(self, layer: int) -> Array:
        """Gradient of the current batch on the links of a layer [nnz], without decay."""

    def validation_accuracies(self) -> Sequence[float]:
        """Accuracy on the validation samples of every epoch that is evaluated, the first one first."""

    def ever_linked(self, layer: int) -> NDArray[np.uint64]:
        """Positions that hold a link or ever held one: uint64, ascending."""

    def signals(self, layer: int) -> tuple[Array, Array]:
        """Inputs [n_in, batch] and loss gradients at the pre-activations [n_out, batch] of the current batch.

        The dense gradient of the layer is their product ``inputs @ deltas.T``.
        """


class NoServices:
    """Services of an update outside of a run: every question is answered with a sentence."""

    def dense_gradient_top_k(
        self, layer: int, count: int, keep: NDArray[np.bool_], memory: float
    ) -> NoReturn:
        """See `Services.dense_gradient_top_k`."""
        self._refuse("the dense gradient")

    def support_gradient(self, layer: int) -> NoReturn:
        """See `Services.support_gradient`."""
        self._refuse("gradients")

    def validation_accuracies(self) -> NoReturn:
        """See `Services.validation_accuracies`."""
        self._refuse("validation accuracies")

    def ever_linked(self, layer: int) -> NoReturn:
        """See `Services.ever_linked`."""
        self._refuse("the positions that ever held a link")

    def signals(self, layer: int) -> NoReturn:
        """See `Services.signals`."""
        self._refuse("activations")

    def _refuse(self, what: str) -> NoReturn:
        raise ConfigError(f"A part asks for {what}, which only a run has; hand its services to the update.")
