"""The signals that ask the program to end, on each platform."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

Handler = Callable[[int, FrameType | None], Any] | int | None


def end_signals(platform: str = sys.platform) -> tuple[signal.Signals, ...]:
    """Ctrl-C, the end by another program, and the end of the terminal.

    Windows has one signal for Ctrl-Break, a console that is closed, and the end of the session. After the last two,
    Windows ends the process within seconds, whatever it does.
    """
    names = ("SIGINT", "SIGBREAK") if platform == "win32" else ("SIGINT", "SIGTERM", "SIGHUP")
    return tuple(getattr(signal, name) for name in names)


class EndSignals:
    """While the block runs, every signal that asks the program to end calls a function instead of ending it.

    A SIGHUP that the caller has set to be ignored, as `nohup` does, stays ignored. For the main thread.
    """

    def __init__(self, asked: Callable[[], None], platform: str = sys.platform) -> None:
        """`asked` is called between any two instructions of the main thread: it must not block or raise."""
        self._asked = asked
        self._numbers = end_signals(platform)
        self._before: dict[signal.Signals, Handler] = {}

    def __enter__(self) -> EndSignals:
        for number in self._numbers:
            if number.name == "SIGHUP" and signal.getsignal(number) is signal.SIG_IGN:
                continue
            self._before[number] = signal.signal(number, lambda *_: self._asked())
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)


@contextmanager
def interrupted_by_end_signals(platform: str = sys.platform) -> Iterator[None]:
    """While the block runs, those signals raise KeyboardInterrupt, also in a call that waits for the user's input.

    For the main thread, inside the block of an EndSignals, whose handlers would let such a call go on.
    """
    before: dict[signal.Signals, Handler] = {}
    try:
        for number in end_signals(platform):
            if signal.getsignal(number) is not signal.SIG_IGN:
                before[number] = signal.signal(number, signal.default_int_handler)
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
