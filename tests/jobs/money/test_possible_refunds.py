"""A create that was charged is never called *not charged*, whatever else moved the balance."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from fakes import FakeClock
from waiting import until
from workbench import LOST, REQUEST, Bench, ChargingService, losing_service, unconfirmed

from sora_desktop.api.service import BalanceReport
from sora_desktop.domain.job import Abandoned, Failed, Unconfirmed
from sora_desktop.domain.ledger import Outcome
from sora_desktop.domain.money import Balance, Price, PriceTable
from sora_desktop.domain.request import VideoRequest


async def test_the_balance_is_read_again_before_a_create_after_a_minute(tmp_path: Path) -> None:
    """Half an hour old, it would hide a charge behind a top-up."""
    service = losing_service(charges=True)
    async with Bench(service, tmp_path) as bench:
        await bench.finished()
        bench.clock.advance(1500)
        service.funds += service.price
        lost = await bench.finished(LOST)
        assert unconfirmed(lost).billed
        (attempt,) = bench.store.attempts(lost.id)
        assert attempt.before is not None and attempt.before.amount == 1000
        assert attempt.before_age is not None and attempt.before_age < 60
        assert bench.clock.now() - attempt.before.read_at < 600, "the time of the reading, not of the create"


async def test_a_balance_from_long_before_the_create_proves_nothing(tmp_path: Path) -> None:
    service = losing_service(charges=True)
    async with Bench(service, tmp_path) as bench:
        job = bench.runner.commands.new_job(LOST)
        await bench.store.add([job])
        before = Balance(Decimal(service.funds), bench.clock.now())
        await bench.store.begin_attempt(replace(job, phase=Unconfirmed()), before, Decimal(100), balance_age=1500.0)
        await bench.runner.commands.reconcile(job.id)
        assert not unconfirmed(bench.saved(job)).safe_to_send
        assert "too long before" in unconfirmed(bench.saved(job)).reason


@pytest.mark.parametrize("way", ["failed", "trashed", "abandoned", "abandoned and trashed"])
async def test_a_late_refund_of_another_job_does_not_hide_a_charge(tmp_path: Path, way: str) -> None:
    service = losing_service(charges=True)
    service.refunds = False
    async with Bench(service, tmp_path) as bench:
        await bench.finished()
        commands = bench.runner.commands
        if "abandoned" in way:
            service.polls = 10**6
            (other,) = await commands.submit(VideoRequest("other"))
            await until(lambda: service.creates_of("other"))
            await until(lambda: bench.store.attempts(other.id)[0].outcome is Outcome.ACCEPTED)
            await commands.abandon(other.id)
            assert isinstance(bench.saved(other).phase, Abandoned)
        else:
            service.fails.add("other")
            other = await bench.finished(VideoRequest("other"))
            assert isinstance(other.phase, Failed)
        if "trashed" in way:
            await commands.trash([other.id])
        bench.clock.advance(12 * 3600)

        async def refund(request: VideoRequest) -> None:
            if request == LOST:
                service.funds += service.price

        service.before_create = refund
        (lost,) = await commands.submit(LOST)
        await until(lambda: "Outcome unknown" in getattr(bench.saved(lost).phase, "reason", ""))
        assert not unconfirmed(bench.saved(lost)).safe_to_send
        assert "refunded" in unconfirmed(bench.saved(lost)).reason


async def test_a_clock_that_is_set_back_does_not_make_a_refund_impossible(tmp_path: Path) -> None:
    service = losing_service(charges=True)
    service.refunds = False
    service.fails.add("other")
    async with Bench(service, tmp_path) as bench:
        await bench.finished()
        await bench.finished(VideoRequest("other"))
        bench.clock.time += 25 * 3600  # for a moment; no time has passed

        async def refund(request: VideoRequest) -> None:
            service.funds += service.price

        service.before_create = refund
        lost = await bench.finished(LOST)
        assert not unconfirmed(lost).safe_to_send
        bench.clock.time -= 50 * 3600
        service.before_create = None
        service.drops.add("never arrived")
        dropped = await bench.finished(VideoRequest("never arrived"))
        assert not unconfirmed(dropped).safe_to_send, "the charge of the other one may still be refunded"


@pytest.mark.parametrize("charged", [True, False])
async def test_balances_of_two_keys_are_not_compared(tmp_path: Path, charged: bool) -> None:
    service, clock = ChargingService(), FakeClock()
    async with Bench(service, tmp_path, clock=clock, key_fingerprint="first") as bench:
        job = bench.runner.commands.new_job(LOST)
        await bench.store.add([job])
        before = Balance(Decimal(service.funds), clock.now())
        await bench.store.begin_attempt(  # and the program is killed
            replace(job, phase=Unconfirmed()), before, Decimal(100), key_fingerprint="first", balance_age=1.0
        )
    service.funds -= 100 * charged
    other = ChargingService(balance=1000)  # the account of the second key happens to have as much
    async with Bench(other, tmp_path, clock=clock, key_fingerprint="second") as bench:
        await bench.runner.until_idle()
        assert not unconfirmed(bench.saved(job)).safe_to_send
        assert "another API key" in unconfirmed(bench.saved(job)).reason
        await bench.runner.commands.reconcile(job.id)
        assert not unconfirmed(bench.saved(job)).safe_to_send
    async with Bench(service, tmp_path, clock=clock, key_fingerprint="first") as bench:
        await until(lambda: "another API key" not in unconfirmed(bench.saved(job)).reason)
        phase = unconfirmed(bench.saved(job))
        assert (phase.billed, phase.safe_to_send) == (charged, not charged)


async def test_a_refund_for_another_key_of_the_same_account_does_not_hide_a_charge(tmp_path: Path) -> None:
    """A key was replaced by a new one: what was sent with the old one is refunded to the same balance."""
    service, clock = losing_service(charges=True), FakeClock()
    service.refunds = False
    service.fails.add("other")
    async with Bench(service, tmp_path, clock=clock, key_fingerprint="old") as bench:
        assert isinstance((await bench.finished(VideoRequest("other"))).phase, Failed)

    async def refund(request: VideoRequest) -> None:
        service.funds += service.price

    service.before_create = refund
    async with Bench(service, tmp_path, clock=clock, key_fingerprint="new") as bench:
        lost = unconfirmed(await bench.finished(LOST))
        assert not lost.safe_to_send
        assert "may have been refunded" in lost.reason


async def test_a_create_with_another_key_of_the_same_account_is_not_taken_for_the_lost_one(tmp_path: Path) -> None:
    service, clock = ChargingService(polls=10**6), FakeClock()
    service.drops.add(LOST.prompt)
    service.balance_hidden = True
    async with Bench(service, tmp_path, clock=clock, key_fingerprint="old") as bench:
        before = Balance(Decimal(service.funds), clock.now())
        job = bench.runner.commands.new_job(LOST)
        await bench.store.add([job])
        await bench.store.begin_attempt(  # and the program is killed
            replace(job, phase=Unconfirmed()), before, Decimal(100), key_fingerprint="old", balance_age=1.0
        )
    service.balance_hidden = False
    async with Bench(service, tmp_path, clock=clock, key_fingerprint="new") as bench:
        await bench.runner.commands.submit(REQUEST)
        await until(lambda: service.funds == 900)
    async with Bench(service, tmp_path, clock=clock, key_fingerprint="old") as bench:
        await until(lambda: "not known for certain" in unconfirmed(bench.saved(job)).reason)
        assert not unconfirmed(bench.saved(job)).billed


async def test_a_slow_charge_of_an_earlier_create_is_not_taken_for_the_next_one(tmp_path: Path) -> None:
    """The service goes on with a create whose program was killed."""
    service, clock = ChargingService(), FakeClock()
    async with Bench(service, tmp_path, clock=clock) as bench:
        await bench.finished()
        earlier = bench.runner.commands.new_job(VideoRequest("earlier"))
        await bench.store.add([earlier])
        await bench.store.begin_attempt(replace(earlier, phase=Unconfirmed()), None, Decimal(100))  # and it is killed
    service.drops.add(LOST.prompt)

    async def charge_earlier(request: VideoRequest) -> None:
        service.funds -= service.price

    service.before_create = charge_earlier
    async with Bench(service, tmp_path, clock=clock) as bench:
        lost = unconfirmed(await bench.finished(LOST))
        assert not lost.billed
        assert "an earlier request" in lost.reason


async def test_a_price_below_the_one_in_force_must_be_seen_twice(tmp_path: Path) -> None:
    """A refund or top-up at that moment makes a create look cheaper."""
    service = ChargingService(price=200)
    prices = PriceTable((Price(Decimal(200)),))
    async with Bench(service, tmp_path, prices=prices) as bench:
        poll = service.poll

        async def top_up_once(request: VideoRequest) -> None:
            service.funds += 100
            service.before_create = None

        service.before_create = top_up_once
        job = await bench.finished()
        assert bench.runner.prices.price_of(REQUEST) == 200
        assert bench.store.attempts(job.id)[0].price == 200
        await bench.finished()
        assert bench.runner.prices.price_of(REQUEST) == 200
        service.price = 150
        for _ in range(3):
            bench.clock.advance(3600)
            service.funds += 7  # makes the prices doubtful
            await bench.runner.read_balance()
            await bench.finished()
        assert bench.runner.prices.price_of(REQUEST) == 150
        assert poll == service.poll


async def test_after_a_restore_an_unmoved_balance_proves_nothing(tmp_path: Path) -> None:
    service = losing_service(charges=True)
    async with Bench(service, tmp_path) as bench:
        now = bench.clock.now()
        await bench.database.write(lambda c: c.execute("INSERT INTO restored VALUES (0, ?)", (now,)))
        service.swallows.clear()
        service.drops.add(LOST.prompt)
        lost = await bench.finished(LOST)
        assert not unconfirmed(lost).safe_to_send
        assert "restored from a copy" in unconfirmed(lost).reason


async def test_a_create_that_the_service_is_still_at_work_on_is_not_called_not_charged(tmp_path: Path) -> None:
    """The program was killed, or another one has sent it: it may be charged until the service has given it up."""
    service = losing_service(charges=True)
    async with Bench(service, tmp_path) as bench:
        job = bench.runner.commands.new_job(LOST)
        await bench.store.add([job])
        before = Balance(Decimal(service.funds), bench.clock.now())
        await bench.store.begin_attempt(replace(job, phase=Unconfirmed()), before, Decimal(100), balance_age=1.0)
        charged_at, balance = bench.clock.tick() + 100, service.balance

        async def charged_late() -> BalanceReport:
            service.funds = 900 if bench.clock.tick() >= charged_at else 1000
            return await balance()

        service.balance = charged_late  # type: ignore[method-assign]
        await bench.runner.commands.reconcile(job.id)
        assert unconfirmed(bench.saved(job)).billed


async def test_a_charge_that_was_seen_stays_seen_when_later_readings_are_less_certain(tmp_path: Path) -> None:
    service = losing_service(charges=True)
    async with Bench(service, tmp_path) as bench:
        lost = await bench.finished(LOST)
        assert unconfirmed(lost).billed
        service.polls = 10**6
        await bench.runner.commands.submit(VideoRequest("another", model="sora2-pro"))
        await until(lambda: service.creates_of("another"))
        await bench.runner.commands.reconcile(lost.id)
        assert unconfirmed(bench.saved(lost)).billed
        assert bench.last_shown(lost).phase == bench.saved(lost).phase
