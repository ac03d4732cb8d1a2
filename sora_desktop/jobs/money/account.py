"""Purse, prices and till together: what is told of money, and what a change of it sets going."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from decimal import Decimal
from typing import Any

from sora_desktop.domain.job import Job, JobId, Waiting
from sora_desktop.domain.money import Balance, Money, PriceTable
from sora_desktop.jobs.journal import Journal
from sora_desktop.jobs.money.balance import Purse, Reading, Teller
from sora_desktop.jobs.money.prices import PriceBook
from sora_desktop.jobs.money.spending_limit import Till
from sora_desktop.jobs.polling.rate_limit import RequestBudget
from sora_desktop.jobs.ports import Library, Terms
from sora_desktop.jobs.sending.blocks import Cause
from sora_desktop.store.errors import StoreProblem

log = logging.getLogger(__name__)


class Treasury:
    """Tells money when it changes, and lets the queue go on when there is enough again."""

    def __init__(
        self,
        teller: Teller,
        library: Library,
        budget: RequestBudget,
        journal: Journal,
        terms: Terms,
        *,
        publish_balance: Callable[[Balance], None],
        publish_money: Callable[[Money], None],
        publish_prices: Callable[[PriceTable], None],
        lift: Callable[..., None],
        now: Callable[[], float],
    ) -> None:
        self._library = library
        self._journal = journal
        self._publish_balance = publish_balance
        self._publish_money = publish_money
        self._lift = lift
        self._told: Money | None = None
        self._errands: set[asyncio.Task[None]] = set()
        self.purse = Purse(teller, budget, self._balance_known, now, heard=self._balance_read)
        self.book = PriceBook(
            terms.prices, library, terms.service_name, edited_at=terms.prices_edited_at, publish=publish_prices
        )
        self.till = Till(library, self.book, terms.service_name, terms.daily_cap, now)

    @property
    def money(self) -> Money:
        """How things stand. Raises StoreProblem."""
        return self.till.money(self._journal, self.purse.balance)

    def tell(self) -> None:
        """Publish it where it has changed."""
        try:
            money = self.money
        except StoreProblem as trouble:
            log.warning("the day's spending could not be read: %s", trouble)
            return
        if money != self._told:
            self._told = money
            self._publish_money(money)

    def set_cap(self, cap: Decimal | None) -> None:
        """Credits that may be spent in a day."""
        self.till.cap = cap
        self._lift(Cause.CAP)
        self.tell()

    def set_prices(self, prices: PriceTable) -> None:
        """A person edited the prices."""
        self.book.replace(prices)
        self._lift(Cause.CAP, Cause.CREDITS)
        self.tell()

    def failed_at_service(self, job: Job) -> None:
        """Its credits may have come back: look."""
        self.purse.refund_due(job.id, self.book.price_of(job.request))
        self._start(self._read(), "balance after a failure")

    async def aclose(self) -> None:
        """Stop asking."""
        errands = list(self._errands)
        for errand in errands:
            errand.cancel()
        await asyncio.gather(*errands, return_exceptions=True)

    def _balance_known(self, balance: Balance) -> None:
        self._publish_balance(balance)
        self.tell()

    def _balance_read(self, reading: Reading) -> None:
        if reading.drifted:
            self.book.doubt()
        for id in reading.refunded:
            self._start(self._note_refund(id), "note a refund")
        if self._can_pay_the_next():
            self._lift(Cause.CREDITS)

    def _can_pay_the_next(self) -> bool:
        next_up = next((job for job in self._journal if isinstance(job.phase, Waiting) and not job.on_hold), None)
        price = None if next_up is None else self.book.price_of(next_up.request)
        balance = self.purse.balance
        return price is not None and balance is not None and balance.credits >= price

    async def _read(self) -> None:
        await self.purse.read()

    async def _note_refund(self, id: JobId) -> None:
        await self._library.note_refund(id)
        self._lift(Cause.CAP)
        self.tell()

    def _start(self, work: Coroutine[Any, Any, None], name: str) -> None:
        errand = asyncio.get_running_loop().create_task(work, name=name)
        self._errands.add(errand)
        errand.add_done_callback(self._ended)

    def _ended(self, errand: asyncio.Task[None]) -> None:
        self._errands.discard(errand)
        if not errand.cancelled() and errand.exception() is not None:
            log.warning("%s failed: %s", errand.get_name(), errand.exception())
