"""Movements of the balance at the wrong moment must not make a charged create look free."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from waiting import until
from workbench import REQUEST, Bench, ChargingService, WrappedStore, unconfirmed

from sora_desktop.api.service import BalanceReport, Created
from sora_desktop.domain.job import Failed, Job, Ready, Rendering
from sora_desktop.domain.ledger import KnownBalance, Outcome
from sora_desktop.domain.request import VideoRequest


async def fail_without_refund(bench: Bench, service: ChargingService) -> Job:
    """Run a job that fails at the service, and return it when the balance was read after the failure."""
    service.fails.add("bad")
    service.refunds = False
    published = len(bench.balances)
    job = await bench.finished(VideoRequest("bad"))
    assert isinstance(job.phase, Failed)
    await until(lambda: len(bench.balances) >= published + 2)  # after the create, and after the failure
    return job


async def test_a_late_refund_does_not_hide_the_next_charge(tmp_path: Path) -> None:
    service = ChargingService()
    service.swallows.add("lost")

    async with Bench(service, tmp_path) as bench:
        assert isinstance((await bench.finished()).phase, Ready)  # the price is sure from now on
        await fail_without_refund(bench, service)
        bench.clock.time += 5
        service.funds += service.price  # the refund, a moment after it was looked for
        lost = await bench.finished(VideoRequest("lost"))
        assert not unconfirmed(lost).safe_to_send
        assert service.creates_of("lost") == 1


async def test_a_refund_during_a_create_does_not_hide_its_charge(tmp_path: Path) -> None:
    service = ChargingService()
    service.swallows.add("lost")

    async with Bench(service, tmp_path) as bench:
        assert isinstance((await bench.finished()).phase, Ready)
        await fail_without_refund(bench, service)
        bench.clock.time += 5

        async def refunded_late(request: VideoRequest) -> None:
            service.funds += service.price

        service.before_create = refunded_late
        lost = await bench.finished(VideoRequest("lost"))
        assert not unconfirmed(lost).safe_to_send
        assert "may have been refunded" in unconfirmed(lost).reason


async def test_a_late_refund_is_recorded_once_the_balance_shows_it(tmp_path: Path) -> None:
    service = ChargingService()

    async with Bench(service, tmp_path) as bench:
        await bench.finished()
        bad = await fail_without_refund(bench, service)
        assert bench.store.attempts(bad.id)[0].outcome is Outcome.ACCEPTED
        service.funds += service.price
        await bench.runner.read_balance()
        await until(lambda: bench.store.attempts(bad.id)[0].outcome is Outcome.REFUNDED)


@pytest.mark.parametrize("when", ["during", "across"])
async def test_a_balance_read_during_a_create_is_not_used_for_comparisons(tmp_path: Path, when: str) -> None:
    """It may contain the charge; subtracting the price again would hide the next charge."""
    service = ChargingService()
    service.swallows.add("lost")

    async with Bench(service, tmp_path) as bench:
        await bench.finished()  # the price is sure from now on
        create, balance = service.create, service.balance
        noted = asyncio.Event()

        async def read_meanwhile(request: VideoRequest, image_url: str | None) -> Created:
            if when == "during":
                answer = await create(request, image_url)
                await bench.runner.read_balance()
                return answer
            before = service.balance_reads
            service.balance = slow_balance  # type: ignore[method-assign]
            reading.append(asyncio.create_task(bench.runner.read_balance()))
            await until(lambda: service.balance_reads > before)
            service.balance = balance  # type: ignore[method-assign]
            return await create(request, image_url)

        async def slow_balance() -> BalanceReport:
            report = await balance()
            await noted.wait()
            return report

        reading: list[asyncio.Task[object]] = []
        service.create = read_meanwhile  # type: ignore[method-assign]
        await bench.finished(VideoRequest("watched"))
        noted.set()
        await asyncio.gather(*reading)
        service.create = create  # type: ignore[method-assign]
        lost = await bench.finished(VideoRequest("lost"))
        assert unconfirmed(lost).billed and not unconfirmed(lost).safe_to_send


async def test_a_service_that_charges_late_is_remembered_after_a_restart(tmp_path: Path) -> None:
    """At such a service, an unmoved balance proves nothing."""
    service = ChargingService(price=0)
    service.swallows.add("lost")

    async with Bench(service, tmp_path) as bench:
        assert isinstance((await bench.finished()).phase, Ready)
        await until(lambda: service.balance_reads == 2)  # at the start and for the price
    async with Bench(service, tmp_path) as bench:
        job = await bench.finished(VideoRequest("lost"))
        assert not unconfirmed(job).safe_to_send
        assert "charged later than it accepts" in unconfirmed(job).reason


@pytest.mark.virtual_time
async def test_the_balance_that_is_published_last_is_the_current_one(tmp_path: Path) -> None:
    """A create is accepted while a refund is being written."""
    noting, written = asyncio.Event(), asyncio.Event()

    class SlowStore(WrappedStore):
        async def save_known_balance(self, service: str, key: str, known: KnownBalance, refunded: list[int]) -> None:
            if refunded:
                noting.set()
                await written.wait()
            await self.store.save_known_balance(service, key, known, refunded)

    service = ChargingService(polls=1)
    service.fails.add("bad")
    async with Bench(service, tmp_path, wrap=SlowStore, jobs_at_once=1) as bench:
        await bench.finished(replace(REQUEST, prompt="first"))  # its price is known from now on
        await bench.runner.commands.submit(replace(REQUEST, prompt="bad"))
        await noting.wait()
        service.polls = 10**6
        (second,) = await bench.runner.commands.submit(replace(REQUEST, prompt="second"))
        await until(lambda: isinstance(bench.saved(second).phase, Rendering))
        written.set()
        await asyncio.sleep(5)
        assert bench.balances[-1] == bench.runner.balance
