"""Money of a runner: prices, the daily spending limit, the balance, lost answers."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import pytest
from fakes import FakeClock
from waiting import until
from workbench import PRICES, REQUEST, Bench, ChargingService

from sora_desktop.api.errors import KeyRejected
from sora_desktop.api.service import BalanceReport, TaskReport
from sora_desktop.domain.job import Failed, Job, Ready, RemoteId, Rendering, Unconfirmed, Waiting
from sora_desktop.domain.ledger import Outcome
from sora_desktop.domain.money import Price, PriceTable
from sora_desktop.domain.request import VideoRequest
from sora_desktop.jobs.money.spending_ledger import local_day


def held(bench: Bench, job: Job) -> str:
    phase = bench.saved(job).phase
    assert isinstance(phase, Waiting), phase
    return phase.reason


async def pass_time(bench: Bench, until_then: Callable[[], object]) -> None:
    """Let minutes pass, and with them every block, until the condition is true."""
    while not until_then():
        bench.clock.time += 60
        bench.runner.commands.go_on()
        await asyncio.sleep(0.01)


def is_learned(request: VideoRequest, prices: PriceTable) -> bool:
    """True if the balance showed the price."""
    return any(price.fits(request) for price in prices.learned)


async def test_a_price_is_learned_from_the_balance_and_remembered(tmp_path: Path) -> None:
    service = ChargingService(price=150)
    async with Bench(service, tmp_path) as bench:
        job = await bench.finished()
        assert bench.runner.prices.price_of(REQUEST) == 100, "perhaps another program has spent 50"
        service.funds += 150
        await bench.runner.read_balance()
        job = await bench.finished()
        assert bench.runner.prices.price_of(REQUEST) == 150
        assert is_learned(REQUEST, bench.runner.prices)
        assert bench.tables[-1].price_of(REQUEST) == 150
        assert bench.store.attempts(job.id)[0].price == 150
        assert bench.runner.money.spent_today == 300
        assert bench.balances[-1].amount == 850
        read = service.balance_reads
        await bench.runner.commands.submit(REQUEST, takes=2)
        await bench.runner.until_idle()
        assert service.balance_reads <= read + 1, "a sure price needs no reading after the create"
        assert bench.balances[-1].amount == 550 == service.funds
    async with Bench(service, tmp_path) as bench:
        assert bench.runner.prices.price_of(REQUEST) == 150
    async with Bench(service, tmp_path, prices_edited_at=FakeClock().time + 10**6) as bench:
        assert bench.runner.prices.price_of(REQUEST) == 100


async def test_no_price_is_learned_while_another_video_may_be_refunded(tmp_path: Path) -> None:
    service = ChargingService(polls=10**6)
    async with Bench(service, tmp_path) as bench:
        other = VideoRequest("another kind", model="sora2-pro")
        await bench.runner.commands.submit(REQUEST)
        await until(lambda: is_learned(REQUEST, bench.runner.prices))
        await bench.runner.commands.submit(other)
        await until(lambda: len(service.prompts) == 2)
        await until(lambda: bench.runner.jobs() and all(isinstance(j.phase, Rendering) for j in bench.runner.jobs()))
        assert not is_learned(other, bench.runner.prices)


async def test_an_edited_price_table_outranks_learned_prices(tmp_path: Path) -> None:
    service = ChargingService(price=150)
    async with Bench(service, tmp_path) as bench:
        await bench.finished()
        bench.runner.commands.set_prices(PriceTable((Price(Decimal(7)),)))
        assert bench.runner.prices.price_of(REQUEST) == 7
        await bench.finished()
        assert bench.runner.prices.price_of(REQUEST) == 150


async def test_the_daily_spending_limit_blocks_the_queue_and_says_why(tmp_path: Path) -> None:
    service = ChargingService()
    place = "in Settings › Services"
    async with Bench(service, tmp_path, spending_limit=Decimal(250), settings_place=place) as bench:
        jobs = await bench.runner.commands.submit(REQUEST, takes=3)
        await bench.runner.until_idle()
        assert len(service.prompts) == 2
        assert "daily spending limit of 250" in held(bench, jobs[2])
        state = bench.states[-1]
        assert state.reason.endswith("continues at midnight. To continue now, raise the limit in Settings › Services.")
        assert "daily spending limit" in state.reason and state.until == local_day(bench.clock.now())[1]
        assert bench.sums[-1].spent_today == 200 and bench.sums[-1].left_under_limit == 50
        bench.runner.commands.set_spending_limit(Decimal(300))
        await bench.runner.until_idle()
        assert len(service.prompts) == 3
        assert bench.sums[-1].limit == 300


async def test_the_daily_spending_limit_survives_a_restart_and_ends_with_the_day(tmp_path: Path) -> None:
    service, clock = ChargingService(), FakeClock()

    async with Bench(service, tmp_path, clock=clock, spending_limit=Decimal(100)) as bench:
        await bench.runner.commands.submit(REQUEST, takes=2)
        await bench.runner.until_idle()
        assert len(service.prompts) == 1
    async with Bench(service, tmp_path, clock=clock, spending_limit=Decimal(100)) as bench:
        await bench.runner.until_idle()
        assert len(service.prompts) == 1
    clock.time = local_day(clock.time)[1] + 1
    async with Bench(service, tmp_path, clock=clock, spending_limit=Decimal(100)) as bench:
        await bench.runner.until_idle()
        assert len(service.prompts) == 2


async def test_a_create_of_unknown_outcome_counts_against_the_daily_spending_limit(tmp_path: Path) -> None:
    service = ChargingService()
    service.drops.add("lost")
    service.balance_hidden = True

    async with Bench(service, tmp_path, spending_limit=Decimal(150)) as bench:
        await bench.runner.commands.submit(VideoRequest("lost"))
        (job,) = await bench.runner.commands.submit(REQUEST)
        await pass_time(bench, lambda: bench.states and "unknown outcome" in bench.states[-1].reason)
        await until(lambda: held(bench, job))
        assert "100 of unknown outcome" in held(bench, job)
        assert not service.prompts


async def test_a_daily_spending_limit_forbids_requests_without_a_price(tmp_path: Path) -> None:
    service = ChargingService()
    async with Bench(service, tmp_path, spending_limit=Decimal(1000), prices=PriceTable()) as bench:
        (job,) = await bench.runner.commands.submit(REQUEST)
        await bench.runner.until_idle()
        assert "No price is known" in held(bench, job)
        assert not service.prompts
        assert bench.sums[-1].unpriced == 1
        bench.runner.commands.set_prices(PRICES)
        await bench.runner.until_idle()
        assert len(service.prompts) == 1


async def test_a_low_balance_blocks_the_queue_until_it_rises(tmp_path: Path) -> None:
    service = ChargingService(balance=150)
    async with Bench(service, tmp_path) as bench:
        jobs = await bench.runner.commands.submit(REQUEST, takes=2)
        await bench.runner.until_idle()
        assert len(service.prompts) == 1
        assert held(bench, jobs[1]) == "Not enough credits: this needs 100, and the balance is 50."
        assert bench.sums[-1].reserved == 100
        service.funds = 500
        await bench.runner.read_balance()
        await bench.runner.until_idle()
        assert len(service.prompts) == 2


async def test_a_refund_is_not_counted_as_spent(tmp_path: Path) -> None:
    service = ChargingService()
    service.fails.add("bad")

    async with Bench(service, tmp_path) as bench:
        job = await bench.finished(VideoRequest("bad"))
        assert isinstance(job.phase, Failed)
        await until(lambda: bench.store.attempts(job.id)[0].outcome is Outcome.REFUNDED)
        await until(lambda: bench.sums[-1].spent_today == 0)
        assert bench.sums[-1].balance is not None and bench.sums[-1].balance.amount == 1000


async def test_a_failure_without_a_refund_counts_as_spent(tmp_path: Path) -> None:
    service = ChargingService()
    service.fails.add("bad")
    service.refunds = False

    async with Bench(service, tmp_path) as bench:
        job = await bench.finished(VideoRequest("bad"))
        await until(lambda: service.balance_reads == 3)  # at the start, for the price, after the failure
        assert bench.store.attempts(job.id)[0].outcome is Outcome.ACCEPTED
        assert bench.runner.money.spent_today == 100


@pytest.mark.parametrize(("charged", "text"), [(True, "Charged 100"), (False, "Not charged")])
async def test_the_ledger_keeps_the_verdict_and_both_balances(tmp_path: Path, charged: bool, text: str) -> None:
    service = ChargingService()
    (service.swallows if charged else service.drops).add(REQUEST.prompt)

    async with Bench(service, tmp_path) as bench:
        job = await bench.finished()
        assert isinstance(job.phase, Unconfirmed) and text in job.phase.reason
        assert job.phase.billed is charged and job.phase.safe_to_send is not charged
        (attempt,) = bench.store.attempts(job.id)
        assert attempt.outcome is (Outcome.BILLED if charged else Outcome.NOT_BILLED)
        assert attempt.before is not None and attempt.before.amount == 1000
        assert attempt.after is not None and attempt.after.amount == (900 if charged else 1000)
        assert bench.runner.money.spent_today == (100 if charged else 0)


async def test_another_job_that_fails_leaves_the_outcome_unknown(tmp_path: Path) -> None:
    """A charge and a refund cancel each other out, so that an unmoved balance is not safe."""
    service = ChargingService(polls=2)
    service.fails.add("bad")
    service.swallows.add("lost")

    async with Bench(service, tmp_path) as bench:
        bad, lost = (
            bench.runner.commands.new_job(VideoRequest("bad")),
            bench.runner.commands.new_job(VideoRequest("lost")),
        )

        being_sent, poll = asyncio.Event(), service.poll

        async def look_while_the_other_is_sent(remote_id: RemoteId) -> TaskReport:
            await being_sent.wait()
            return await poll(remote_id)

        async def once_the_other_has_failed(request: VideoRequest) -> None:
            if request.prompt == "lost":
                being_sent.set()
                await until(lambda: isinstance(bench.saved(bad).phase, Failed))

        service.before_create = once_the_other_has_failed
        service.poll = look_while_the_other_is_sent  # type: ignore[method-assign]
        await bench.runner.commands.accept([bad, lost])
        await bench.runner.until_idle()
        phase = bench.saved(lost).phase
        assert isinstance(phase, Unconfirmed) and not phase.safe_to_send
        assert "Outcome unknown" in phase.reason


async def test_reconciling_after_other_jobs_have_ended_determines_the_outcome(tmp_path: Path) -> None:
    service = ChargingService(polls=2)
    service.drops.add("lost")

    async with Bench(service, tmp_path) as bench:
        await bench.finished()  # the price is sure from now on
        await bench.runner.commands.submit(VideoRequest("neighbor"))
        await until(lambda: len(service.prompts) == 2)
        service.polls = 10**6
        (lost,) = await bench.runner.commands.submit(VideoRequest("lost"))
        await until(lambda: "Outcome unknown" in getattr(bench.saved(lost).phase, "reason", ""))
        assert "another video is rendering" in bench.saved(lost).phase.reason  # type: ignore[union-attr]
        service.polls = 1
        bench.runner.commands.go_on()
        await bench.runner.commands.submit(VideoRequest("later"))
        bench.clock.time += 60
        bench.runner.commands.go_on()
        await bench.runner.until_idle()
        assert len(service.prompts) == 3
        await bench.runner.commands.reconcile(lost.id)
        phase = bench.saved(lost).phase
        assert isinstance(phase, Unconfirmed) and phase.safe_to_send
        assert "with 100 spent on other videos between" in phase.reason


@pytest.mark.parametrize("charged", [True, False])
async def test_an_unknown_outcome_is_reconciled_again_when_no_other_job_renders(tmp_path: Path, charged: bool) -> None:
    service = ChargingService(polls=2)
    (service.swallows if charged else service.drops).add("lost")

    async with Bench(service, tmp_path) as bench:
        await bench.finished()  # the price is sure from now on
        ended, poll = asyncio.Event(), service.poll

        async def look_later(remote_id: RemoteId) -> TaskReport:
            await ended.wait()
            return await poll(remote_id)

        service.poll = look_later  # type: ignore[method-assign]
        await bench.runner.commands.submit(VideoRequest("neighbor"))
        await until(lambda: len(service.prompts) == 2)
        (lost,) = await bench.runner.commands.submit(VideoRequest("lost"))
        reason = "Outcome unknown" if not charged else "Charged 100"
        await until(lambda: reason in getattr(bench.saved(lost).phase, "reason", ""))
        ended.set()

        def is_known() -> bool:
            phase = bench.saved(lost).phase
            assert isinstance(phase, Unconfirmed)
            return phase.billed if charged else phase.safe_to_send

        await pass_time(bench, is_known)
        assert service.creates_of("lost") == charged


async def test_an_unreadable_balance_is_read_again_before_the_next_create(tmp_path: Path) -> None:
    service = ChargingService()
    service.swallows.add("lost")

    async with Bench(service, tmp_path) as bench:

        async def hide(request: VideoRequest) -> None:
            service.balance_hidden = request.prompt == "lost"

        service.before_create = hide
        (lost,) = await bench.runner.commands.submit(VideoRequest("lost"))
        (later,) = await bench.runner.commands.submit(REQUEST)
        await until(lambda: "could not be read since" in getattr(bench.saved(lost).phase, "reason", ""))
        assert not service.creates_of(REQUEST.prompt)
        service.balance_hidden = False
        await pass_time(bench, lambda: isinstance(bench.saved(later).phase, Ready))
        phase = bench.saved(lost).phase
        assert isinstance(phase, Unconfirmed) and phase.billed, phase


async def test_the_next_create_waits_after_one_without_an_answer(tmp_path: Path) -> None:
    service = ChargingService()
    service.drops.add("lost")

    async with Bench(service, tmp_path) as bench:
        (lost,) = await bench.runner.commands.submit(VideoRequest("lost"))
        (later,) = await bench.runner.commands.submit(REQUEST)
        await until(lambda: bench.states and "no clear answer" in bench.states[-1].reason)
        assert isinstance(bench.saved(later).phase, Waiting)
        assert not service.prompts
        bench.clock.time += 6
        bench.runner.commands.go_on()
        await until(lambda: isinstance(bench.saved(later).phase, Ready))
        assert isinstance(bench.saved(lost).phase, Unconfirmed)


async def test_a_clock_that_is_set_back_does_not_block_the_queue_for_a_day(tmp_path: Path) -> None:
    service = ChargingService()
    async with Bench(service, tmp_path, spending_limit=Decimal(100)) as bench:
        await bench.runner.commands.submit(REQUEST, takes=2)
        await bench.runner.until_idle()
        assert len(service.prompts) == 1
        bench.clock.time -= 3 * 86400
        await bench.runner.commands.submit(REQUEST)  # wakes the queue
        await until(lambda: len(service.prompts) == 2)


@pytest.mark.parametrize("price", ["1e999", "-100", "x", "", None])
async def test_a_price_that_cannot_be_read_counts_with_the_price_in_force(tmp_path: Path, price: str | None) -> None:
    service = ChargingService()
    async with Bench(service, tmp_path) as bench:
        await bench.finished()
        await bench.finished()
    with closing(sqlite3.connect(tmp_path / "jobs.db")) as connection:
        connection.execute("UPDATE attempt SET price = ? WHERE id = 1", (price,))
        connection.commit()
    async with Bench(service, tmp_path, spending_limit=Decimal(250)) as bench:
        (job,) = await bench.runner.commands.submit(REQUEST)
        await until(lambda: "daily spending limit of 250" in held(bench, job))
        assert len(service.prompts) == 2
    with closing(sqlite3.connect(tmp_path / "jobs.db")) as connection:
        connection.execute("UPDATE attempt SET request = '{half' WHERE id = 1")
        connection.commit()
    async with Bench(service, tmp_path, spending_limit=Decimal(10**6)) as bench:
        await until(lambda: "What a request of today cost is not known" in held(bench, job))
        assert len(service.prompts) == 2


@pytest.mark.parametrize("change", ["spending limit", "price"])
async def test_a_limit_or_price_set_while_a_job_is_prepared_applies_to_it(tmp_path: Path, change: str) -> None:
    service = ChargingService()
    async with Bench(service, tmp_path, spending_limit=None if change == "spending limit" else Decimal(400)) as bench:
        asked, answer = asyncio.Event(), asyncio.Event()
        balance = service.balance

        async def slow_balance() -> BalanceReport:
            asked.set()
            await answer.wait()
            return await balance()

        await until(lambda: service.balance_reads)
        bench.clock.advance(10_000)  # the balance is stale from now on
        service.balance = slow_balance  # type: ignore[method-assign]
        (job,) = await bench.runner.commands.submit(REQUEST)
        await asked.wait()
        if change == "spending limit":
            bench.runner.commands.set_spending_limit(Decimal(50))
        else:
            bench.runner.commands.set_prices(PriceTable((Price(Decimal(500)),)))
        answer.set()
        await until(lambda: "daily spending limit" in held(bench, job))
        assert not service.prompts


class FreeService(ChargingService):
    """A service whose balance can be raised at no cost."""

    async def top_up(self) -> None:
        self.funds = max(self.funds, 1000)


async def test_a_balance_that_is_too_low_is_topped_up_and_the_queue_goes_on(tmp_path: Path) -> None:
    async with Bench(FreeService(balance=150), tmp_path) as bench:
        jobs = await bench.runner.commands.submit(REQUEST, takes=3)
        await bench.runner.until_idle()
        assert bench.states[-1].tops_up and "Not enough credits" in bench.states[-1].reason
        await bench.runner.commands.top_up()
        await bench.runner.until_idle()
        assert all(isinstance(bench.saved(job).phase, Ready) for job in jobs)
        assert not bench.states[-1].tops_up and bench.balances[-1].amount == 800


async def test_a_service_that_cannot_be_topped_up_offers_nothing(tmp_path: Path) -> None:
    async with Bench(ChargingService(balance=50), tmp_path) as bench:
        await bench.runner.commands.submit(REQUEST)
        await bench.runner.until_idle()
        assert bench.states[-1].reason and not bench.states[-1].tops_up


async def test_only_a_balance_that_is_too_low_is_topped_up(tmp_path: Path) -> None:
    service = FreeService()
    service.refuse = lambda _: KeyRejected("The key is wrong.")
    async with Bench(service, tmp_path) as bench:
        await bench.runner.commands.submit(REQUEST)
        await until(lambda: bench.states[-1].reason)
        assert not bench.states[-1].tops_up
