"""Time, as one value that tests can replace."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Clock:
    """The time of day, and a way to wait."""

    now: Callable[[], float] = time.time  # unix seconds
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep  # seconds
