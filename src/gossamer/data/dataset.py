"""The frozen arrays that everything after this package works on."""

import hashlib
from dataclasses import dataclass, replace
from typing import Any, TypeVar, cast

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from gossamer.data.columns import Column, Reading, feature_names
from gossamer.data.config import DataConfig
from gossamer.data.inputs import InputArray, all_finite
from gossamer.data.limits import MAX_CLASSES, MAX_FEATURES, MAX_SAMPLES
from gossamer.data.scaling import Scaling
from gossamer.data.targets import Targets, TaskName, check_spread
from gossamer.errors import DataError

A = TypeVar("A", bound=NDArray[Any])

_TARGET_TYPES = {("uint32", 1): "classification", ("float64", 2): "regression", ("uint8", 2): "multilabel"}
"""The task that targets of a type and number of dimensions belong to."""


@dataclass(frozen=True, eq=False)
class Split:
    """One part of a data set: train, validation or test. Immutable.

    Parameters
    ----------
    inputs : uint8 or float32 array, shape (n, d), or `scipy.sparse.csr_array` of float32
        One sample a row, C-contiguous, finite. The split keeps a read-only view, not a copy: do not write to
        the array that was given.
    labels : array
        Class numbers from 0, uint32 (n,); values in the units of the source, float64 (n, k), of a regression;
        or zeros and ones, uint8 (n, k), of several labels.
    weights : float64 array (n,), optional
        Factors of the losses of the samples in training, finite and from 0, with a mean of 1 or not.

    Raises
    ------
    DataError
        For any other type or shape, or for values that are not finite.
    """

    inputs: InputArray
    labels: Targets
    weights: NDArray[np.float64] | None = None

    def __post_init__(self) -> None:
        inputs, labels = self.inputs, self.labels
        if not isinstance(inputs, np.ndarray | csr_array) or inputs.ndim != 2:
            raise DataError(f"Inputs are a {type(inputs).__name__}; a 2-D array or a csr_array is expected.")
        allowed = ("float32",) if isinstance(inputs, csr_array) else ("uint8", "float32")
        if inputs.dtype.name not in allowed:
            raise DataError(f"Inputs have dtype {inputs.dtype}; {' or '.join(allowed)} is expected.")
        if not isinstance(labels, np.ndarray) or (labels.dtype.name, labels.ndim) not in _TARGET_TYPES:
            raise DataError("Labels are not a 1-D array of uint32 class numbers; encode them before.")
        n, d = inputs.shape
        if len(labels) != n:
            raise DataError(f"There are {n} samples but {len(labels)} labels; give one label a sample.")
        if not 1 <= n <= MAX_SAMPLES or not 1 <= d <= MAX_FEATURES:
            raise DataError(
                f"The inputs have shape ({n}, {d}); 1 to {MAX_SAMPLES} samples of 1 to {MAX_FEATURES} "
                "features are expected."
            )
        if not all_finite(inputs):
            raise DataError(
                "The inputs hold NaN, an infinity or a number too large for float32; clean them first."
            )
        if self.weights is not None:
            object.__setattr__(self, "weights", _checked_weights(self.weights, n))
        object.__setattr__(self, "inputs", _frozen_inputs(inputs))
        object.__setattr__(self, "labels", _frozen(labels))

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True, eq=False)
class KnownAnswer:
    """What is known of a generated set because it was built that way.

    Parameters
    ----------
    relevant_features : uint32 array
        Ascending numbers of the input features that carry information on the label; all others carry none.
    best_accuracy : float
        Expected accuracy of the best possible classifier, a fraction.
    """

    relevant_features: NDArray[np.uint32]
    best_accuracy: float

    def __post_init__(self) -> None:
        self.relevant_features.flags.writeable = False


@dataclass(frozen=True, eq=False)
class Dataset:
    """A data set, split and ready for training. Immutable; made by `load_dataset` or `from_arrays`.

    Parameters
    ----------
    name : str
        Name of the set, or the file's name without folders.
    train, validation, test : Split
        ``validation`` is None when none was asked for.
    class_names : tuple of str
        Class k is called ``class_names[k]``; empty unless the task is a classification.
    image_shape : tuple of int or None
        Shape of one sample where it is an image; its product is `n_features`.
    checksum : str
        SHA-256 (hex) of the decoded arrays of all splits: see `gossamer.data.checksum`.
    provenance : str
        Where the data come from; no path of this machine.
    input_scale, input_shift : float32 arrays, shape (d,)
        What the engine still has to do: the network sees ``inputs * input_scale + input_shift``. uint8 inputs
        are kept as bytes and scaled on the fly. float32 inputs (dense and CSR) are stored already scaled, so
        that here the scale is 1 and the shift 0.
    scaling : Scaling
        The full map from features as they are in the source to network inputs, for samples that come later.
    task : "classification", "regression" or "multilabel"
    target_names : tuple of str
        Of the columns of targets, unless the task is a classification.
    target_scaling : Scaling or None
        Of a regression: from values as they are in the source to what the network learns.
    answer : KnownAnswer or None
        For generated sets.
    config : DataConfig or None
        What `load_dataset` was asked for, folders left out; None for arrays in memory.
    columns : tuple of Column or None
        Columns of features by name, in the order of the features; None where the source names none.
    label_name : str or None
        What the source calls the column of labels.
    fill : float64 array, shape (d,), or None
        What stands in for a missing value of each feature, before scaling; None where none was to be filled.
    reading : Reading or None
        How a user's file was understood.
    """

    name: str
    train: Split
    validation: Split | None
    test: Split
    class_names: tuple[str, ...]
    image_shape: tuple[int, ...] | None
    checksum: str
    provenance: str
    input_scale: NDArray[np.float32]
    input_shift: NDArray[np.float32]
    scaling: Scaling
    task: TaskName = "classification"
    target_names: tuple[str, ...] = ()
    target_scaling: Scaling | None = None
    answer: KnownAnswer | None = None
    config: DataConfig | None = None
    columns: tuple[Column, ...] | None = None
    label_name: str | None = None
    fill: NDArray[np.float64] | None = None
    reading: Reading | None = None

    def __post_init__(self) -> None:
        d = self.n_features
        count = self.n_classes if self.task == "classification" else len(self.target_names)
        if not 1 <= count <= MAX_CLASSES:
            raise DataError(f"There are {count} classes or targets; 1 to {MAX_CLASSES} are expected.")
        if (self.target_scaling is None) == (self.task == "regression"):
            raise DataError("A regression has a scaling of its targets, and no other task has one.")
        for part, split in self.parts().items():
            if split.inputs.shape[1] != d or split.inputs.dtype != self.train.inputs.dtype:
                raise DataError(
                    f"The {part} part has {split.inputs.shape[1]} {split.inputs.dtype} features but the "
                    f"train part has {d} of {self.train.inputs.dtype}; they have to agree."
                )
            self._check_targets(part, split.labels)
        if self.image_shape is not None and int(np.prod(self.image_shape)) != d:
            raise DataError(f"Image shape {self.image_shape} does not hold {d} features.")
        names = self.feature_names
        if names is not None and len(names) != d:
            raise DataError(f"There are {len(names)} names of features for {d} features; give one each.")
        for name in ("input_scale", "input_shift"):
            vector: NDArray[np.float32] = getattr(self, name)
            if vector.dtype != np.float32 or vector.shape != (d,) or not np.isfinite(vector).all():
                raise DataError(f"The vector {name} is not {d} finite float32 numbers.")
            object.__setattr__(self, name, _frozen(vector))

    def _check_targets(self, part: str, targets: Targets) -> None:
        found = _TARGET_TYPES[targets.dtype.name, targets.ndim]
        if found != self.task:
            raise DataError(f"The {part} part has targets of a {found}; the task is {self.task}.")
        if self.task == "classification":
            if int(targets.max()) >= self.n_classes:
                raise DataError(
                    f"The {part} part has label {targets.max()}; labels below {self.n_classes} are expected."
                )
            return
        if targets.shape[1] != len(self.target_names):
            raise DataError(
                f"The {part} part has {targets.shape[1]} targets; {len(self.target_names)} are expected."
            )
        if self.task == "regression":
            if not np.isfinite(targets).all():
                raise DataError(f"The {part} part has targets that are not finite; clean them first.")
            check_spread(part, targets, self.target_names)

    def with_weights(self, weights: NDArray[Any]) -> "Dataset":
        """The same data set with a weight for each training sample, which its checksum covers.

        Parameters
        ----------
        weights : array (n,)
            Factors of the losses of the training samples. Evaluations do not use them.

        Raises
        ------
        DataError
            If there is another number of them, one is negative or not finite, or none is above 0.
        """
        train = replace(self.train, weights=np.array(weights, np.float64))
        assert train.weights is not None
        digest = hashlib.sha256(f"{self.checksum}\nweights\n".encode())
        digest.update(train.weights.astype("<f8").data)
        return replace(self, train=train, checksum=digest.hexdigest())

    @property
    def n_features(self) -> int:
        """Number of input features."""
        return int(self.train.inputs.shape[1])

    @property
    def n_classes(self) -> int:
        """Number of classes."""
        return len(self.class_names)

    @property
    def feature_names(self) -> tuple[str, ...] | None:
        """Names of the features, words written out as ``column=word``; None where the source names none."""
        return feature_names(self.columns)

    def parts(self) -> dict[str, Split]:
        """The splits that exist, by name, in the order train, validation, test."""
        parts = {"train": self.train, "validation": self.validation, "test": self.test}
        return {name: split for name, split in parts.items() if split is not None}


def _checked_weights(weights: NDArray[np.float64], n: int) -> NDArray[np.float64]:
    if not isinstance(weights, np.ndarray) or weights.dtype != np.float64 or weights.shape != (n,):
        raise DataError(f"The weights are not float64 ({n},), one for each sample.")
    if not (np.isfinite(weights).all() and (weights >= 0).all() and weights.any()):
        raise DataError("The weights of samples are not finite numbers from 0, some of them above 0.")
    return _frozen(weights)


def _frozen(array: A) -> A:
    view = cast(A, np.ascontiguousarray(array).view())
    view.flags.writeable = False
    return view


def _frozen_inputs(inputs: InputArray) -> InputArray:
    if isinstance(inputs, csr_array):
        columns = (_frozen(inputs.data), _frozen(inputs.indices), _frozen(inputs.indptr))
        return csr_array(columns, shape=inputs.shape, copy=False)
    return _frozen(inputs)
