"""The account at a service: balance, prices, daily spending limit, and the outcome of creates whose answer was lost."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import TypeAlias

from sora_desktop.domain.job import Job, JobId, Unconfirmed
from sora_desktop.domain.ledger import ListMark, Outcome
from sora_desktop.domain.money import Balance, Money, PriceTable
from sora_desktop.domain.request import VideoRequest
from sora_desktop.jobs.clock import Clock
from sora_desktop.jobs.journal import Journal
from sora_desktop.jobs.money.balance import BalanceTracker
from sora_desktop.jobs.money.list_reader import ListReader, NoFreePlace
from sora_desktop.jobs.money.movements import Movements
from sora_desktop.jobs.money.prices import PriceBook
from sora_desktop.jobs.money.reconcile import Reconciler
from sora_desktop.jobs.money.refund_watch import RefundWatch
from sora_desktop.jobs.money.reservations import Reservations
from sora_desktop.jobs.money.spending_ledger import SpendingLedger
from sora_desktop.jobs.money.spending_limit import BalanceTooLow, OverLimit, SpendingLimit, check_balance
from sora_desktop.jobs.polling.rate_limit import REQUESTS_PER_VIDEO
from sora_desktop.jobs.ports import JobLibrary
from sora_desktop.jobs.runner_settings import RunnerSettings
from sora_desktop.jobs.service_calls import ServiceCalls
from sora_desktop.store.errors import StoreError

log = logging.getLogger(__name__)

#: Requests of the day that remain for other things when a balance is read only to know more about a lost answer.
SPARE_REQUESTS = 100

AccountChange: TypeAlias = Balance | Money | PriceTable


class Account:
    """Everything about money. A create is announced before it is sent, and again with its outcome."""

    def __init__(
        self,
        calls: ServiceCalls,
        library: JobLibrary,
        journal: Journal,
        settings: RunnerSettings,
        changed: Callable[[AccountChange], None],
        clock: Clock,
    ) -> None:
        """`changed` is called with each new balance, price table and sum."""
        self._calls = calls
        self._journal = journal
        self._changed = changed
        self._ledger = SpendingLedger(
            library,
            settings.service_name,
            settings.key_fingerprint,
            replace(clock, now=calls.now),
            settings.other_key_advice,
        )
        self._prices = PriceBook(settings, library, changed)
        movements = Movements(self._ledger, self._prices)
        self._balance = BalanceTracker(calls, self._ledger, movements, changed, clock)
        self._limit = SpendingLimit(
            self._ledger, self._prices, settings.spending_limit, calls.now, settings.settings_place
        )
        self._reservations = Reservations(self._prices)
        self._lists = ListReader(calls, journal, self._ledger, clock, settings.capabilities.most_jobs)
        self._reconciler = Reconciler(journal, self._ledger, self._balance, self._prices, clock, calls, self._lists)
        self._refund_watch = RefundWatch(self._balance, movements, clock)
        self._last_published: Money | None = None

    def start(self) -> None:
        """Read the prices that earlier runs have learned, and ask for refunds that are still due. Raises StoreError."""
        self._prices.load()
        if self._balance.bills and self._refund_watch.expects_any():
            self._refund_watch.start()

    async def aclose(self) -> None:
        """Stop reading the balance."""
        await self._refund_watch.aclose()

    async def refunds_asked(self) -> None:
        """Return when the balance was compared after the last failure of a task; at most a minute if it cannot be."""
        await self._refund_watch.until_compared()

    @property
    def refund_doubt(self) -> str:
        """Why the balance was not compared after the last failure of a task, for the user; empty if it was."""
        if self._refund_watch.is_compared:
            return ""
        why = f" {self._balance.error}" if self._balance.error else ""
        return (
            f"The balance could not be read after a video had failed.{why} Its refund is looked for at the next start."
        )

    @property
    def bills(self) -> bool:
        """True if the service has a balance."""
        return self._balance.bills

    @property
    def tops_up(self) -> bool:
        """True if the balance can be raised at no cost."""
        return self._calls.tops_up

    @property
    def balance(self) -> Balance | None:
        """The balance as last read, less what was spent since; None if it is not known."""
        return self._balance.balance

    @property
    def balance_error(self) -> str:
        """Why the balance could not be read the last time, for the user; empty if it could."""
        return self._balance.error

    @property
    def key_error(self) -> str:
        """Why the key was rejected, for the user; empty once it is accepted."""
        return self._balance.key_error

    @property
    def prices(self) -> PriceTable:
        """The prices in force, learned prices included."""
        return self._prices.table

    @property
    def money(self) -> Money:
        """Balance, reserved, spent today and the limit. Raises StoreError."""
        spent, _ = self._ledger.today()
        reserved, unpriced = self._reservations.total()
        return Money(self._balance.balance, reserved, spent, self._limit.limit, unpriced)

    def publish_money(self) -> None:
        """Report the sums if they have changed."""
        try:
            money = self.money
        except StoreError as error:
            log.warning("today's spending could not be read: %s", error)
            return
        if money != self._last_published:
            self._last_published = money
            self._changed(money)

    async def read_balance(self) -> Balance | None:
        """Read the balance from the service; None if it could not be read or the service has none (see `bills`)."""
        balance = await self._balance.read()
        await self._reconciler.withdraw_late_charges()
        return balance

    async def top_up(self) -> None:
        """Raise the balance at no cost, and read it. Raises ServiceError."""
        await self._calls.top_up()
        await self.read_balance()

    def set_spending_limit(self, limit: Decimal | None) -> None:
        """Change the daily spending limit; None removes it."""
        self._limit.limit = limit
        self.publish_money()

    def set_prices(self, prices: PriceTable) -> None:
        """Replace the price table; learned prices are given up."""
        self._prices.replace(prices)
        self.publish_money()

    def job_changed(self, job: Job) -> None:
        """Reserve what the job will cost, or release it. Call this for each change of a job of this service."""
        self._reservations.update(job)

    def failed_at_service(self) -> None:
        """A task has failed, and its price may be refunded: the balance is read in the background."""
        if self._balance.bills:
            self._refund_watch.start()

    def other_key_advice(self, id: JobId) -> str:
        """What to do about a job that was accepted under another API key than the present one, else an empty string.

        Raises StoreError.
        """
        accepted = [each for each in self._ledger.read.attempts(id) if each.outcome is Outcome.ACCEPTED]
        key = accepted[-1].key_fingerprint if accepted else ""
        return "" if key in ("", self._ledger.key_fingerprint) else self._ledger.other_key_advice

    def price_of(self, request: VideoRequest) -> Decimal | None:
        """The price of one take, or None if it is not known."""
        return self._prices.price_of(request)

    def can_pay(self, request: VideoRequest) -> bool:
        """True if price and balance are known and the balance suffices."""
        price, balance = self._prices.price_of(request), self._balance.balance
        return price is not None and balance is not None and balance.amount >= price

    def check(self, request: VideoRequest, balance: Balance | None) -> OverLimit | BalanceTooLow | None:
        """Why the request must not be sent now; None if it may be. Raises StoreError."""
        return self._limit.check(request) or check_balance(self._prices.price_of(request), balance, self._prices.unit)

    async def balance_before(self, job: Job) -> Balance | None:
        """The balance to compare with after the job's create, or None if it cannot be known. Raises StoreError.

        Call it again if time has passed since: it costs a request only if the balance must be read once more.
        """
        at_work = self._journal.waiting_count + sum(1 for _ in self._journal.active)
        can_spare_reading = self._calls.left_today - REQUESTS_PER_VIDEO * at_work >= SPARE_REQUESTS
        before = await self._balance.before_create(job.id, can_spare_reading=can_spare_reading)
        await self._reconciler.withdraw_late_charges()
        return before

    async def list_before(self) -> ListMark | NoFreePlace | None:
        """Where the next create goes, and what the list there shows; None without either. Raises ServiceError."""
        return await self._lists.mark()

    async def begin_attempt(
        self, job: Job, before: Balance | None, price: Decimal | None, mark: ListMark | None = None
    ) -> int:
        """Save the Unconfirmed job with a new attempt; return its number. Raises SentElsewhere, StoreError.

        `before`, `mark`: the results of the last calls of `balance_before` and `list_before`. The outcome of the create
        must follow: until then readings are not compared, since the ledger has what the balance may not contain yet.
        """
        age = None if before is None else self._balance.age
        self._balance.create_begun()
        try:
            return await self._ledger.begin(job, before, age, price, mark)
        except BaseException:
            self._balance.create_refused()
            raise

    async def end_attempt(
        self, attempt: int, job: Job, answer: str, outcome: Outcome, status: int | None, headers: str = ""
    ) -> None:
        """Save the answer to an attempt together with the job's new phase. Raises StoreError."""
        await self._ledger.end(attempt, job, answer, outcome, status, headers)

    def create_refused(self) -> None:
        """The create was refused, or not sent: nothing was spent."""
        self._balance.create_refused()

    def create_accepted(self, job: Job, attempt: int, before: Balance | None, price: Decimal | None) -> None:
        """The create was accepted at that expected price."""
        self._balance.create_accepted(price, sure=self._prices.is_sure(job.request))
        self._reconciler.create_accepted(job, attempt, before)

    def balance_disturbed(self) -> None:
        """Something may have moved the balance, such as a create without an answer."""
        self._balance.disturb()

    async def check_price(self) -> None:
        """Learn the price of the last create from the balance if nothing else can have moved it."""
        await self._reconciler.check_price()
        await self._reconciler.withdraw_late_charges()

    async def reconcile(self, job: Job) -> Job:
        """Determine the outcome of an Unconfirmed job as far as possible. Not re-entrant. Raises StoreError.

        The job may be Rendering or Waiting then.
        """
        reconciled = await self._reconciler.reconcile(job)
        await self._reconciler.withdraw_late_charges()
        return reconciled

    async def read_before_sending_again(self, job: Job) -> Job:
        """Read the balance before an Unconfirmed job is sent again that counts as not charged; return the job then."""
        return await self._reconciler.read_again(job)

    def cannot_determine(self, why: str) -> str:
        """What the user is told about a job whose outcome could not be determined. `why`: a sentence, or empty."""
        return self._reconciler.cannot_determine(why)

    def next_to_reconcile(self) -> Job | None:
        """A job to reconcile again before the next create. Raises StoreError."""
        return self._reconciler.next_to_retry()

    def is_reconciled(self, job: Job) -> bool:
        """True if an earlier run has determined all that can be known about the Unconfirmed job. Raises StoreError."""
        attempts = self._ledger.read.attempts(job.id)
        has_reason = isinstance(job.phase, Unconfirmed) and bool(job.phase.reason)
        return has_reason and bool(attempts) and attempts[-1].outcome is not Outcome.OPEN
