"""Notices that the sandbox has ended by itself: it was killed, or has crashed."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable

log = logging.getLogger(__name__)

#: Seconds between two looks at the process. A look is a system call.
PROCESS_LOOK_INTERVAL = 2.0
#: The sandbox is started again so often within that many seconds; one that ends again is broken.
MOST_RESTARTS, RESTARTS_WITHIN = 3, 600.0
#: What the user is told.
RESTARTED = "The sandbox has ended unexpectedly and is started again. Its videos continue."
BROKEN = "The sandbox has ended again and again. Queue a video to start it once more, or see sandbox.log in its folder."


class SandboxWatch:
    """Owns one task while the lane of the sandbox is open."""

    def __init__(
        self,
        ended: Callable[[str], None],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        tick: Callable[[], float] = time.monotonic,
    ) -> None:
        """`ended` is called when the process has ended by itself, with why it should not be started again, if so."""
        self._ended = ended
        self._sleep = sleep
        self._tick = tick
        self._restarts: deque[float] = deque()
        self._runs: Callable[[], bool] | None = None
        self._task: asyncio.Task[None] | None = None

    def note_start(self, runs: Callable[[], bool]) -> None:
        """The process was started. `runs` is true while it runs."""
        self._runs = runs

    def begin(self) -> None:
        """Look at the process that was started last, from now on."""
        if self._runs is not None and (self._task is None or self._task.done()):
            self._task = asyncio.create_task(self._run(self._runs), name="watch sandbox")

    async def stop(self) -> None:
        """Look no more: the sandbox is closed."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _run(self, runs: Callable[[], bool]) -> None:
        while runs():
            await self._sleep(PROCESS_LOOK_INTERVAL)
        log.warning("the sandbox has ended by itself")
        now = self._tick()
        while self._restarts and now - self._restarts[0] >= RESTARTS_WITHIN:
            self._restarts.popleft()
        if len(self._restarts) >= MOST_RESTARTS:
            self._ended(BROKEN)
            return
        self._restarts.append(now)
        self._ended("")
