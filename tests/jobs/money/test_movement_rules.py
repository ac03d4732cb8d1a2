"""What one reading says about creates and refunds, for every rule that a reading is explained by."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from builders import a_job
from fakes import FakeClock

from sora_desktop.api.sora.capabilities import CAPABILITIES
from sora_desktop.domain.job import Failed, Job, JobChange, RemoteId, Rendering, Saving, Unconfirmed
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

    async def sent(self, outcome: Outcome = Outcome.ACCEPTED, price: float = 100, **request: Any) -> int:
        """Send a create at that expected price; return the attempt's number."""
        job = a_job(Unconfirmed(), len(self.jobs), service="test", **request)
        number = await self.ledger.begin(job, None, None, Decimal(str(price)))
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

    async def completed(self, number: int) -> None:
        """The task of an attempt has completed: it is not refunded."""
        job = self.jobs[number]
        assert isinstance(job.phase, Rendering)
        await self.store.change([JobChange(job, replace(job, phase=Saving(job.phase.remote_id)))])

    async def read(self, amount: float) -> None:
        """Read that balance, a minute after the last event."""
        self.clock.advance(60)
        await self.movements.explain(Balance(Decimal(str(amount)), self.clock.now()))

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
        slow = await books.sent()
        await books.read(1000)
        await books.read(1100)  # a top-up, or the refund of `slow`, whose failure has not been seen
        assert books.rises == (Rise(Decimal(100), slow),)
        later = await books.sent()
        await books.failed(later)
        await books.read(1000)  # not refunded yet
        assert books.outcome(later) is Outcome.ACCEPTED
        await books.read(1100)
        assert books.outcome(later) is Outcome.REFUNDED
        assert books.outcome(slow) is Outcome.ACCEPTED


@pytest.mark.parametrize("outcome", [Outcome.OPEN, Outcome.UNKNOWN, Outcome.NOT_BILLED])
async def test_a_fall_that_may_be_a_lost_create_teaches_no_price(tmp_path: Path, outcome: Outcome) -> None:
    async with open_books(tmp_path) as books:
        await books.sent()
        await books.read(1000)
        await books.sent(outcome)  # charged after all, with the two creates that follow
        await books.read(1000)
        for balance in (800, 600):
            await books.sent()
            await books.read(balance)
        assert books.prices.price_of(REQUEST) == 100
        books.clock.advance(SLOW_CHARGE)
        for balance in (400, 200):
            await books.sent()
            await books.read(balance)
        assert books.prices.price_of(REQUEST) == 200


async def test_a_price_that_is_seen_twice_corrects_what_both_creates_have_cost(tmp_path: Path) -> None:
    async with open_books(tmp_path) as books:
        await books.read(1000)
        first = await books.sent()
        await books.read(800)
        assert books.price(first) == books.prices.price_of(REQUEST) == 100
        second = await books.sent()
        await books.read(600)
        assert books.price(first) == books.price(second) == 200
        assert books.ledger.today() == (Decimal(400), Decimal(0))


async def test_a_doubted_price_is_sure_again_once_the_balance_moves_by_it(tmp_path: Path) -> None:
    async with open_books(tmp_path) as books:
        await books.prices.learn(REQUEST, Decimal(100))
        books.prices.doubt()
        assert not books.prices.is_sure(REQUEST)
        await books.read(1000)
        await books.sent()
        await books.read(900)
        assert books.prices.is_sure(REQUEST)


async def test_rises_that_are_certain_only_together_are_explained_together(tmp_path: Path) -> None:
    async with open_books(tmp_path) as books:
        attempts = [await books.sent(price=price) for price in (100, 200, 300)]
        await books.read(1000)
        for attempt in attempts:
            await books.failed(attempt)
        await books.read(1300)  # the refund of the dear one, or of both others
        assert len(books.rises) == 1
        await books.read(1600)
        assert {books.outcome(attempt) for attempt in attempts} == {Outcome.REFUNDED}
        assert not books.rises


async def test_a_refund_does_not_come_in_two_parts(tmp_path: Path) -> None:
    """Two rises by 100 are no refund of 200, although their sum is."""
    async with open_books(tmp_path) as books:
        due, lost = await books.sent(price=200), [await books.sent(Outcome.UNKNOWN) for _ in range(2)]
        await books.read(1000)
        await books.failed(due)
        await books.read(1100)  # of the lost ones, which were charged and have failed
        await books.read(1200)
        assert books.outcome(due) is Outcome.ACCEPTED
        assert [books.outcome(each) for each in lost] == [Outcome.UNKNOWN] * 2


async def test_a_rise_that_nothing_can_explain_any_more_is_given_up(tmp_path: Path) -> None:
    """Attempts that were sent later cannot explain it either."""
    async with open_books(tmp_path) as books:
        rendering = await books.sent()
        await books.read(1000)
        await books.read(1100)
        assert len(books.rises) == 1
        await books.completed(rendering)
        await books.sent()
        await books.read(1000)
        assert not books.rises


async def test_a_create_with_another_key_is_not_missed_in_the_balance(tmp_path: Path) -> None:
    """It may have been charged to another account: that the balance has not fallen is no refund."""
    async with open_books(tmp_path) as books:
        due = await books.sent()
        await books.failed(due)
        await books.read(1000)
        books.ledger.key_fingerprint = "other"
        await books.sent()
        books.ledger.key_fingerprint = ""
        await books.read(1000)
        assert books.outcome(due) is Outcome.ACCEPTED


SHORT, LONG = VideoRequest("any", duration=10), VideoRequest("any", duration=15)


@pytest.mark.parametrize(
    ("second", "fall"),
    [
        pytest.param({}, 225, id="a share that is no amount of this service"),
        pytest.param({"price": 150}, 400, id="sent at two prices"),
        pytest.param({"duration": 15}, 300, id="two kinds"),
    ],
)
async def test_a_fall_that_has_no_single_explanation_makes_prices_unsure_and_teaches_none(
    tmp_path: Path, second: dict[str, Any], fall: int
) -> None:
    async with open_books(tmp_path) as books:
        await books.prices.learn(SHORT, Decimal(100))
        await books.prices.learn(LONG, Decimal(100))
        await books.read(1000)
        for balance in (1000 - fall, 1000 - 2 * fall):
            await books.sent(duration=10)
            await books.sent(**{"duration": 10, **second})
            await books.read(balance)
        assert books.prices.price_of(SHORT) == books.prices.price_of(LONG) == 100
        assert not books.prices.is_sure(SHORT) and not books.prices.is_sure(LONG)


async def test_prices_with_decimals_are_learned(tmp_path: Path) -> None:
    async with open_books(tmp_path) as books:
        await books.read(10)
        for balance in ("7.50", "5.00"):
            await books.sent(price=0.75)
            await books.sent(price=0.75)
            await books.read(float(balance))
        assert books.prices.price_of(REQUEST) == Decimal("1.25")


async def test_a_refund_together_with_a_create_makes_no_price_doubtful(tmp_path: Path) -> None:
    async with open_books(tmp_path) as books:
        await books.prices.learn(REQUEST, Decimal(100))
        due = await books.sent()
        await books.failed(due)
        await books.read(1000)
        await books.sent()
        await books.read(1000)
        assert books.outcome(due) is Outcome.REFUNDED
        assert books.prices.is_sure(REQUEST)


async def test_a_rise_together_with_a_create_makes_its_price_doubtful(tmp_path: Path) -> None:
    """Perhaps it is cheaper now."""
    async with open_books(tmp_path) as books:
        await books.prices.learn(REQUEST, Decimal(100))
        await books.read(1000)
        await books.sent()
        await books.read(950)
        assert not books.prices.is_sure(REQUEST)


async def test_beside_a_lost_create_a_fall_says_nothing_about_prices(tmp_path: Path) -> None:
    """However long ago it was sent."""
    async with open_books(tmp_path) as books:
        await books.prices.learn(REQUEST, Decimal(100))
        books.prices.doubt()
        await books.read(1000)
        for balance in (800, 600):
            await books.sent(Outcome.UNKNOWN)
            books.clock.advance(SLOW_CHARGE)
            await books.sent()
            await books.read(balance)
        assert books.prices.price_of(REQUEST) == 100
        assert not books.prices.is_sure(REQUEST)


async def test_a_price_is_sure_only_as_the_amount_that_the_balance_has_shown(tmp_path: Path) -> None:
    async with open_books(tmp_path) as books:
        await books.prices.learn(REQUEST, Decimal(100))
        assert books.prices.is_sure(REQUEST, Decimal(100))
        assert not books.prices.is_sure(REQUEST, Decimal(150))


async def test_another_price_than_the_one_in_force_must_be_seen_twice_in_a_row(tmp_path: Path) -> None:
    async with open_books(tmp_path) as books:
        prices = books.prices
        await prices.learn(REQUEST, Decimal(100))
        assert not await prices.learn(REQUEST, Decimal(200))
        assert not prices.is_sure(REQUEST), "from the first time on"
        assert await prices.learn(REQUEST, Decimal(100))
        assert not await prices.learn(REQUEST, Decimal(200))
        assert await prices.learn(REQUEST, Decimal(200))
        assert prices.is_sure(REQUEST, Decimal(200))


async def test_a_price_that_is_no_longer_in_force_does_not_become_sure_again(tmp_path: Path) -> None:
    async with open_books(tmp_path) as books:
        prices = books.prices
        await prices.learn(REQUEST, Decimal(100))
        prices.doubt()
        for _ in range(2):
            await prices.learn(REQUEST, Decimal(200))
        prices.confirm(REQUEST)
        assert not prices.is_sure(REQUEST, Decimal(100))
