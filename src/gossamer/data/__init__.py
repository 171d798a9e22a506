"""Bytes on disk -> arrays: data sets that are checked, split, fingerprinted and frozen."""

from gossamer.data.catalog import DatasetInfo, available
from gossamer.data.config import DataConfig, MadelonConfig, TeacherConfig
from gossamer.data.dataset import Dataset, KnownAnswer, Split
from gossamer.data.fetch import Progress, fetch
from gossamer.data.load import from_arrays, load_dataset
from gossamer.data.scaling import Scaling

__all__ = [
    "DataConfig",
    "Dataset",
    "DatasetInfo",
    "KnownAnswer",
    "MadelonConfig",
    "Progress",
    "Scaling",
    "Split",
    "TeacherConfig",
    "available",
    "fetch",
    "from_arrays",
    "load_dataset",
]
