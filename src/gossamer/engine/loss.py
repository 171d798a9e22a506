"""Names of the losses, the targets that each takes, and what an output means under each."""

from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, softmax

from gossamer.errors import ConfigError, DataError

LossName = Literal["cross_entropy", "binary_cross_entropy", "mse", "huber", "poisson"]
"""With x an output and t its target: softmax cross-entropy; logistic; (x - t)^2; (x - t)^2 / 2 up to an error
of 1 and |x - t| - 1/2 beyond; exp(x) - t x. The last three are means over the outputs, the second a sum."""


def check_loss(name: str) -> None:
    """Raise ConfigError if `name` is not a loss."""
    if name not in get_args(LossName):
        raise ConfigError(f"The loss is {name!r}, expected one of {get_args(LossName)}.")


def checked_targets(
    targets: NDArray[Any], loss: LossName, n_samples: int, n_out: int, dtype: Any = np.float32
) -> NDArray[Any]:
    """Targets of a loss in the type that the kernels read.

    Parameters
    ----------
    targets : array
        For "cross_entropy" classes, integers [n] in [0, n_out). For "binary_cross_entropy" numbers in [0, 1]
        for "mse" and "huber" finite numbers, and for "poisson" numbers from 0, [n, n_out].
    dtype : dtype of the network

    Returns
    -------
    uint32 array [n], or array [n, n_out] of `dtype`, C-contiguous

    Raises
    ------
    DataError
        If the shape, type or range is another.
    """
    targets = np.asarray(targets)
    if loss == "cross_entropy":
        if targets.shape != (n_samples,) or targets.dtype.kind not in "iu":
            raise DataError(
                f"The labels are {targets.dtype} {targets.shape}, expected {n_samples} integer classes."
            )
        if n_samples and (targets.min() < 0 or targets.max() >= n_out):
            raise DataError(f"A label lies outside the classes 0 to {n_out - 1}.")
        return np.ascontiguousarray(targets, dtype=np.uint32)
    if targets.shape != (n_samples, n_out):
        raise DataError(
            f"The targets have shape {targets.shape}, expected {(n_samples, n_out)} for loss {loss!r}."
        )
    values = np.ascontiguousarray(targets, dtype=dtype)
    if not np.isfinite(values).all():
        raise DataError("The targets hold NaN or infinite values, expected finite numbers.")
    if loss == "binary_cross_entropy" and values.size and (values.min() < 0 or values.max() > 1):
        raise DataError("A target of binary_cross_entropy lies outside [0, 1].")
    if loss == "poisson" and values.size and values.min() < 0:
        raise DataError(f"A target of poisson is {values.min():g}, expected counts or rates from 0.")
    return values


def checked_weights(weights: NDArray[Any] | None, n_samples: int) -> NDArray[np.float64] | None:
    """Weights of samples as the kernels read them: float64 [n_samples], C-contiguous, or None.

    Raises
    ------
    DataError
        If there is another number of them, or one is negative or not finite.
    """
    if weights is None:
        return None
    values = np.ascontiguousarray(weights, dtype=np.float64)
    if values.shape != (n_samples,):
        raise DataError(
            f"The weights have shape {values.shape}, expected one for each of {n_samples} samples."
        )
    if not (np.isfinite(values).all() and (values >= 0).all()):
        raise DataError("A weight of a sample is negative or not finite; expected finite numbers from 0.")
    return values


def classes_of_targets(targets: NDArray[Any]) -> NDArray[np.uint32]:
    """Classes uint32 [n] that checked targets stand for: the largest column, first one of equals.

    One column stands for two classes: 1 where it is above 1/2.
    """
    if targets.ndim == 1:
        return targets.astype(np.uint32)
    return _largest(targets, 0.5)


def classes_of_scores(scores: NDArray[Any], loss: LossName) -> NDArray[np.uint32]:
    """Predicted classes uint32 [n] from scores [n, n_out], by the rule of `classes_of_targets`.

    The one score of "binary_cross_entropy" is a logit, so it stands for class 1 above 0. Under
    "cross_entropy" there are as many classes as scores, so one score stands for class 0.
    """
    middle = {"cross_entropy": np.inf, "binary_cross_entropy": 0.0}
    return _largest(scores, middle.get(loss, 0.5))


def probabilities(scores: NDArray[Any], loss: LossName) -> NDArray[Any]:
    """Probabilities [n, n_out] from scores [n, n_out]: softmax, or a sigmoid for each output.

    Raises
    ------
    ConfigError
        For the losses of numbers, whose outputs are no probabilities.
    """
    if loss not in ("cross_entropy", "binary_cross_entropy"):
        raise ConfigError(
            f"A network with loss {loss!r} has no probabilities; use its scores or its predicted classes."
        )
    return np.asarray(softmax(scores, axis=1) if loss == "cross_entropy" else expit(scores))


def _largest(columns: NDArray[Any], middle: float) -> NDArray[np.uint32]:
    if columns.shape[1] == 1:
        return (columns[:, 0] > middle).astype(np.uint32)
    return np.asarray(columns.argmax(axis=1), dtype=np.uint32)
