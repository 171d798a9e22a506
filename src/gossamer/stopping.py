"""Ending on request: the first Ctrl-C, SIGTERM or SIGHUP asks, the second Ctrl-C insists."""

import os
import signal
import stat
import threading
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any, Self

SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


class StopRequest:
    """While active, these signals set a flag instead of ending the program.

    A signal that the process was told to ignore, as ``nohup`` does with SIGHUP, stays ignored. Outside the
    main thread signals cannot be caught.

    Parameters
    ----------
    also : asked at every look until it says True once; what was to stop then stops, whatever it says later
    say : called once when a signal asks
    """

    def __init__(
        self, also: Callable[[], bool] | None = None, say: Callable[[], object] | None = None
    ) -> None:
        self._flag = False
        self._also, self._say = also, say
        self._previous: dict[int, Any] = {}

    def __bool__(self) -> bool:
        self._flag = self._flag or (self._also is not None and self._also())
        return self._flag

    def asked(self) -> bool:
        """Whether to stop."""
        return bool(self)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if self._flag:
            if number == signal.SIGINT:
                raise KeyboardInterrupt
            return
        self._flag = True
        if number == getattr(signal, "SIGHUP", None):
            leave_terminal()
        if self._say is not None:
            self._say()

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            for number in SIGNALS:
                if signal.getsignal(number) is not signal.SIG_IGN:
                    self._previous[number] = signal.signal(number, self._on_signal)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)


def leave_terminal() -> None:
    """Send further output to nowhere: the terminal is gone, and writing to it would be an error."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (1, 2):
        if _is_terminal(stream):
            os.dup2(nowhere, stream)
    os.close(nowhere)


def _is_terminal(stream: int) -> bool:
    """Whether a stream is a terminal, also one that is gone."""
    return stat.S_ISCHR(os.fstat(stream).st_mode) and not os.path.samestat(
        os.fstat(stream), os.stat(os.devnull)
    )
