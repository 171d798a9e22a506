"""A user's own file or folder -> arrays."""

from pathlib import Path

from gossamer.data.folders import find_idx
from gossamer.data.idx import read_idx
from gossamer.data.idx_sets import TEST_IMAGES, TEST_LABELS, TRAIN_IMAGES, TRAIN_LABELS
from gossamer.data.npz import read_npz
from gossamer.data.source import Part, Source
from gossamer.data.table import read_table
from gossamer.errors import DataError

SUFFIXES = (".npz", ".csv", ".tsv")


def read_path(path: Path, label_column: str | int) -> Source:
    """Data set in a file or folder.

    Parameters
    ----------
    path : Path
        An ``.npz``, ``.csv`` or ``.tsv`` file; a folder with IDX files called as those of MNIST, with or
        without ``.gz``, the two ``t10k`` files being optional; or a folder with ``train`` and ``test`` in one
        of the three file formats.
    label_column : str or int
        For ``.csv`` and ``.tsv``.

    Raises
    ------
    DataError
        If the format is unknown, or the file cannot be read or is damaged.
    """
    if path.is_dir():
        return _read_folder(path, label_column)
    suffix = path.suffix.lower()
    if suffix == ".npz":
        return read_npz(path)
    if suffix in SUFFIXES:
        return read_table(path, label_column)
    raise DataError(
        f"{path} is of no known format; a folder of IDX files or a file in {', '.join(SUFFIXES)} is expected."
    )


def _read_folder(folder: Path, label_column: str | int) -> Source:
    pairs = [(find_idx(folder, images), find_idx(folder, labels)) for images, labels in _IDX_PAIRS]
    parts = [Part(read_idx(images), read_idx(labels)) for images, labels in pairs if images and labels]
    if pairs[0][0] and pairs[0][1]:
        return Source(
            folder.name, parts[0], parts[1] if len(parts) > 1 else None, f"IDX files in {folder.name}"
        )
    for suffix in SUFFIXES:
        train, test = folder / f"train{suffix}", folder / f"test{suffix}"
        if train.is_file() and test.is_file():
            sources = [read_path(path, label_column) for path in (train, test)]
            return _joined(folder, sources)
    raise DataError(
        f"The folder {folder} holds neither {TRAIN_IMAGES} and {TRAIN_LABELS} (with or without .gz) nor "
        f"train and test files in {', '.join(SUFFIXES)}."
    )


_IDX_PAIRS = ((TRAIN_IMAGES, TRAIN_LABELS), (TEST_IMAGES, TEST_LABELS))


def _joined(folder: Path, sources: list[Source]) -> Source:
    train, test = sources
    if train.test is not None or test.test is not None or train.class_names != test.class_names:
        raise DataError(f"The two files in {folder} have test parts of their own or different class names.")
    return Source(
        folder.name,
        train.train,
        test.train,
        f"files train and test in {folder.name}",
        class_names=train.class_names,
    )
