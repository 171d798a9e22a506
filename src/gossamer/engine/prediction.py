"""What both engines say of samples: classes and probabilities, and nothing where an output is not finite."""

from abc import ABC, abstractmethod
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from gossamer._native import Pattern
from gossamer.engine.inputs import Inputs
from gossamer.engine.loss import LossName, classes_of_scores, probabilities
from gossamer.errors import DataError

Array = NDArray[Any]


class Predictor(ABC):
    """A network that tells scores; `Network` and `ReferenceNetwork`.

    Attributes
    ----------
    loss : str
    tells_classes : bool
        False where outputs are values or labels that may all be on; a run sets it by its task.
    """

    loss: LossName
    tells_classes: bool = True

    @property
    @abstractmethod
    def patterns(self) -> tuple[Pattern, ...]:
        """Pattern of each layer of links."""

    @abstractmethod
    def column(self, layer: int, name: str) -> Array:
        """Read-only per-link column [nnz], in the pattern's order."""

    @abstractmethod
    def scores(self, inputs: Inputs) -> Array:
        """Outputs before the loss (logits), array [n, n_out]."""

    def to_scipy(self, layer: int) -> csr_array[Any]:
        """Weights of a layer of links as a SciPy matrix [n_in, n_out]; links of weight 0 are stored ones.

        Without dropout a layer computes ``activation(x @ matrix + bias)`` of x [n, n_in].
        """
        pattern = self.patterns[layer]
        index = (pattern.targets.astype(np.int64), pattern.source_offsets.copy())
        weights = np.array(self.column(layer, "weight"))
        return csr_array((weights, *index), shape=(pattern.n_in, pattern.n_out))

    def predict(self, inputs: Inputs | Array) -> NDArray[np.uint32]:
        """Predicted classes uint32 [n]; see `predict_proba`.

        Raises
        ------
        DataError
            Also if the network tells no classes, but the values of a regression or several labels.
        """
        if not self.tells_classes:
            raise DataError(
                "This network tells no classes but values or several labels: predict with the run "
                "(Run.predict), or read the network's scores."
            )
        return classes_of_scores(self._finite_scores(inputs), self.loss)

    def predict_proba(self, inputs: Inputs | Array) -> Array:
        """Probabilities [n, n_out].

        Parameters
        ----------
        inputs : Inputs, or array [n, d] of numbers, or SciPy sparse array [n, d]
            Values of the input neurons. Samples as they are in a file are scaled first: `Run.predict`.

        Raises
        ------
        DataError
            If there are other than d features, or an output is not finite.
        """
        return probabilities(self._finite_scores(inputs), self.loss)

    def _finite_scores(self, inputs: Inputs | Array) -> Array:
        scores = self.scores(inputs if isinstance(inputs, Inputs) else Inputs.unscaled(inputs))
        refuse_unfinite(scores)
        return scores


def refuse_unfinite(scores: Array) -> None:
    """Raise DataError, naming the sample, if a score is not finite: it stands for no class and no value."""
    bad = np.flatnonzero(~np.isfinite(scores).all(axis=1))
    if bad.size:
        more = f" (and {bad.size - 1} more)" if bad.size > 1 else ""
        raise DataError(
            f"The network's output for sample {bad[0]}, counted from 0{more}, is not finite; its values are "
            "far beyond those of training, or the run diverged."
        )
