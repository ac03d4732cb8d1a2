"""Reads the balance again while it is expected to show a refund."""

from __future__ import annotations

import asyncio
import logging

from sora_desktop.jobs.clock import Clock
from sora_desktop.jobs.money.balance import BalanceTracker
from sora_desktop.jobs.money.movements import Movements
from sora_desktop.store.errors import StoreError

log = logging.getLogger(__name__)

#: Seconds between two readings after a failure. The last one is beyond `LATE_REFUND`, after which none is expected.
PAUSES = (20.0, 60.0, 180.0, 660.0)


class RefundWatch:
    """Owns one task. Which refunds are expected is on disk, so that a restart goes on with them."""

    def __init__(self, balance: BalanceTracker, movements: Movements, clock: Clock) -> None:
        self._balance = balance
        self._movements = movements
        self._sleep = clock.sleep
        self._task: asyncio.Task[None] | None = None
        self._first_reading: asyncio.Event = asyncio.Event()
        self._has_new = False

    def expects_any(self) -> bool:
        """True if the next readings may show a refund. Raises StoreError."""
        return bool(self._movements.expected_refunds())

    def start(self) -> None:
        """A task has failed, or an earlier run has left refunds that are due: read the balance, now and later."""
        self._has_new = True
        self._first_reading.clear()
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._run(), name="refunds")

    async def first_reading(self) -> None:
        """Return when the balance was read once since the last failure, whatever it has shown."""
        if self._task is not None and not self._task.done():
            await self._first_reading.wait()

    async def aclose(self) -> None:
        """Stop. Refunds that were not seen are asked for again by the next run."""
        self._first_reading.set()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        try:
            while self._has_new:
                self._has_new = False
                await self._read_until_seen()
        finally:
            self._first_reading.set()

    async def _read_until_seen(self) -> None:
        for pause in (0.0, *PAUSES):
            if pause:
                await self._sleep(pause)
            if self._has_new:
                return
            try:
                if not self.expects_any():
                    return
                await self._balance.read()
            except StoreError as error:
                log.warning("refunds that are due could not be read: %s", error)
            except Exception:
                log.exception("the balance could not be read for a refund")
            if not self._has_new:  # else this reading may have begun before the last failure
                self._first_reading.set()
