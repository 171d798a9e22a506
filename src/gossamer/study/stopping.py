"""Ending a study on request: the first Ctrl-C or SIGTERM asks, the second Ctrl-C insists."""

import signal
import threading
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any, Self


class StopRequest:
    """While active, SIGINT and SIGTERM set a flag instead of ending the program.

    Outside the main thread signals cannot be caught.

    Parameters
    ----------
    also : asked at every look until it says True once; the study then stops, whatever it says later
    """

    def __init__(self, also: Callable[[], bool] | None = None) -> None:
        self._flag = False
        self._also = also
        self._previous: dict[int, Any] = {}

    def __bool__(self) -> bool:
        self._flag = self._flag or (self._also is not None and self._also())
        return self._flag

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if self._flag and number == signal.SIGINT:
            raise KeyboardInterrupt
        self._flag = True

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._previous[number] = signal.signal(number, self._on_signal)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)
