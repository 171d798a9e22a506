import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gossamer.data import Dataset, load_dataset
from gossamer.train.config import RunConfig
from gossamer.train.overrides import with_overrides

SMALL = {
    "data.name": "teacher",
    "data.teacher": {"samples": 200, "features": 20, "hidden": 10, "fan_in": 3, "classes": 3},
    "data.validation_samples": 40,
    "network.hidden": [12, 10],
    "network.dropout": 0.2,
    "method.start.epsilon": 3.0,
    "training.epochs": 5,
    "training.batch_size": 8,
    "seed": 7,
}


def small_config(**values: Any) -> RunConfig:
    """A run of a few milliseconds; dots of paths are written as double underscores."""
    changes = {key.replace("__", "."): value for key, value in values.items()}
    return with_overrides(with_overrides(RunConfig(), SMALL), changes)


@pytest.fixture(scope="session")
def small() -> Callable[..., RunConfig]:
    return small_config


@pytest.fixture(scope="session")
def small_data() -> Dataset:
    return load_dataset(small_config().data, seed=small_config().seed_of("data"))


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((folder / "result").iterdir())}


@pytest.fixture
def result_bytes() -> Callable[[Path], dict[str, bytes]]:
    return bytes_of


@pytest.fixture
def summary() -> Callable[[Path], dict[str, Any]]:
    def read(folder: Path) -> dict[str, Any]:
        content: dict[str, Any] = json.loads((folder / "result" / "summary.json").read_text())
        return content

    return read
