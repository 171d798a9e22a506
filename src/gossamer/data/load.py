"""From a config to a data set: read, encode, choose, fingerprint, scale."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gossamer.data.catalog import unknown_name
from gossamer.data.checksum import checksum
from gossamer.data.columns import Column, Reading
from gossamer.data.config import NAMES, DataConfig, MadelonConfig, TeacherConfig
from gossamer.data.dataset import Dataset, KnownAnswer, Split
from gossamer.data.embedded import read_digits
from gossamer.data.fetch import Progress, obtain
from gossamer.data.files import read_path
from gossamer.data.folders import cache_folder, find_idx, find_path
from gossamer.data.idx_sets import IDX_SETS, TRAIN_IMAGES, read_idx_set
from gossamer.data.inputs import InputArray, as_inputs
from gossamer.data.label_columns import with_label_columns
from gossamer.data.labels import refuse_foreign_classes
from gossamer.data.madelon import make_madelon
from gossamer.data.missing import filled, fit_fill
from gossamer.data.scaling import ScalingName, fit_scaling, meant
from gossamer.data.source import Part, Source
from gossamer.data.splits import select
from gossamer.data.targets import (
    Encoded,
    Targets,
    TargetScalingName,
    TaskName,
    check_spread,
    encode_targets,
    fit_target_scaling,
)
from gossamer.data.teacher import make_teacher
from gossamer.errors import DataError

BYTE_MAXIMUM = 255.0


def load_dataset(
    config: DataConfig,
    *,
    data_dir: str | Path | None = None,
    seed: int = 0,
    download: bool = True,
    progress: Progress | None = None,
) -> Dataset:
    """The data set that `config` asks for.

    Parameters
    ----------
    config : DataConfig
        Which set, which samples, which scaling.
    data_dir : str or Path, optional
        Folder that is looked into before GOSSAMER_DATA and the cache.
    seed : int in [0, 2**63)
        Decides what generated sets hold and which samples ``split = "seeded"`` takes; no other set depends on
        it.
    download : bool
        Whether a named set that is not on this machine may be downloaded (into the cache).
    progress : callable, optional
        Called during a download with file name, bytes so far and bytes in all (None if unknown).

    Returns
    -------
    Dataset
        The same config and seed give the same arrays on every machine.

    Raises
    ------
    ConfigError
        If no such set exists, or more samples are asked for than it has.
    DataError
        If files are missing, damaged, or hold what no network can be trained on.
    """
    folder = None if data_dir is None else Path(data_dir)
    return _split(_noted(config, _read(config, folder, seed, download, progress)), config, seed)


def split_arrays(inputs: Any, labels: Any, config: DataConfig, *, seed: int = 0) -> Dataset:
    """A data set from arrays in memory, split and scaled as `load_dataset` does with a file.

    Parameters
    ----------
    inputs, labels : arrays
        As a pair of `from_arrays`.
    config : DataConfig
        Split, scaling and task; its name is what errors and reports call the arrays.
    seed : int in [0, 2**63)
    """
    return _split(Source(config.name, Part(inputs, labels), None, "arrays in memory"), config, seed)


def _split(source: Source, config: DataConfig, seed: int) -> Dataset:
    what = f"'{source.name}'"
    parts = [source.train] if source.test is None else [source.train, source.test]
    columns = source.target_names or (None if source.label_name is None else (source.label_name,))
    targets = encode_targets(config.task, [part.labels for part in parts], source.class_names, what, columns)
    labels, strata = targets.parts, [targets.strata(k) for k in range(len(parts))]
    fill = None
    values = [part.inputs for part in parts]
    if source.missing:
        train = select(config, strata[0], strata[1] if len(parts) > 1 else None, seed).train
        fill = fit_fill(values[0][train], what)
        values = [filled(array, fill) for array in values]
    arrays, shapes = zip(*(as_inputs(array, what) for array in values), strict=True)
    inputs = list(arrays)
    for array, column in zip(inputs, labels, strict=True):
        _check_lengths(array, column, what)
    if len(set(shapes)) > 1:
        raise DataError(f"{what} has samples of shape {shapes[0]} for training and {shapes[1]} for test.")
    if config.name not in NAMES:
        inputs = meant(inputs, shapes[0])
    selection = select(config, strata[0], strata[1] if len(parts) > 1 else None, seed)
    chosen = {
        "train": (inputs[0][selection.train], labels[0][selection.train]),
        "validation": (inputs[0][selection.validation], labels[0][selection.validation]),
        "test": (inputs[-1][selection.test], labels[-1][selection.test]),
    }
    if not len(selection.validation):
        del chosen["validation"]
    return _assemble(
        chosen,
        targets,
        name=source.name,
        image_shape=shapes[0],
        maximum=source.maximum,
        scaling=config.scaling,
        target_scaling=config.target_scaling,
        provenance=source.provenance,
        answer=source.answer,
        config=config.without_folders(),
        columns=source.columns,
        label_name=source.label_name,
        fill=fill,
        reading=source.reading,
    )


def from_arrays(
    train: tuple[Any, Any],
    test: tuple[Any, Any],
    validation: tuple[Any, Any] | None = None,
    *,
    name: str = "arrays",
    scaling: ScalingName = "none",
    class_names: Sequence[str] | None = None,
    task: TaskName = "classification",
    target_scaling: TargetScalingName = "standardise",
) -> Dataset:
    """A data set from arrays in memory.

    Parameters
    ----------
    train, test, validation : pairs (inputs, labels)
        Inputs: numbers, shape (n, d) or (n, height, width), or a SciPy sparse matrix, shape (n, d). Images
        of grey levels become uint8 and all else float32, see `gossamer.data.scaling.meant`; without scaling
        uint8 stays uint8. Labels: integers or strings, shape (n,), or one-hot, shape (n,
        C); of a regression values, shape (n,) or (n, k); of several labels zeros and ones, shape (n, k).
    name : str
        What errors and reports call it.
    scaling : "unit", "standardise" or "none"
        As in `DataConfig`; fitted on `train`.
    class_names : sequence of str, optional
        Names of the classes 0 .. C - 1; without it the distinct labels are the classes. For other tasks,
        names of the k targets.
    task : "classification", "regression" or "multilabel"
    target_scaling : "standardise" or "none"
        As in `DataConfig`; fitted on `train`.

    Returns
    -------
    Dataset
        Arrays that need no conversion are not copied: do not write to them afterwards.

    Raises
    ------
    DataError
        For arrays of the wrong shape or type, or with values that are missing or not finite.
    """
    given = {"train": train, "validation": validation, "test": test}
    pairs = {part: pair for part, pair in given.items() if pair is not None}
    targets = encode_targets(task, [pair[1] for pair in pairs.values()], class_names, f"'{name}'")
    labels = targets.parts
    arrays, shapes = zip(
        *(as_inputs(pair[0], f"The {part} part") for part, pair in pairs.items()), strict=True
    )
    inputs = list(arrays) if scaling == "none" else meant(arrays, shapes[0])
    for part, array, column in zip(pairs, inputs, labels, strict=True):
        _check_lengths(array, column, f"The {part} part")
    return _assemble(
        dict(zip(pairs, zip(inputs, labels, strict=True), strict=True)),
        targets,
        name=name,
        image_shape=shapes[0],
        maximum=None,
        scaling=scaling,
        target_scaling=target_scaling,
        provenance="arrays in memory",
        answer=None,
        config=None,
    )


def _read(
    config: DataConfig, data_dir: Path | None, seed: int, download: bool, progress: Progress | None
) -> Source:
    if config.name == "digits":
        return read_digits()
    if config.name == "madelon":
        return make_madelon(config.madelon or MadelonConfig(), seed)
    if config.name == "teacher":
        return make_teacher(config.teacher or TeacherConfig(), seed)
    if config.name in IDX_SETS:
        idx_set = IDX_SETS[config.name]
        target = cache_folder() / idx_set.name
        return read_idx_set(idx_set, obtain(idx_set, data_dir, target, download=download, progress=progress))
    path = find_path(config.name, data_dir)
    if path is None:
        raise unknown_name(config.name)
    return with_label_columns(read_path(path, config), config)


def _noted(config: DataConfig, source: Source) -> Source:
    """The source, with a word on a file or folder of the same name that was not asked for."""
    beside = Path(config.name)
    if config.name not in NAMES or not beside.exists() or find_idx(beside, TRAIN_IMAGES) is not None:
        return source
    note = f"This is the named set {config.name}, not the file or folder here: that one is ./{config.name}."
    return replace(source, reading=Reading(format="named set", notes=(note,)))


def _check_lengths(inputs: InputArray, labels: Targets, what: str) -> None:
    if inputs.shape[0] != len(labels):
        raise DataError(
            f"{what} has {inputs.shape[0]} samples but {len(labels)} labels; give one label a sample."
        )
    if not len(labels):
        raise DataError(f"{what} has a part without samples.")


def _assemble(
    parts: dict[str, tuple[InputArray, Targets]],
    targets: Encoded,
    *,
    name: str,
    image_shape: tuple[int, ...] | None,
    maximum: float | None,
    scaling: ScalingName,
    target_scaling: TargetScalingName,
    provenance: str,
    answer: KnownAnswer | None,
    config: DataConfig | None,
    columns: tuple[Column, ...] | None = None,
    label_name: str | None = None,
    fill: NDArray[np.float64] | None = None,
    reading: Reading | None = None,
) -> Dataset:
    """Fingerprint, then scale: bytes are left as they are, for the engine; all else is scaled here."""
    fingerprint = checksum(parts, len(targets.class_names))
    if targets.task == "classification":
        labels_of = {part: labels for part, (_, labels) in parts.items()}
        refuse_foreign_classes(labels_of, targets.class_names, f"'{name}'")
    train, learned = parts["train"]
    values = learned.dtype == np.float64
    if values:
        check_spread("train", learned, targets.target_names)
    as_bytes = isinstance(train, np.ndarray) and train.dtype == np.uint8
    fitted = fit_scaling(scaling, train, BYTE_MAXIMUM if as_bytes and maximum is None else maximum)
    splits = {
        part: Split(inputs if as_bytes or scaling == "none" else fitted.apply(inputs), labels)
        for part, (inputs, labels) in parts.items()
    }
    d = int(train.shape[1])
    return Dataset(
        name=name,
        train=splits["train"],
        validation=splits.get("validation"),
        test=splits["test"],
        class_names=targets.class_names,
        image_shape=image_shape,
        checksum=fingerprint,
        provenance=provenance,
        input_scale=fitted.scale.astype(np.float32) if as_bytes else np.ones(d, np.float32),
        input_shift=fitted.shift.astype(np.float32) if as_bytes else np.zeros(d, np.float32),
        scaling=fitted,
        task=targets.task,
        target_names=targets.target_names,
        target_scaling=fit_target_scaling(target_scaling, learned) if values else None,
        answer=answer,
        config=config,
        columns=columns,
        label_name=label_name,
        fill=fill,
        reading=reading,
    )
