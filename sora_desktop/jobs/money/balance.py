"""What is known of the balance, kept up to date by what is known to be spent."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

from sora_desktop.api.errors import KeyRejected, ServiceError
from sora_desktop.api.service import Bills
from sora_desktop.domain.job import JobId
from sora_desktop.domain.ledger import Exchange
from sora_desktop.domain.money import Balance
from sora_desktop.jobs.polling.rate_limit import RateLimit, RequestKind

#: A balance older than this is read anew before money is spent. Seconds.
STALE_AFTER = 1800.0
#: Seconds for which the credits of a failed video may still come back.
LATE_REFUND = 900.0


@dataclass(frozen=True, slots=True)
class Reading:
    """What a new reading showed besides the balance."""

    #: Failed jobs whose credits have come back.
    refunded: tuple[JobId, ...] = ()
    #: It is not what was expected, and no refund explains it.
    drifted: bool = False


@dataclass(frozen=True, slots=True)
class _Refund:
    price: Decimal | None
    since: float  # unix seconds


@dataclass
class _Doubts:
    """Why the balance as kept may differ from the true one."""

    unsure_spending: bool = False
    refunds_due: dict[JobId, _Refund] = field(default_factory=dict)
    other: bool = False


class BalanceTracker:
    """The balance, read anew only when what is known of it does not suffice."""

    def __init__(
        self,
        service: Bills | None,
        rate_limit: RateLimit,
        publish: Callable[[Balance], None],
        now: Callable[[], float] = time.time,
        *,
        heard: Callable[[Reading], None] = lambda _: None,
        log_exchange: Callable[[JobId, Exchange | None], None] = lambda id, exchange: None,
    ) -> None:
        self._service = service
        self._rate_limit = rate_limit
        self._publish = publish
        self._now = now
        self._heard = heard
        self._log_exchange = log_exchange
        #: Why the last reading failed, in a sentence for a person; empty when it did not.
        self.error = ""
        #: The same where the key was refused, until it is accepted.
        self.key_error = ""
        self._balance: Balance | None = None
        self._read_at = 0.0
        self._doubts = _Doubts()
        self._paying = False
        self._moves = 0  # grows with whatever makes a reading that is under way worthless

    @property
    def balance(self) -> Balance | None:
        """As last read, less what was spent since."""
        return self._balance

    @property
    def exact(self) -> Balance | None:
        """The balance where it is fresh and nothing guessed went into it, else None."""
        fresh = 0 <= self._now() - self._read_at < STALE_AFTER
        doubtful = self._doubts.unsure_spending or self._doubts.refunds_due or self._doubts.other
        return self._balance if fresh and not doubtful else None

    async def read(self, job: JobId | None = None) -> Balance | None:
        """Read the balance from the service; None if that fails or the service has none.

        `job`: the job that it is read for, under which the call is logged.
        """
        if self._service is None:
            return None
        moves = self._moves
        try:
            await self._rate_limit.take(RequestKind.BALANCE)
            report = await self._service.balance()
        except ServiceError as trouble:
            if job is not None:
                self._log_exchange(job, trouble.exchange)
            self.error = str(trouble)
            if isinstance(trouble, KeyRejected):
                self.key_error = self.error
            return None
        if job is not None:
            self._log_exchange(job, report.exchange)
        credits = report.amount
        self.error = self.key_error = ""
        now = self._now()
        due = {id: each for id, each in self._doubts.refunds_due.items() if now - each.since < LATE_REFUND}
        steady = not self._paying and moves == self._moves
        reading = self._compared(credits, due) if steady else Reading()
        for id in reading.refunded:
            del due[id]
        self._read_at, self._doubts = now, _Doubts(refunds_due=due, other=not steady)
        balance = self._set(Balance(credits, self._read_at))
        self._heard(reading)
        return balance

    async def before_spending(self, job: JobId) -> Balance | None:
        """The balance to compare with later, or None when it cannot be known."""
        exact = self.exact
        return await self.read(job) if exact is None else replace(exact, read_at=self._now())

    def paying(self) -> None:
        """A create goes out: until it is known what became of it, a reading may hold its price or not."""
        self._paying = True
        self._moves += 1

    def kept(self) -> None:
        """The create was refused: nothing was spent."""
        self._paying = False
        self._moves += 1

    def spent(self, price: Decimal | None, *, sure: bool) -> None:
        """A create was accepted. `sure`: the price was seen in the balance before, so that no new reading is needed."""
        self.kept()
        self.key_error = ""
        if price is None or self._balance is None:
            self._doubts.unsure_spending = True
            return
        self._doubts.unsure_spending |= not sure
        self._set(replace(self._balance, amount=self._balance.amount - price))

    def refund_due(self, id: JobId, price: Decimal | None) -> None:
        """A job failed at the service: its credits may have come back, or will."""
        self._doubts.refunds_due[id] = _Refund(price, self._now())

    def disturbed(self) -> None:
        """Something may have moved it: read before the next comparison."""
        self.kept()
        self._doubts.other = True

    def _compared(self, credits: Decimal, due: Mapping[JobId, _Refund]) -> Reading:
        if self._balance is None or self._doubts.unsure_spending:
            return Reading()
        rise = credits - self._balance.amount
        came: list[JobId] = []
        for id, refund in due.items():  # those that failed first get theirs first
            if refund.price is None or rise <= 0:
                break
            came.append(id)
            rise -= refund.price
        if came and rise == 0:
            return Reading(refunded=tuple(came))
        rise = credits - self._balance.amount
        return Reading(drifted=rise != 0 and not due and not self._doubts.other)

    def _set(self, balance: Balance) -> Balance:
        self._balance = balance
        self._publish(balance)
        return balance
