"""The list of named sets."""

import difflib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from gossamer.data.config import NAMES, MadelonConfig, TeacherConfig
from gossamer.data.folders import find_set
from gossamer.data.idx_sets import FASHION_MNIST, IDX_SETS, MNIST
from gossamer.errors import ConfigError


@dataclass(frozen=True)
class DatasetInfo:
    """One line of the list of named sets.

    Parameters
    ----------
    name : str
    kind : "embedded", "download" or "generated"
    samples : int
        Training samples, or all samples where the set has no test part of its own.
    test_samples : int or None
    n_features, n_classes : int
        For generated sets, as for `samples`, the numbers of the default config.
    description : str
    folder : Path or None
        Where the files were found; None for sets without files and for files that are not here.
    """

    name: str
    kind: Literal["embedded", "download", "generated"]
    samples: int
    test_samples: int | None
    n_features: int
    n_classes: int
    description: str
    folder: Path | None = None

    @property
    def ready(self) -> bool:
        """Whether the set can be loaded without a download."""
        return self.kind != "download" or self.folder is not None


def available(data_dir: str | Path | None = None) -> list[DatasetInfo]:
    """All named sets, and where their files are on this machine.

    Parameters
    ----------
    data_dir : str or Path, optional
        Looked into first, then GOSSAMER_DATA, then the cache.
    """
    folder = None if data_dir is None else Path(data_dir)
    madelon, teacher = MadelonConfig(), TeacherConfig()
    return [
        DatasetInfo("digits", "embedded", 1797, None, 64, 10, "handwritten digits, 8 x 8 pixels of 0 to 16"),
        DatasetInfo(
            "fashion-mnist",
            "download",
            60_000,
            10_000,
            784,
            10,
            "clothes, 28 x 28 grey pixels",
            _folder(FASHION_MNIST.name, folder),
        ),
        DatasetInfo(
            "mnist",
            "download",
            60_000,
            10_000,
            784,
            10,
            "handwritten digits, 28 x 28 grey pixels",
            _folder(MNIST.name, folder),
        ),
        DatasetInfo(
            "madelon",
            "generated",
            madelon.samples,
            None,
            madelon.features,
            madelon.classes,
            "few informative features among noise",
        ),
        DatasetInfo(
            "teacher",
            "generated",
            teacher.samples,
            None,
            teacher.features,
            teacher.classes,
            "labels given by a random sparse network",
        ),
    ]


def unknown_name(name: str) -> ConfigError:
    """The error for a name that is no named set, with the nearest one that is."""
    near = difflib.get_close_matches(name, NAMES, n=1)
    hint = f"did you mean '{near[0]}'?" if near else f"the named sets are {', '.join(NAMES)}."
    return ConfigError(f"There is no data set, file or folder called '{name}': {hint}")


def _folder(name: str, data_dir: Path | None) -> Path | None:
    files = find_set(IDX_SETS[name], data_dir)
    return None if files is None else files[0].parent
