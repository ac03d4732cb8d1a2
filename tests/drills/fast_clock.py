"""Makes the clock run faster, so that the pauses of a real program take little time.

`time.time`, `time.monotonic`, the clock that also runs during suspend, and the event loop run `FACTOR` times as fast as
real time. Sockets in threads keep real time, since the sandbox does. Import it before the program, in a process of its
own: a test that imports it would change the clock of every test.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import queue
import selectors
import subprocess
import threading
import time
from typing import Any

from drills.speed import FACTOR

assert concurrent.futures and queue and subprocess and threading  # they keep the real clock, read when imported

_real_time, _real_monotonic, _real_gettime = time.time, time.monotonic, time.clock_gettime
_started_at, _started_ticking = _real_time(), _real_monotonic()
_started_gettime = _real_gettime(time.CLOCK_BOOTTIME)
_offset = 0.0


def _time() -> float:
    return _started_at + _offset + (_real_time() - _started_at) * FACTOR


def _monotonic() -> float:
    return _started_ticking + (_real_monotonic() - _started_ticking) * FACTOR


def _gettime(id: int) -> float:
    return _started_ticking + (_real_gettime(id) - _started_gettime) * FACTOR


def move_clock(seconds: float) -> None:
    """Moves the time of day forward by that much, or back if below 0."""
    global _offset
    _offset += seconds


class _Selector(selectors.DefaultSelector):
    def select(self, timeout: float | None = None) -> Any:
        return super().select(None if timeout is None else timeout / FACTOR)


class _Policy(asyncio.DefaultEventLoopPolicy):
    def new_event_loop(self) -> asyncio.AbstractEventLoop:
        return asyncio.SelectorEventLoop(_Selector())


# at import, since the program takes the clock as the default of its arguments
time.time, time.monotonic, time.clock_gettime = _time, _monotonic, _gettime
asyncio.set_event_loop_policy(_Policy())
