"""Ctrl-C: the first one asks a run to save itself, the second one ends the process."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def graceful_stop(say: Callable[[str], None]) -> Iterator[Callable[[], bool]]:
    """Function that says whether a stop was asked for by Ctrl-C or SIGTERM.

    Parameters
    ----------
    say : callable
        Tells the user that the stop was understood.
    """
    asked = threading.Event()

    def ask(number: int, frame: FrameType | None) -> None:
        if asked.is_set():
            raise KeyboardInterrupt
        asked.set()
        say("Stopping: the run is being saved. Press Ctrl-C again to end without that.")

    before = {number: signal.signal(number, ask) for number in _SIGNALS}
    try:
        yield asked.is_set
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
