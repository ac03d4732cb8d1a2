"""Makes the clock run faster, so that the pauses of a real program pass in no time. Import it before the program.

`time.time` and `time.monotonic` run `FACTOR` times as fast as they should, and the event loop with them. Sockets in
threads keep real time, since the sandbox does.
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

assert concurrent.futures and queue and subprocess and threading  # they keep the real clock, taken when imported

#: How often faster than real time.
FACTOR = 20.0

_real_time, _real_monotonic = time.time, time.monotonic
_began, _began_ticking = _real_time(), _real_monotonic()
_set_by = 0.0


def _time() -> float:
    return _began + _set_by + (_real_time() - _began) * FACTOR


def _monotonic() -> float:
    return _began_ticking + (_real_monotonic() - _began_ticking) * FACTOR


def set_clock(seconds: float) -> None:
    """From now on the time of day is so many seconds later than it was; earlier, where below 0."""
    global _set_by
    _set_by += seconds


class _Selector(selectors.DefaultSelector):
    def select(self, timeout: float | None = None) -> Any:
        return super().select(None if timeout is None else timeout / FACTOR)


class _Policy(asyncio.DefaultEventLoopPolicy):
    def new_event_loop(self) -> asyncio.AbstractEventLoop:
        return asyncio.SelectorEventLoop(_Selector())


# at import, since the program takes the clock as the default of its arguments
time.time, time.monotonic = _time, _monotonic
asyncio.set_event_loop_policy(_Policy())
