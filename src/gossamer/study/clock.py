"""Time that a study has taken in all its commands together, for its wall-clock budget."""

import time
from pathlib import Path

from gossamer.files import read_json, write_json

_SAVE_SECONDS = 5.0


class Clock:
    """Counts on from what earlier commands in the same folder took; without a limit it keeps nothing.

    Parameters
    ----------
    path : Path
        File in which the time is kept.
    limit : float or None
        Seconds that the study may take.
    """

    def __init__(self, path: Path, limit: float | None) -> None:
        self._path, self._limit = path, limit
        self._started = self._saved = time.monotonic()
        kept = limit is not None and path.exists()
        self._before = float(read_json(path)["seconds"]) if kept else 0.0

    @property
    def seconds(self) -> float:
        """Of this command."""
        return time.monotonic() - self._started

    def is_over(self) -> bool:
        """Whether the study has used up its time."""
        return self._limit is not None and self._before + self.seconds >= self._limit

    def tick(self) -> None:
        """Save the time every few seconds, so that a killed driver has counted too."""
        if time.monotonic() - self._saved >= _SAVE_SECONDS:
            self.save()

    def save(self) -> None:
        """Save the time (StoreError if the disk is full)."""
        self._saved = time.monotonic()
        if self._limit is not None:
            write_json(self._path, {"seconds": self._before + self.seconds})
