"""The door from a study to training: which run a config is, and how it is carried out.

A runner is any module with the functions of `Runner`; `gossamer.study.training` is the one that trains.
Workers find their runner by the module's name, so that no code travels between processes.
"""

import importlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, cast

from numpy.typing import NDArray

from gossamer.errors import StoreError

Stop = Callable[[], bool]
"""Whether a run should save itself and end."""


@dataclass(frozen=True)
class RunFacts:
    """What is known of a run before it starts.

    Attributes
    ----------
    identity : str, lower-case hex
    cost : float, expected links x training samples x epochs
    epochs : int
    data : str, checksum of the data set
    """

    identity: str
    cost: float
    epochs: int
    data: str


class UnusableFolderError(StoreError):
    """What an earlier attempt left in a scratch folder is damaged, so that the run has to start again."""


class Report(Protocol):
    """Who a run tells where it is."""

    def __call__(
        self,
        epoch: int,
        epochs: int,
        validation: float | None,
        message: str = "",
        *,
        loss: float | None = None,
    ) -> None:
        """Finished epochs and epochs in all, validation score and loss of the last, and what to know."""


class Runner(Protocol):
    """A module that knows runs."""

    def resolve(
        self, base: str | Mapping[str, Any] | None, layers: Sequence[Mapping[str, Any]]
    ) -> dict[str, Any]:
        """Tables of the config that a preset (for None: the defaults) becomes with layers on top of it.

        The base may also be tables that an earlier call gave.
        A layer holds nested tables, or values at dotted paths. No data are read. Raises ConfigError.
        """

    def base_tables(self, base: str | None) -> dict[str, Any]:
        """What `resolve` gives for a preset, but for fields that came later and have their absent value."""

    def describe(self, tables: Mapping[str, Any], seeds: Sequence[int]) -> list[RunFacts]:
        """Facts of the run with the config of these tables and each of the seeds.

        ConfigError or DataError: such a run is not valid.
        """

    def config_of(self, tables: Mapping[str, Any]) -> str:
        """The config of these tables as the worker gets it, JSON."""

    def identity_of(self, config: Mapping[str, Any], summary: Mapping[str, Any]) -> str:
        """Identity that result/config.json and result/summary.json of a run make."""

    def labels(self, tables: Mapping[str, Any]) -> dict[str, NDArray[Any]]:
        """Labels of the data set of this config by part: test, and validation where there is one."""

    def run_one(self, config: str, folder: Path, *, report: Report, stop: Stop) -> str:
        """Train, or go on training, in a folder; returns finished, diverged or interrupted.

        A run that has ended leaves folder/result and folder/measured; one that was interrupted leaves what it
        needs to go on. UnusableFolderError: an earlier attempt left something that cannot be gone on with.
        """


def find_runner(name: str) -> Runner:
    """Runner module of that name."""
    return cast(Runner, importlib.import_module(name))
