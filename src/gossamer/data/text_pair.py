"""Numbers and labels in two text files beside each other, as the NIPS 2003 challenge gave Madelon.

``NAME_train.data`` holds the numbers of one sample a line, ``NAME_train.labels`` one label a line; test
samples, if there are any, are in ``NAME_valid.data`` and ``NAME_valid.labels``.
"""

from pathlib import Path

from gossamer.data.columns import Reading
from gossamer.data.config import DataConfig
from gossamer.data.source import Part, Source
from gossamer.data.table import read_labels, read_numbers
from gossamer.errors import DataError


def pair_in(folder: Path) -> Path | None:
    """The file of training numbers in a folder; None without one.

    Raises
    ------
    DataError
        If there are several.
    """
    found = sorted(path for path in folder.glob("*_train.data") if path.with_suffix(".labels").is_file())
    if len(found) > 1:
        raise DataError(f"{folder} holds {' and '.join(path.name for path in found[:2])}; name one of them.")
    return found[0] if found else None


def read_text_pair(path: Path, config: DataConfig) -> Source:
    """Data set of ``NAME_train.data`` and the files beside it.

    Parameters
    ----------
    path : Path
        The file of training numbers.
    config : DataConfig
        ``separator`` and ``decimal`` as for tables; there is no header.

    Raises
    ------
    DataError
        If a file is missing, cannot be read, or does not fit the others.
    """
    stem = path.name.removesuffix(".data")
    train = _part(path, config)
    test_path = path.with_name(f"{stem.removesuffix('_train')}_valid.data")
    paired = stem.endswith("_train") and (test_path.exists() or test_path.with_suffix(".labels").exists())
    test = _part(test_path, config) if paired else None
    unlabelled = path.with_name(f"{stem.removesuffix('_train')}_test.data")
    notes = [f"{unlabelled.name} has no labels and is not used."] if unlabelled.is_file() else []
    return Source(
        stem.removesuffix("_train"),
        train,
        test,
        f"files {path.name} and beside it",
        reading=Reading(
            format="text files of numbers and labels",
            header=False,
            label=f"file {path.with_suffix('.labels').name}",
            notes=tuple(notes),
        ),
    )


def _part(path: Path, config: DataConfig) -> Part:
    beside = path.with_suffix(".labels")
    for file in (path, beside):
        if not file.is_file():
            raise DataError(f"{file} is missing; {path.name} and {beside.name} belong together.")
    return Part(read_numbers(path, config), read_labels(beside))
