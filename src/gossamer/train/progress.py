"""What a run tells whoever watches it."""

from dataclasses import dataclass

from gossamer.train.history import EpochRecord
from gossamer.train.score import ACCURACY, Score


@dataclass(frozen=True)
class Progress:
    """Where a run is.

    Attributes
    ----------
    epoch, epochs : int
        Epochs evaluated so far, and all of them.
    step, steps : int
        Steps taken so far, and all of them.
    record : EpochRecord or None
        The last epoch that was evaluated.
    message : str
        Something that the user should know; empty most of the time.
    score : Score
        The first score of the run's task.
    """

    epoch: int
    epochs: int
    step: int
    steps: int
    record: EpochRecord | None
    message: str = ""
    score: Score = ACCURACY

    @property
    def loss(self) -> float | None:
        """Mean training loss of the batches of the last epoch."""
        return None if self.record is None else self.record.running.loss

    @property
    def validation(self) -> float | None:
        """Validation score of the last epoch that was evaluated."""
        found = None if self.record is None else self.record.validation
        return None if found is None else found.scores[self.score.name]
