"""From a config to a data set: read, encode, choose, fingerprint, scale."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gossamer.data.catalog import NAMES, unknown_name
from gossamer.data.checksum import checksum
from gossamer.data.columns import Column, Reading
from gossamer.data.config import DataConfig, MadelonConfig, TeacherConfig
from gossamer.data.dataset import Dataset, KnownAnswer, Split
from gossamer.data.embedded import read_digits
from gossamer.data.fetch import Progress, obtain
from gossamer.data.files import read_path
from gossamer.data.folders import cache_folder, find_idx, find_path
from gossamer.data.idx_sets import IDX_SETS, TRAIN_IMAGES, read_idx_set
from gossamer.data.inputs import InputArray, as_inputs
from gossamer.data.labels import encode_labels
from gossamer.data.madelon import make_madelon
from gossamer.data.missing import filled, fit_fill
from gossamer.data.scaling import ScalingName, fit_scaling
from gossamer.data.source import Source
from gossamer.data.splits import select
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
    source = _noted(config, _read(config, folder, seed, download, progress))
    what = f"'{source.name}'"
    parts = [source.train] if source.test is None else [source.train, source.test]
    labels, class_names = encode_labels([part.labels for part in parts], source.class_names, what)
    fill = None
    values = [part.inputs for part in parts]
    if source.missing:
        train = select(config, labels[0], labels[1] if len(parts) > 1 else None, seed).train
        fill = fit_fill(values[0][train], what)
        values = [filled(array, fill) for array in values]
    inputs, shapes = zip(*(as_inputs(array, what) for array in values), strict=True)
    for array, column in zip(inputs, labels, strict=True):
        _check_lengths(array, column, what)
    if len(set(shapes)) > 1:
        raise DataError(f"{what} has samples of shape {shapes[0]} for training and {shapes[1]} for test.")
    selection = select(config, labels[0], labels[1] if len(parts) > 1 else None, seed)
    chosen = {
        "train": (inputs[0][selection.train], labels[0][selection.train]),
        "validation": (inputs[0][selection.validation], labels[0][selection.validation]),
        "test": (inputs[-1][selection.test], labels[-1][selection.test]),
    }
    if not len(selection.validation):
        del chosen["validation"]
    return _assemble(
        chosen,
        name=source.name,
        class_names=class_names,
        image_shape=shapes[0],
        maximum=source.maximum,
        scaling=config.scaling,
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
) -> Dataset:
    """A data set from arrays in memory.

    Parameters
    ----------
    train, test, validation : pairs (inputs, labels)
        Inputs: numbers, shape (n, d) or (n, height, width), or a SciPy sparse matrix, shape (n, d); uint8
        stays uint8, all else becomes float32. Labels: integers or strings, shape (n,), or one-hot, shape (n,
        C).
    name : str
        What errors and reports call it.
    scaling : "unit", "standardise" or "none"
        As in `DataConfig`; fitted on `train`.
    class_names : sequence of str, optional
        Names of the classes 0 .. C - 1; without it the distinct labels are the classes.

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
    labels, names = encode_labels([pair[1] for pair in pairs.values()], class_names, f"'{name}'")
    inputs, shapes = zip(
        *(as_inputs(pair[0], f"The {part} part") for part, pair in pairs.items()), strict=True
    )
    for part, array, column in zip(pairs, inputs, labels, strict=True):
        _check_lengths(array, column, f"The {part} part")
    return _assemble(
        dict(zip(pairs, zip(inputs, labels, strict=True), strict=True)),
        name=name,
        class_names=names,
        image_shape=shapes[0],
        maximum=None,
        scaling=scaling,
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
    return read_path(path, config)


def _noted(config: DataConfig, source: Source) -> Source:
    """The source, with a word on a file or folder of the same name that was not asked for."""
    beside = Path(config.name)
    if config.name not in NAMES or not beside.exists() or find_idx(beside, TRAIN_IMAGES) is not None:
        return source
    note = f"This is the named set {config.name}, not the file or folder here: that one is ./{config.name}."
    return replace(source, reading=Reading(format="named set", notes=(note,)))


def _check_lengths(inputs: InputArray, labels: NDArray[np.uint32], what: str) -> None:
    if inputs.shape[0] != len(labels):
        raise DataError(
            f"{what} has {inputs.shape[0]} samples but {len(labels)} labels; give one label a sample."
        )
    if not len(labels):
        raise DataError(f"{what} has a part without samples.")


def _assemble(
    parts: dict[str, tuple[InputArray, NDArray[np.uint32]]],
    *,
    name: str,
    class_names: tuple[str, ...],
    image_shape: tuple[int, ...] | None,
    maximum: float | None,
    scaling: ScalingName,
    provenance: str,
    answer: KnownAnswer | None,
    config: DataConfig | None,
    columns: tuple[Column, ...] | None = None,
    label_name: str | None = None,
    fill: NDArray[np.float64] | None = None,
    reading: Reading | None = None,
) -> Dataset:
    """Fingerprint, then scale: bytes are left as they are, for the engine; all else is scaled here."""
    fingerprint = checksum(parts, len(class_names))
    train = parts["train"][0]
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
        class_names=class_names,
        image_shape=image_shape,
        checksum=fingerprint,
        provenance=provenance,
        input_scale=fitted.scale.astype(np.float32) if as_bytes else np.ones(d, np.float32),
        input_shift=fitted.shift.astype(np.float32) if as_bytes else np.zeros(d, np.float32),
        scaling=fitted,
        answer=answer,
        config=config,
        columns=columns,
        label_name=label_name,
        fill=fill,
        reading=reading,
    )
