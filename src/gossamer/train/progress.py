"""What a run tells whoever watches it."""

from dataclasses import dataclass

from gossamer.train.history import EpochRecord


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
    """

    epoch: int
    epochs: int
    step: int
    steps: int
    record: EpochRecord | None
    message: str = ""
