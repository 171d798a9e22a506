"""Bytes on disk -> arrays: data sets that are checked, split, fingerprinted and frozen."""

from gossamer.data.catalog import DatasetInfo, available
from gossamer.data.columns import Column, Reading, Schema
from gossamer.data.config import DataConfig, MadelonConfig, TeacherConfig
from gossamer.data.dataset import Dataset, KnownAnswer, Split
from gossamer.data.fetch import Progress, fetch
from gossamer.data.load import from_arrays, load_dataset, split_arrays
from gossamer.data.scaling import Scaling
from gossamer.data.understood import Understood, understood

__all__ = [
    "Column",
    "DataConfig",
    "Dataset",
    "DatasetInfo",
    "KnownAnswer",
    "MadelonConfig",
    "Progress",
    "Reading",
    "Scaling",
    "Schema",
    "Split",
    "TeacherConfig",
    "Understood",
    "available",
    "fetch",
    "from_arrays",
    "load_dataset",
    "split_arrays",
    "understood",
]
