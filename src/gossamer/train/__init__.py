"""Training: configuration, the loop, history, checkpoints, and the folder that a run leaves behind.

The package is also a function: ``gossamer.train(config, data)`` is `gossamer.train.session.train`.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gossamer.data import Dataset
    from gossamer.train.config import RunConfig
    from gossamer.train.progress import Progress
    from gossamer.train.run import Run


class _Train(ModuleType):
    def __call__(
        self,
        config: "RunConfig",
        data: "Dataset | None" = None,
        *,
        folder: str | Path | None = None,
        data_dir: Path | None = None,
        progress: "Callable[[Progress], None] | None" = None,
        stop: Callable[[], bool] | None = None,
    ) -> "Run":
        """Train a run; see `gossamer.train.session.train`."""
        from gossamer.train.session import train

        return train(config, data, folder=folder, data_dir=data_dir, progress=progress, stop=stop)


# The folder and the function share their name, and importing the folder would hide a function of the parent
# package; so the module itself is made callable.
sys.modules[__name__].__class__ = _Train
