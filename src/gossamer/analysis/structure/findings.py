"""Everything that the structure analysis found, as one frozen value."""

from collections.abc import Mapping
from dataclasses import dataclass

from gossamer.analysis.levels.sample import Reading
from gossamer.analysis.structure.classes import ClassAccuracy
from gossamer.analysis.structure.correspondence import Series
from gossamer.analysis.structure.degrees import Degrees
from gossamer.analysis.structure.settings import StructureSettings


@dataclass(frozen=True)
class Spread:
    """A measure over the runs of one level.

    Attributes
    ----------
    mean : float or None
        None where no run has it.
    deviation : float or None
        Standard deviation over the runs; None for fewer than two.
    runs : int
        Runs that have it.
    """

    mean: float | None
    deviation: float | None
    runs: int


@dataclass(frozen=True)
class LevelStructure:
    """Structure at one level.

    Attributes
    ----------
    level : float
    runs : tuple of str
    measures : mapping from a name of `measures.MEASURES` to Spread
    degrees : tuple of Degrees
        Of both ends of every layer that is not dense; empty where the networks are not stored.
    classes : tuple of ClassAccuracy
        Empty where labels or predictions are not stored.
    """

    level: float
    runs: tuple[str, ...]
    measures: Mapping[str, Spread]
    degrees: tuple[Degrees, ...]
    classes: tuple[ClassAccuracy, ...]


@dataclass(frozen=True)
class StructureFindings:
    """Structure of networks against the level of a study.

    Attributes
    ----------
    reading : str or None
        Epoch that the accuracies of the classes are of: "selected", "last" or "best_on_test".
    settings : StructureSettings
    series : tuple of Series
        Correspondence of the input layer with the data, one entry for each statistic, map and epoch.
    levels : tuple of LevelStructure, easiest first
    left_out : tuple of str
        Runs that diverged; their structure means nothing.
    notes : tuple of str
        One sentence for each thing that could not be had.
    """

    reading: Reading | None
    settings: StructureSettings
    series: tuple[Series, ...]
    levels: tuple[LevelStructure, ...]
    left_out: tuple[str, ...]
    notes: tuple[str, ...]

    def find(self, statistic: str, side: str, quantity: str, epoch: int | None = None) -> Series | None:
        """The series of this statistic, map and epoch (None: the last one stored); None if there is none."""
        wanted = (statistic, side, quantity, epoch)
        return next((s for s in self.series if (s.statistic, s.side, s.quantity, s.epoch) == wanted), None)
