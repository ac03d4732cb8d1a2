"""Purse, prices and till together: what is told of money, and what a change of it sets going."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from decimal import Decimal
from typing import Any

from sora_desktop.api.service import Bills
from sora_desktop.domain.job import Job, JobId, Waiting
from sora_desktop.domain.ledger import Exchange
from sora_desktop.domain.money import Balance, Money, PriceTable
from sora_desktop.jobs.journal import Journal
from sora_desktop.jobs.money.balance import BalanceTracker, Reading
from sora_desktop.jobs.money.prices import PriceBook
from sora_desktop.jobs.money.spending_limit import SpendingLimit
from sora_desktop.jobs.polling.rate_limit import RateLimit
from sora_desktop.jobs.ports import JobLibrary
from sora_desktop.jobs.runner_settings import RunnerSettings
from sora_desktop.jobs.sending.blocks import BlockCause
from sora_desktop.store.errors import StoreError

log = logging.getLogger(__name__)


class Account:
    """Tells money when it changes, and lets the queue go on when there is enough again."""

    def __init__(
        self,
        service: Bills | None,
        library: JobLibrary,
        rate_limit: RateLimit,
        journal: Journal,
        settings: RunnerSettings,
        *,
        publish_balance: Callable[[Balance], None],
        publish_money: Callable[[Money], None],
        publish_prices: Callable[[PriceTable], None],
        lift: Callable[..., None],
        log_exchange: Callable[[JobId, Exchange | None], None],
        now: Callable[[], float],
    ) -> None:
        self._library = library
        self._journal = journal
        self._publish_balance = publish_balance
        self._publish_money = publish_money
        self._lift = lift
        self._told: Money | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.balance_tracker = BalanceTracker(
            service, rate_limit, self._balance_known, now, heard=self._balance_read, log_exchange=log_exchange
        )
        self.book = PriceBook(
            settings.prices, library, settings.service_name, edited_at=settings.prices_edited_at, publish=publish_prices
        )
        self.spending_limit = SpendingLimit(library, self.book, settings.service_name, settings.spending_limit, now)

    @property
    def money(self) -> Money:
        """How things stand. Raises StoreProblem."""
        return self.spending_limit.money(self._journal, self.balance_tracker.balance)

    def tell(self) -> None:
        """Publish it where it has changed."""
        try:
            money = self.money
        except StoreError as trouble:
            log.warning("the day's spending could not be read: %s", trouble)
            return
        if money != self._told:
            self._told = money
            self._publish_money(money)

    def set_spending_limit(self, limit: Decimal | None) -> None:
        """Credits that may be spent in a day."""
        self.spending_limit.limit = limit
        self._lift(BlockCause.CAP)
        self.tell()

    def set_prices(self, prices: PriceTable) -> None:
        """A person edited the prices."""
        self.book.replace(prices)
        self._lift(BlockCause.CAP, BlockCause.CREDITS)
        self.tell()

    def failed_at_service(self, job: Job) -> None:
        """Its credits may have come back: look."""
        self.balance_tracker.refund_due(job.id, self.book.price_of(job.request))
        self._start(self._read(), "balance after a failure")

    async def aclose(self) -> None:
        """Stop asking."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _balance_known(self, balance: Balance) -> None:
        self._publish_balance(balance)
        self.tell()

    def _balance_read(self, reading: Reading) -> None:
        if reading.drifted:
            self.book.doubt()
        for id in reading.refunded:
            self._start(self._note_refund(id), "note a refund")
        if self._can_pay_the_next():
            self._lift(BlockCause.CREDITS)

    def _can_pay_the_next(self) -> bool:
        next_up = next((job for job in self._journal if isinstance(job.phase, Waiting) and not job.on_hold), None)
        price = None if next_up is None else self.book.price_of(next_up.request)
        balance = self.balance_tracker.balance
        return price is not None and balance is not None and balance.amount >= price

    async def _read(self) -> None:
        await self.balance_tracker.read()

    async def _note_refund(self, id: JobId) -> None:
        await self._library.note_refund(id)
        self._lift(BlockCause.CAP)
        self.tell()

    def _start(self, work: Coroutine[Any, Any, None], name: str) -> None:
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.warning("%s failed: %s", task.get_name(), task.exception())
