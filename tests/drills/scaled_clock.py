"""A clock that runs many times as fast as real time, for a runner and the sandbox inside the test's own process."""

from __future__ import annotations

import asyncio
import time

from fakes import FakeClock
from sandbox_in_process import Clock as SandboxClock

#: Seconds that pass in one real second.
FACTOR = 100.0
_BEGIN = time.monotonic()


def _now() -> float:
    return 1_800_000_000.0 + _tick()


def _tick() -> float:
    return (time.monotonic() - _BEGIN) * FACTOR


class ScaledClock(FakeClock):
    """The clock of a runner. All share one time."""

    def now(self) -> float:
        return _now()

    def tick(self) -> float:
        return _tick()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds / FACTOR)

    def stop_during_thread_work(self) -> None:
        """It runs on, as real time does."""


class ScaledSandboxClock(SandboxClock):
    """The same time for the sandbox."""

    def __call__(self) -> float:
        return _now()
