"""What moves the balance at the wrong moment must not make a charged create look free."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from workbench import Bench, World, until

from sora_desktop.api.service import BalanceReport, Created
from sora_desktop.domain.job import Failed, Job, Ready, Unconfirmed
from sora_desktop.domain.ledger import Outcome
from sora_desktop.domain.request import VideoRequest


def finding_of(job: Job) -> Unconfirmed:
    assert isinstance(job.phase, Unconfirmed), job.phase
    return job.phase


async def test_credits_that_come_back_late_do_not_hide_the_next_charge(tmp_path: Path) -> None:
    world = World()
    world.fails.add("bad")
    world.refunds = False
    world.swallows.add("lost")

    async with Bench(world, tmp_path) as bench:
        assert isinstance((await bench.carried()).phase, Ready)  # the price is sure now
        read = world.balance_reads
        assert isinstance((await bench.carried(VideoRequest("bad"))).phase, Failed)
        await until(lambda: world.balance_reads > read)
        await asyncio.sleep(0.01)
        bench.clock.time += 5
        world.funds += world.price  # the failed one's, a moment after it was looked for
        lost = await bench.carried(VideoRequest("lost"))
        assert not finding_of(lost).safe_to_send
        assert world.creates_of("lost") == 1


async def test_credits_that_come_back_while_an_answer_is_lost_do_not_hide_the_charge(tmp_path: Path) -> None:
    world = World()
    world.fails.add("bad")
    world.refunds = False
    world.swallows.add("lost")

    async with Bench(world, tmp_path) as bench:
        assert isinstance((await bench.carried()).phase, Ready)
        read = world.balance_reads
        assert isinstance((await bench.carried(VideoRequest("bad"))).phase, Failed)
        await until(lambda: world.balance_reads > read)
        await asyncio.sleep(0.01)
        bench.clock.time += 5

        async def refunded_late(request: VideoRequest) -> None:
            world.funds += world.price

        world.before_create = refunded_late
        lost = await bench.carried(VideoRequest("lost"))
        assert not finding_of(lost).safe_to_send
        assert "may have been refunded" in finding_of(lost).reason


async def test_a_late_refund_is_noted_when_it_is_seen(tmp_path: Path) -> None:
    world = World()
    world.fails.add("bad")
    world.refunds = False

    async with Bench(world, tmp_path) as bench:
        await bench.carried()
        read = world.balance_reads
        bad = await bench.carried(VideoRequest("bad"))
        await until(lambda: world.balance_reads > read)
        await asyncio.sleep(0.01)
        assert bench.store.attempts(bad.id)[0].outcome is Outcome.ACCEPTED
        world.funds += world.price
        await bench.runner.read_balance()
        await until(lambda: bench.store.attempts(bad.id)[0].outcome is Outcome.REFUNDED)


@pytest.mark.parametrize("when", ["during", "across"])
async def test_a_balance_read_while_a_create_is_under_way_is_not_trusted(tmp_path: Path, when: str) -> None:
    """It may hold the charge or not; taking the price off it once more would hide the next charge."""
    world = World()
    world.swallows.add("lost")

    async with Bench(world, tmp_path) as bench:
        await bench.carried()  # the price is sure now
        create, balance = world.create, world.balance
        noted = asyncio.Event()

        async def read_meanwhile(request: VideoRequest, image_url: str | None) -> Created:
            if when == "during":
                answer = await create(request, image_url)
                await bench.runner.read_balance()
                return answer
            reading.append(asyncio.create_task(bench.runner.read_balance()))
            await until(lambda: world.balance_reads > before)
            return await create(request, image_url)

        async def slow_balance() -> BalanceReport:
            said = await balance()
            await noted.wait()
            return said

        reading: list[asyncio.Task[object]] = []
        before = world.balance_reads
        world.create = read_meanwhile  # type: ignore[method-assign]
        if when == "across":
            world.balance = slow_balance  # type: ignore[method-assign]
        await bench.carried(VideoRequest("watched"))
        noted.set()
        await asyncio.gather(*reading)
        world.create, world.balance = create, balance  # type: ignore[method-assign]
        lost = await bench.carried(VideoRequest("lost"))
        assert finding_of(lost).billed and not finding_of(lost).safe_to_send


async def test_that_a_service_charges_late_is_still_known_after_a_restart(tmp_path: Path) -> None:
    """There, a balance that has not moved says nothing."""
    world = World(price=0)
    world.swallows.add("lost")

    async with Bench(world, tmp_path) as bench:
        assert isinstance((await bench.carried()).phase, Ready)
        await until(lambda: world.balance_reads == 2)  # at the start, and for the price
    async with Bench(world, tmp_path) as bench:
        job = await bench.carried(VideoRequest("lost"))
        assert not finding_of(job).safe_to_send
        assert "charged later than it accepts" in finding_of(job).reason
