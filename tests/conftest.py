"""What several test folders need."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parents[1]

# No deadline: a loaded machine is no error. In CI the examples are the same every time.
settings.register_profile("gossamer", max_examples=50, deadline=None, derandomize="CI" in os.environ)
settings.load_profile("gossamer")


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """Folder with Fashion-MNIST: GOSSAMER_DATA, else ``shared/data`` beside the project; else skip."""
    named = os.environ.get("GOSSAMER_DATA")
    for folder in (Path(named) if named else None, ROOT.parent / "shared" / "data"):
        if folder is not None and (folder / "fashion-mnist" / "train-images-idx3-ubyte.gz").is_file():
            return folder
    pytest.skip("the files of Fashion-MNIST are not here; name their folder by GOSSAMER_DATA")
