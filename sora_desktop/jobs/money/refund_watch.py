"""Reads the balance again while it is expected to show a refund."""

from __future__ import annotations

import asyncio
import logging

from sora_desktop.jobs.clock import Clock
from sora_desktop.jobs.journal import Bell
from sora_desktop.jobs.money.balance import BalanceTracker, Comparison
from sora_desktop.jobs.money.movements import Movements
from sora_desktop.store.errors import StoreError

log = logging.getLogger(__name__)

#: Seconds between two readings after a failure. The last one is beyond `LATE_REFUND`, after which none is expected.
PAUSES = (20.0, 60.0, 180.0, 660.0)
#: Seconds after a failure that ends such a pause: tasks often fail together, and one reading shows all their refunds.
TOGETHER = 5.0
#: Seconds: pauses of a command that waits for a reading after the last failure, while the balance cannot be compared.
TRY_PAUSES = (5.0, 10.0, 20.0)


class RefundWatch:
    """Owns one task. Which refunds are expected is on disk, so that a restart goes on with them."""

    def __init__(self, balance: BalanceTracker, movements: Movements, clock: Clock) -> None:
        self._balance = balance
        self._movements = movements
        self._sleep = clock.sleep
        self._task: asyncio.Task[None] | None = None
        self._failures = Bell()
        self._compared = 0  # rings of that bell before the last reading that could be compared
        self._given_up = 0  # rings before the last failure after which no command waits any more
        self._one_at_a_time = asyncio.Lock()
        self._is_closed = False

    def expects_any(self) -> bool:
        """True if the next readings may show a refund. Raises StoreError."""
        return bool(self._movements.expected_refunds())

    @property
    def is_compared(self) -> bool:
        """True if the balance was read and compared since the last failure, whatever it has shown."""
        return self._compared == self._failures.rings

    def start(self) -> None:
        """A task has failed, or an earlier run has left refunds that are due: read the balance, now and later."""
        self._failures.ring()
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._run(), name="refunds")

    async def until_compared(self) -> None:
        """Return once `is_compared`; if that is not possible for now, after some tries, once for each failure."""
        while not self._is_closed and self._given_up != self._failures.rings:
            failures = self._failures.rings
            for pause in (*TRY_PAUSES, 0.0):
                if await self._compare() is not Comparison.TRY_AGAIN or self._failures.rings != failures:
                    break
                await self._sleep(pause)
            self._given_up = failures

    async def aclose(self) -> None:
        """Stop. Refunds that were not seen are asked for again by the next run."""
        self._is_closed = True
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        pauses = iter(PAUSES)
        is_due = False
        while True:
            failures = self._failures.rings
            await self._compare(again=is_due)
            pause = next(pauses, None) if self._may_expect() else None
            if self._failures.rings == failures:
                if pause is None:
                    return
                await self._failures.wait_past(failures, self._sleep(pause))
            is_due = self._failures.rings == failures
            if not is_due:
                pauses = iter(PAUSES)
                await self._sleep(TOGETHER)

    async def _compare(self, *, again: bool = False) -> Comparison:
        """Read the balance, unless it was compared since the last failure. `again`: in any case."""
        async with self._one_at_a_time:
            failures = self._failures.rings
            if self.is_compared and not again:
                return Comparison.DONE
            result = Comparison.TRY_AGAIN
            try:
                result = await self._balance.compare() if self.expects_any() else Comparison.DONE
            except StoreError as error:
                log.warning("refunds that are due could not be read: %s", error)
            except Exception:
                log.exception("the balance could not be read for a refund")
            if result is Comparison.DONE:
                self._compared = failures  # one that began before the last failure does not count
            return result

    def _may_expect(self) -> bool:
        try:
            return self.expects_any()
        except StoreError as error:
            log.warning("refunds that are due could not be read: %s", error)
            return True
