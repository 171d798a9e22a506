"""Data tests see no folder of the machine, and no network but their own."""

import gzip
import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from idx_writer import idx_bytes

from gossamer.data.idx_sets import FASHION_MNIST, IdxSet


@pytest.fixture
def nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty cache, no GOSSAMER_DATA, and no proxy between the tests and their own server."""
    monkeypatch.delenv("GOSSAMER_DATA", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("no_proxy", "*")
    return tmp_path


@pytest.fixture
def small_set(tmp_path: Path) -> tuple[IdxSet, Path]:
    """A made-up set of four IDX files, and the folder that offers them: 40 + 20 images, 3 classes."""
    offered = tmp_path / "offered"
    offered.mkdir()
    rng = np.random.default_rng(5)
    shapes = ((40, 2, 3), (40,), (20, 2, 3), (20,))
    sums = {}
    for name, shape in zip(FASHION_MNIST.sums, shapes, strict=True):
        content = idx_bytes(rng.integers(0, 3, shape, dtype=np.uint8))
        (offered / f"{name}.gz").write_bytes(gzip.compress(content))
        sums[name] = hashlib.sha256(content).hexdigest()
    mirrors = (f"{offered.as_uri()}/",)
    made_up = replace(FASHION_MNIST, sums=sums, mirrors=mirrors, class_names=("a", "b", "c"))
    return made_up, offered
