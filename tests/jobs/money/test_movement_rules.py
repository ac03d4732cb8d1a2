"""What one reading says about creates and refunds, for every rule that a reading is explained by."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from builders import a_job
from fakes import FakeClock

from sora_desktop.api.sora.capabilities import CAPABILITIES
from sora_desktop.domain.job import Failed, Job, JobChange, RemoteId, Rendering, Unconfirmed
from sora_desktop.domain.ledger import Outcome, Rise
from sora_desktop.domain.money import Balance, Price, PriceTable
from sora_desktop.domain.request import VideoRequest
from sora_desktop.jobs.clock import Clock
from sora_desktop.jobs.money.movements import SLOW_CHARGE, Movements
from sora_desktop.jobs.money.prices import PriceBook
from sora_desktop.jobs.money.spending_ledger import SpendingLedger
from sora_desktop.jobs.runner_settings import RunnerSettings
from sora_desktop.store.database.database import Database
from sora_desktop.store.database.job_store import JobStore

PRICES = PriceTable((Price(Decimal(100)),))
REQUEST = VideoRequest("any")


class Books:
    """The ledger of one service, its prices, and the readings of its balance, without a service."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.clock = FakeClock()
        self.store = JobStore(database, self.clock.now)
        self.ledger = SpendingLedger(self.store, "test", "", Clock(self.clock.now, self.clock.sleep, self.clock.tick))
        self.prices = PriceBook(
            RunnerSettings("test", folder, PRICES, CAPABILITIES), self.store, changed=lambda table: None
        )
        self.movements = Movements(self.ledger, self.prices)
        self.jobs: dict[int, Job] = {}

    async def sent(self, outcome: Outcome, price: int = 100) -> int:
        """Send a create at that expected price; return the attempt's number."""
        job = a_job(Unconfirmed(), len(self.jobs), service="test")
        number = await self.ledger.begin(job, None, None, Decimal(price))
        task = RemoteId(f"task_{number}") if outcome is Outcome.ACCEPTED else None
        phase = Unconfirmed() if task is None else Rendering(task)
        self.jobs[number] = replace(job, phase=phase)
        if outcome is not Outcome.OPEN:
            await self.ledger.end(number, self.jobs[number], "", outcome, 200)
        return number

    async def failed(self, number: int) -> None:
        """The task of an attempt has failed: its refund is due."""
        job = self.jobs[number]
        assert isinstance(job.phase, Rendering)
        failed = replace(job, phase=Failed("", remote_id=job.phase.remote_id), changed_at=self.clock.now())
        await self.store.change([JobChange(job, failed)])

    async def read(self, amount: int) -> None:
        """Read that balance, a minute after the last event."""
        self.clock.advance(60)
        await self.movements.explain(Balance(Decimal(amount), self.clock.now()))

    def outcome(self, number: int) -> Outcome:
        """The outcome of an attempt, as saved."""
        return self.store.attempts(self.jobs[number].id)[-1].outcome

    def price(self, number: int) -> Decimal | None:
        """What an attempt has cost, as saved."""
        return self.store.attempts(self.jobs[number].id)[-1].price

    @property
    def rises(self) -> tuple[Rise, ...]:
        """The rises that are not explained yet."""
        known = self.ledger.known_balance()
        assert known is not None
        return known.rises


@asynccontextmanager
async def open_books(folder: Path) -> AsyncIterator[Books]:
    database = Database(folder / "library.db")
    await database.open()
    try:
        yield Books(database, folder)
    finally:
        await database.aclose()


async def test_a_rise_is_no_refund_of_an_attempt_that_was_sent_later(tmp_path: Path) -> None:
    async with open_books(tmp_path) as books:
        slow = await books.sent(Outcome.ACCEPTED)
        await books.read(1000)
        await books.read(1100)  # a top-up, or the refund of `slow`, whose failure has not been seen
        assert books.rises == (Rise(Decimal(100), slow),)
        later = await books.sent(Outcome.ACCEPTED)
        await books.failed(later)
        await books.read(1000)  # not refunded yet
        assert books.outcome(later) is Outcome.ACCEPTED
        await books.read(1100)
        assert books.outcome(later) is Outcome.REFUNDED
        assert books.outcome(slow) is Outcome.ACCEPTED


@pytest.mark.parametrize("outcome", [Outcome.OPEN, Outcome.UNKNOWN, Outcome.NOT_BILLED])
async def test_a_fall_that_may_be_a_lost_create_teaches_no_price(tmp_path: Path, outcome: Outcome) -> None:
    async with open_books(tmp_path) as books:
        await books.sent(Outcome.ACCEPTED)
        await books.read(1000)
        await books.sent(outcome)  # charged after all, with the two creates that follow
        await books.read(1000)
        for balance in (800, 600):
            await books.sent(Outcome.ACCEPTED)
            await books.read(balance)
        assert books.prices.price_of(REQUEST) == 100
        books.clock.advance(SLOW_CHARGE)
        for balance in (400, 200):
            await books.sent(Outcome.ACCEPTED)
            await books.read(balance)
        assert books.prices.price_of(REQUEST) == 200


async def test_a_price_that_is_seen_twice_corrects_what_both_creates_have_cost(tmp_path: Path) -> None:
    async with open_books(tmp_path) as books:
        await books.read(1000)
        first = await books.sent(Outcome.ACCEPTED)
        await books.read(800)
        assert books.price(first) == books.prices.price_of(REQUEST) == 100
        second = await books.sent(Outcome.ACCEPTED)
        await books.read(600)
        assert books.price(first) == books.price(second) == 200
        assert books.ledger.today() == (Decimal(400), Decimal(0))


async def test_a_doubted_price_is_sure_again_once_the_balance_moves_by_it(tmp_path: Path) -> None:
    async with open_books(tmp_path) as books:
        await books.prices.learn(REQUEST, Decimal(100))
        books.prices.doubt()
        assert not books.prices.is_sure(REQUEST)
        await books.read(1000)
        await books.sent(Outcome.ACCEPTED)
        await books.read(900)
        assert books.prices.is_sure(REQUEST)


async def test_rises_that_are_certain_only_together_are_explained_together(tmp_path: Path) -> None:
    async with open_books(tmp_path) as books:
        attempts = [await books.sent(Outcome.ACCEPTED, price) for price in (100, 200, 300)]
        await books.read(1000)
        for attempt in attempts:
            await books.failed(attempt)
        await books.read(1300)  # the refund of the dear one, or of both others
        assert len(books.rises) == 1
        await books.read(1600)
        assert {books.outcome(attempt) for attempt in attempts} == {Outcome.REFUNDED}
        assert not books.rises


async def test_a_price_is_sure_only_as_the_amount_that_the_balance_has_shown(tmp_path: Path) -> None:
    async with open_books(tmp_path) as books:
        await books.prices.learn(REQUEST, Decimal(100))
        assert books.prices.is_sure(REQUEST, Decimal(100))
        assert not books.prices.is_sure(REQUEST, Decimal(150))
