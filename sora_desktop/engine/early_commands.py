"""Commands that the user gives before the lane of their jobs is open."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress

#: Seconds that a new lane waits for them at most before it sends: another lane may keep them.
LONGEST_HOLD_BACK = 5.0


class EarlyCommands:
    """Counts them. A request that was put on hold, changed or removed in time must not be sent all the same."""

    def __init__(self) -> None:
        self._count = 0
        self._is_done = asyncio.Event()
        self._is_done.set()

    @contextmanager
    def one(self) -> Iterator[None]:
        """A command is waiting or being carried out; from its first moment on, also while it waits for others."""
        self._count += 1
        self._is_done.clear()
        try:
            yield
        finally:
            self._count -= 1
            if self._count == 0:
                self._is_done.set()

    async def done(self) -> None:
        """Return when no command is left, or after `LONGEST_HOLD_BACK`."""
        with suppress(TimeoutError):
            async with asyncio.timeout(LONGEST_HOLD_BACK):
                await self._is_done.wait()
