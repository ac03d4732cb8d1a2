"""The balance as last read, less what is known to be spent since."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

from sora_desktop.api.errors import KeyRejected, ServiceError
from sora_desktop.domain.job import JobId
from sora_desktop.domain.money import Balance
from sora_desktop.jobs.clock import Clock
from sora_desktop.jobs.money.prices import PriceBook
from sora_desktop.jobs.money.spending_ledger import SpendingLedger
from sora_desktop.jobs.service_calls import ServiceCalls
from sora_desktop.store.errors import StoreError

log = logging.getLogger(__name__)

#: Seconds after which the balance is read again before money is spent.
STALE_AFTER = 1800.0
#: Seconds for which the refund of a failed video may still come.
LATE_REFUND = 900.0


@dataclass(frozen=True, slots=True)
class _DueRefund:
    price: Decimal | None
    since: float  # unix seconds


@dataclass
class _Doubts:
    """Reasons why the tracked balance may differ from the true one."""

    unsure_price: bool = False
    refunds_due: dict[JobId, _DueRefund] = field(default_factory=dict)
    other: bool = False


class BalanceTracker:
    """Tracks the balance so that the service has to be asked as rarely as possible."""

    def __init__(
        self,
        calls: ServiceCalls,
        ledger: SpendingLedger,
        prices: PriceBook,
        changed: Callable[[Balance], None],
        clock: Clock,
    ) -> None:
        """`changed` is called with each new balance."""
        self._calls = calls
        self._ledger = ledger
        self._prices = prices
        self._changed = changed
        self._clock = clock
        #: Why the last reading failed, for the user; empty if it did not.
        self.error = ""
        #: Why the key was rejected, for the user; empty once the key is accepted.
        self.key_error = ""
        self._balance: Balance | None = None
        self._read_at = 0.0  # unix seconds
        self._doubts = _Doubts()
        self._create_in_flight = False
        #: Counts what may have moved the balance. A reading during which it grows cannot be compared.
        self._disturbances = 0

    @property
    def bills(self) -> bool:
        """True if the service has a balance. If it has none, no reading says anything."""
        return self._calls.bills

    @property
    def balance(self) -> Balance | None:
        """The tracked balance; None before the first reading."""
        return self._balance

    @property
    def exact(self) -> Balance | None:
        """The tracked balance if it is fresh and contains no guess, else None."""
        fresh = 0 <= self._clock.now() - self._read_at < STALE_AFTER
        doubtful = self._doubts.unsure_price or self._doubts.refunds_due or self._doubts.other
        return self._balance if fresh and not doubtful else None

    async def read(self, job: JobId | None = None) -> Balance | None:
        """Read the balance from the service; None if it could not be read or the service has none (see `bills`).

        A difference from the tracked balance marks failed jobs as refunded or, if no refund explains it, makes all
        learned prices unsure. `job`: the job that the balance is read for, under which the call is logged.
        """
        disturbances = self._disturbances
        try:
            amount = await self._calls.balance(job)
        except ServiceError as error:
            self.error = str(error)
            if isinstance(error, KeyRejected):
                self.key_error = self.error
            return None
        if amount is None:
            return None
        self.error = self.key_error = ""
        now = self._clock.now()
        due = {id: each for id, each in self._doubts.refunds_due.items() if now - each.since < LATE_REFUND}
        comparable = not self._create_in_flight and disturbances == self._disturbances
        refunded, unexplained = self._compared(amount, due) if comparable else ((), False)
        for id in refunded:
            del due[id]
        if unexplained:
            self._prices.doubt()
        self._read_at, self._doubts = now, _Doubts(refunds_due=due, other=not comparable)
        self._balance = balance = Balance(amount, now)
        for id in refunded:
            try:
                await self._ledger.note_refund(id)
            except StoreError as error:
                log.warning("the refund of job %s could not be written: %s", id, error)
        self._changed(self._balance)  # lower by now if a create was accepted since the reading
        return balance

    async def exact_or_read(self, job: JobId) -> Balance | None:
        """The balance to compare with after a create, or None if it cannot be known."""
        exact = self.exact
        return await self.read(job) if exact is None else replace(exact, read_at=self._clock.now())

    def create_started(self) -> None:
        """A create is sent: until its outcome is known, a reading may contain its price or not."""
        self._create_in_flight = True
        self._disturbances += 1

    def create_refused(self) -> None:
        """The create was refused: nothing was spent."""
        self._end_create()

    def create_accepted(self, price: Decimal | None, *, sure: bool) -> None:
        """The create was accepted. `sure`: the balance has shown this price before, so that no reading is needed."""
        self._end_create()
        self.key_error = ""
        if price is None or self._balance is None:
            self._doubts.unsure_price = True
            return
        self._doubts.unsure_price |= not sure
        self._balance = replace(self._balance, amount=self._balance.amount - price)
        self._changed(self._balance)

    def disturb(self) -> None:
        """Something may have moved the balance: it is read before the next comparison."""
        self._end_create()
        self._doubts.other = True

    def expect_refund(self, id: JobId, price: Decimal | None) -> None:
        """A job failed at the service: its price may have been refunded, or will be."""
        self._doubts.refunds_due[id] = _DueRefund(price, self._clock.now())

    def _end_create(self) -> None:
        self._create_in_flight = False
        self._disturbances += 1

    def _compared(self, amount: Decimal, due: Mapping[JobId, _DueRefund]) -> tuple[tuple[JobId, ...], bool]:
        """The refunds that explain the difference to the tracked balance, and whether it is unexplained."""
        if self._balance is None or self._doubts.unsure_price:
            return (), False
        rise = amount - self._balance.amount
        refunded: list[JobId] = []
        for id, refund in due.items():  # the first to fail is refunded first
            if refund.price is None or rise <= 0:
                break
            refunded.append(id)
            rise -= refund.price
        if refunded and rise == 0:
            return tuple(refunded), False
        rise = amount - self._balance.amount
        return (), rise != 0 and not due and not self._doubts.other
