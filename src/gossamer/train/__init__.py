"""Training: configuration, the loop, history, checkpoints, and the folder that a run leaves behind.

The package is also a function: ``gossamer.train(config, data)`` is `gossamer.train.session.train`.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gossamer.data import Dataset
    from gossamer.train.config import RunConfig
    from gossamer.train.progress import Progress
    from gossamer.train.run import Run

ARRAYS = "arrays"
"""Name of a data set that is a pair of arrays."""


class _Train(ModuleType):
    def __call__(
        self,
        config: "RunConfig | str | Path | None" = None,
        data: "Dataset | tuple[Any, Any] | None" = None,
        *,
        folder: str | Path | None = None,
        data_dir: Path | None = None,
        progress: "Callable[[Progress], None] | None" = None,
        stop: Callable[[], bool] | None = None,
        **settings: Any,
    ) -> "Run":
        """Train a run, or go on with it where an earlier attempt was stopped.

        Parameters
        ----------
        config : RunConfig, str or Path, optional
            A configuration; the name of a preset such as "digits"; a TOML file (.toml); or a data set, named
            or a file or folder, which the default preset is trained on. The default preset if not given.
        data : Dataset, or pair (X, y) of arrays, optional
            Instead of the data set that the configuration names. A pair is split and scaled like a file of
            the user's own: with classes in proportion, 0.2 for test and 0.2 of the rest for validation,
            unless `settings` say otherwise (``**{"data.test_fraction": 0.3}``).
        folder, data_dir, progress, stop
            See `gossamer.train.session.train`.
        **settings
            Values that replace those of the configuration: ``epochs=50, zeta=0.9, method="rigl"``; keys with
            dots go through `gossamer.with_overrides`.

        Raises
        ------
        ConfigError, DataError, TopologyError, StoreError
            See `gossamer.train.session.train`.
        """
        from gossamer.train.overrides import with_overrides
        from gossamer.train.session import train

        if isinstance(data, tuple):
            settings = {"data.name": ARRAYS, **settings}
        chosen = with_overrides(_configuration(config), settings)
        if isinstance(data, tuple):
            data = _split(data, chosen)
        return train(chosen, data, folder=folder, data_dir=data_dir, progress=progress, stop=stop)


def _split(pair: tuple[Any, ...], config: "RunConfig") -> "Dataset":
    """The data set of a pair (X, y)."""
    from gossamer.data import split_arrays
    from gossamer.errors import DataError

    if len(pair) != 2:
        raise DataError(
            f"The data are a tuple of {len(pair)}; a pair (X, y) is expected, or what "
            "gossamer.data.from_arrays makes of parts that are split already."
        )
    return split_arrays(*pair, config.data, seed=config.seed_of("data"))


def _configuration(config: "RunConfig | str | Path | None") -> "RunConfig":
    """The configuration that a word or path stands for."""
    from gossamer.train.config_file import read_config
    from gossamer.train.overrides import with_overrides
    from gossamer.train.presets import DEFAULT_PRESET, PRESETS, preset

    if config is None or isinstance(config, str | Path):
        name = DEFAULT_PRESET if config is None else str(config)
        if name in PRESETS:
            return preset(name)
        if name.lower().endswith(".toml"):
            return read_config(Path(name))
        return with_overrides(preset(DEFAULT_PRESET), {"dataset": name})
    return config


# The folder and the function share their name, and importing the folder would hide a function of the parent
# package; so the module itself is made callable.
sys.modules[__name__].__class__ = _Train
