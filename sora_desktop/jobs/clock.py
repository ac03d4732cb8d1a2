"""Time, as one value that tests can replace."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Clock:
    """The time of day, a time that is never set back or ahead, and a way to wait."""

    now: Callable[[], float] = time.time  # unix seconds
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep  # seconds
    tick: Callable[[], float] = time.monotonic  # seconds since some moment
