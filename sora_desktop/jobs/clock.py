"""Time, as one value that tests can replace."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial

#: Seconds: the longest sleep before `Clock.sleep_until` checks the time. Timers of a suspended computer run late.
LONGEST_SLEEP = 60.0


def steady_clock(platform: str = sys.platform) -> Callable[[], float]:
    """Seconds since some moment, by a clock that cannot be set and that also runs while the computer is suspended.

    `time.monotonic` stops during suspend on Linux and macOS; a rendering does not.
    """
    names = {"linux": "CLOCK_BOOTTIME", "darwin": "CLOCK_MONOTONIC"}
    id = getattr(time, names.get(platform, ""), None)
    return time.monotonic if id is None else partial(time.clock_gettime, id)


_STEADY = steady_clock()


@dataclass(frozen=True, slots=True)
class Clock:
    """The time of day, a time that is never set back or ahead, and a way to wait."""

    now: Callable[[], float] = time.time  # unix seconds
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep  # seconds
    tick: Callable[[], float] = _STEADY  # seconds since some moment

    async def sleep_until(self, tick: float) -> None:
        """Return once `tick()` has reached that, also if the computer was suspended in between."""
        while (left := tick - self.tick()) > 0:
            await self.sleep(min(left, LONGEST_SLEEP))
