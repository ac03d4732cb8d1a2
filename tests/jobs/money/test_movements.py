"""What moved the balance between two readings: one event that cannot be explained does not hide the next."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from waiting import until
from workbench import REQUEST, Bench, ChargingService

from sora_desktop.api.service import Created, TaskReport, TaskState
from sora_desktop.domain.job import RemoteId, Rendering
from sora_desktop.domain.ledger import KnownBalance, Rise
from sora_desktop.domain.money import Balance, Price, PriceTable
from sora_desktop.domain.request import VideoRequest

REFUSED = [f"refused {number}" for number in range(6)]


async def pass_minutes(bench: Bench, minutes: int) -> None:
    """Let time pass, with a reading every minute."""
    for _ in range(minutes):
        bench.clock.advance(60)
        await bench.runner.read_balance()


async def finish_refused(bench: Bench) -> None:
    """Run six videos that are refused and refunded."""
    for text in REFUSED:
        await bench.finished(VideoRequest(text))
        await pass_minutes(bench, 5)


async def late_refund(bench: Bench, service: ChargingService) -> int:
    service.refunds = False
    service.fails.add("bad")
    await bench.finished(VideoRequest("bad"))
    await pass_minutes(bench, 16)
    service.funds += service.price
    service.refunds = True
    return 0


async def top_up_beside_an_abandoned_job(bench: Bench, service: ChargingService) -> int:
    service.polls = 10**9
    (job,) = await bench.runner.commands.submit(VideoRequest("slow"))
    await until(lambda: isinstance(bench.saved(job).phase, Rendering))
    await bench.runner.commands.abandon(job.id)
    service.polls = 2
    await pass_minutes(bench, 2)
    service.funds += service.price
    return service.price


async def refund_of_a_lost_create(bench: Bench, service: ChargingService) -> int:
    service.balance_hidden = True
    service.swallows.add("lost")
    await bench.finished(VideoRequest("lost"))
    service.balance_hidden = False
    await pass_minutes(bench, 2)
    service.funds += service.price
    return 0


@pytest.mark.parametrize("event", [late_refund, top_up_beside_an_abandoned_job, refund_of_a_lost_create])
async def test_a_rise_that_nobody_can_explain_does_not_hide_later_refunds(
    tmp_path: Path, event: Callable[[Bench, ChargingService], Awaitable[int]]
) -> None:
    service = ChargingService(balance=5000)
    service.fails.update(REFUSED)
    async with Bench(service, tmp_path) as bench:
        await bench.finished()
        topped_up = await event(bench, service)
        await pass_minutes(bench, 2)
        await finish_refused(bench)
        really_spent = 5000 + topped_up - service.funds
        assert bench.runner.money.spent_today <= really_spent + service.price


async def test_a_clock_that_was_ahead_for_one_reading_does_not_hide_a_refund(tmp_path: Path) -> None:
    service = ChargingService()
    async with Bench(service, tmp_path) as bench:
        await bench.finished()
        bench.clock.time += 25 * 3600
        await bench.runner.read_balance()
        bench.clock.time -= 25 * 3600
        service.fails.add("bad")
        await bench.finished(VideoRequest("bad"))
        assert bench.runner.money.spent_today == 100 == 1000 - service.funds


@pytest.mark.virtual_time
@pytest.mark.parametrize("top_up", [777, 5000])
async def test_a_top_up_while_a_queue_runs_does_not_hide_its_refunds(tmp_path: Path, top_up: int) -> None:
    service = ChargingService(balance=9000)
    service.fails.update(f"p{number}" for number in (5, 8, 11, 14, 17))
    async with Bench(service, tmp_path) as bench:
        for number in range(20):
            await bench.runner.commands.submit(VideoRequest(f"p{number}"))
        await until(lambda: len(service.prompts) >= 4)
        service.funds += top_up
        await bench.runner.until_idle()
        await pass_minutes(bench, 5)
        hidden = bench.runner.money.spent_today - (9000 + top_up - service.funds)
        assert hidden in (0, service.price), "one refund may have come together with the top-up"
        assert service.balance_reads <= 35


def with_prices(service: ChargingService, price_of: Callable[[str], int]) -> None:
    """Let the price depend on the prompt."""
    create, poll = service.create, service.poll

    async def priced_create(request: VideoRequest, image_url: str | None) -> Created:
        service.price = price_of(request.prompt)
        return await create(request, image_url)

    async def priced_poll(remote_id: RemoteId) -> TaskReport:
        service.price = price_of(service.prompts[remote_id])
        return await poll(remote_id)

    service.create, service.poll = priced_create, priced_poll  # type: ignore[method-assign]


def staggered(bench: Bench, service: ChargingService) -> None:
    """Render for different times, so that something is always being rendered."""
    poll, began = service.poll, dict[RemoteId, float]()

    async def slow_poll(remote_id: RemoteId) -> TaskReport:
        number = int(remote_id.removeprefix("task_"))
        if bench.clock.tick() - began.setdefault(remote_id, bench.clock.tick()) < 60 + 40 * (number * 7 % 5):
            return TaskReport(TaskState.PROCESSING, percent=10)
        service.polled[remote_id] = 99
        return await poll(remote_id)

    service.poll = slow_poll  # type: ignore[method-assign]


async def test_the_limit_holds_although_the_price_rises_while_a_queue_runs(tmp_path: Path) -> None:
    service = ChargingService(balance=40_000)
    async with Bench(service, tmp_path, spending_limit=Decimal(4000)) as bench:
        await bench.finished()
        service.price = 200
        staggered(bench, service)
        await bench.runner.commands.submit(REQUEST, takes=40)
        await bench.runner.until_idle()
        assert bench.runner.prices.price_of(REQUEST) == 200
        assert 3600 <= 40_000 - service.funds <= 4000
        assert bench.runner.money.spent_today == 40_000 - service.funds


async def test_the_limit_holds_although_the_table_has_a_price_too_low(tmp_path: Path) -> None:
    service, long = ChargingService(balance=40_000), VideoRequest("long", duration=15)
    with_prices(service, lambda prompt: 200 if prompt == "long" else 100)
    async with Bench(service, tmp_path, spending_limit=Decimal(4000)) as bench:
        staggered(bench, service)
        await bench.runner.commands.submit(VideoRequest("short"))
        await bench.runner.commands.submit(long, takes=40)
        await bench.runner.until_idle()
        assert bench.runner.prices.price_of(long) == 200
        assert 3600 <= 40_000 - service.funds <= 4000


async def test_what_another_program_spends_teaches_no_price(tmp_path: Path) -> None:
    service = ChargingService(balance=10_000)

    async def other_program(request: VideoRequest) -> None:
        service.funds -= 50
        service.before_create = None

    service.before_create = other_program
    async with Bench(service, tmp_path) as bench:
        for number in range(4):
            await bench.finished(VideoRequest(f"p{number}"))
        assert bench.runner.prices.price_of(REQUEST) == 100
        assert bench.runner.money.spent_today == 400


async def test_a_price_that_falls_is_learned_while_the_queue_is_quiet(tmp_path: Path) -> None:
    service = ChargingService(balance=10_000, price=200)
    async with Bench(service, tmp_path, prices=PriceTable((Price(Decimal(200)),))) as bench:
        await bench.finished()
        service.price = 150
        for _ in range(4):
            await pass_minutes(bench, 2)
            await bench.finished(replace(REQUEST, prompt="another"))
        assert bench.runner.prices.price_of(REQUEST) == 150


async def test_rises_that_are_not_explained_yet_survive_a_restart(tmp_path: Path) -> None:
    async with Bench(ChargingService(), tmp_path) as bench:
        known = KnownBalance(Balance(Decimal("12.50"), 7.0), 3, (Rise(Decimal("0.5"), 2), Rise(Decimal(100), 3)))
        await bench.store.save_known_balance("test", "key", known)
        assert bench.store.known_balance("test", "key") == known
        await bench.database.write(lambda c: c.execute("UPDATE known_balance SET rises = 'nonsense'"))
        assert bench.store.known_balance("test", "key") == known._replace(rises=())
