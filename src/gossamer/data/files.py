"""A user's own file or folder -> arrays."""

from dataclasses import replace
from pathlib import Path

from gossamer.data.columns import Reading, Schema
from gossamer.data.config import DataConfig
from gossamer.data.folders import find_idx
from gossamer.data.idx import read_idx
from gossamer.data.idx_sets import TEST_IMAGES, TEST_LABELS, TRAIN_IMAGES, TRAIN_LABELS
from gossamer.data.libsvm import read_libsvm
from gossamer.data.mat import read_mat
from gossamer.data.npz import read_npz
from gossamer.data.source import Part, Source
from gossamer.data.table import read_table
from gossamer.data.text_pair import pair_in, read_text_pair
from gossamer.errors import DataError

TABLES = (".csv", ".tsv", ".txt", ".data", ".dat")
LIBSVM = (".libsvm", ".svm", ".svmlight")
SUFFIXES = (".npz", ".mat", *TABLES, *LIBSVM)
"""Endings of files that hold samples with labels; those of text files may be followed by ``.gz``."""


def suffix_of(path: Path) -> str:
    """Ending that tells the format, in small letters and without ``.gz``."""
    name = path.name.lower()
    return Path(name.removesuffix(".gz") if name.endswith(".gz") else name).suffix


def read_path(path: Path, config: DataConfig) -> Source:
    """Data set in a file or folder.

    Parameters
    ----------
    path : Path
        A file in one of `SUFFIXES`; a folder with IDX files called as those of MNIST, with or without
        ``.gz``, the two ``t10k`` files being optional; a folder with ``train`` and ``test`` in one of those
        formats; or a folder with ``NAME_train.data`` and ``NAME_train.labels``.
    config : DataConfig
        What the user says about the columns of tables and the arrays of files.

    Raises
    ------
    DataError
        If the format is unknown, or the file cannot be read or is damaged.
    """
    if path.is_dir():
        return _read_folder(path, config)
    suffix = suffix_of(path)
    if suffix == ".npz":
        return read_npz(path, config)
    if suffix == ".mat":
        return read_mat(path, config)
    if suffix in LIBSVM:
        return read_libsvm([path], config.first_index)
    if suffix == ".data" and path.with_suffix(".labels").is_file():
        return read_text_pair(path, config)
    if suffix in TABLES:
        return read_table(path, config)
    raise DataError(
        f"{path} is of no known format; a folder of IDX files or a file in {', '.join(SUFFIXES)} is expected."
    )


def _read_folder(folder: Path, config: DataConfig) -> Source:
    images, pair = find_idx(folder, TRAIN_IMAGES), pair_in(folder)
    train = [path for path in sorted(folder.glob("train.*")) if suffix_of(path) in SUFFIXES]
    found = [path for path in (images, pair, *train) if path is not None]
    if len(found) > 1:
        raise DataError(
            f"The folder {folder} holds {' and '.join(path.name for path in found[:2])}; name the file "
            "that is meant."
        )
    if images is not None:
        return _read_images(folder)
    if pair is not None:
        return read_text_pair(pair, config)
    test = [
        path for path in sorted(folder.glob("test.*")) if train and suffix_of(path) == suffix_of(train[0])
    ]
    if len(test) != 1:
        raise DataError(
            f"The folder {folder} holds neither {TRAIN_IMAGES} and {TRAIN_LABELS} (with or without .gz) nor "
            f"train and test files in {', '.join(SUFFIXES)}."
        )
    return _read_two(folder, train[0], test[0], config)


def _read_images(folder: Path) -> Source:
    names = ((TRAIN_IMAGES, TRAIN_LABELS), (TEST_IMAGES, TEST_LABELS))
    pairs = [tuple(find_idx(folder, name) for name in pair) for pair in names]
    for (images, labels), pair in zip(names, pairs, strict=True):
        if (pair[0] is None) != (pair[1] is None):
            there, lacking = (images, labels) if pair[0] else (labels, images)
            raise DataError(
                f"The folder {folder} holds {there} but not {lacking}; add it or take {there} away."
            )
    parts = [Part(read_idx(images), read_idx(labels)) for images, labels in pairs if images and labels]
    return Source(
        folder.name,
        parts[0],
        parts[1] if len(parts) > 1 else None,
        f"IDX files in {folder.name}",
        reading=Reading(format="IDX", label=f"file {TRAIN_LABELS}"),
    )


def _read_two(folder: Path, train_path: Path, test_path: Path, config: DataConfig) -> Source:
    provenance = f"files train and test in {folder.name}"
    if suffix_of(train_path) in LIBSVM:
        both = read_libsvm([train_path, test_path], config.first_index)
        return replace(both, name=folder.name, provenance=provenance)
    train = read_path(train_path, config)
    if suffix_of(train_path) in TABLES and train.reading is not None and train.reading.format == "text table":
        schema = Schema(train.train.inputs.shape[1], train.columns, train.label_name, config.leave_out)
        test = read_table(test_path, config, schema)
    else:
        test = read_path(test_path, config)
    if train.test is not None or test.test is not None or train.class_names != test.class_names:
        raise DataError(f"The two files in {folder} have test parts of their own or different class names.")
    reading = train.reading
    if reading is not None and test.reading is not None:
        reading = replace(
            reading,
            missing=reading.missing + test.reading.missing,
            dropped=reading.dropped + test.reading.dropped,
            notes=(*reading.notes, *(note for note in test.reading.notes if note not in reading.notes)),
        )
    return replace(train, name=folder.name, test=test.train, provenance=provenance, reading=reading)
