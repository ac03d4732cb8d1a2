"""The running sum of what the queue will cost equals the sum over its jobs."""

from __future__ import annotations

import random
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from builders import a_clip, a_job
from workbench import REQUEST, Bench, ChargingService

from sora_desktop.api.sora.capabilities import CAPABILITIES
from sora_desktop.domain.job import Failed, Job, JobId, Ready, RemoteId, Rendering, Unconfirmed, Waiting
from sora_desktop.domain.money import Price, PriceTable
from sora_desktop.jobs.money.prices import PriceBook
from sora_desktop.jobs.money.reservations import Reservations
from sora_desktop.jobs.runner_settings import RunnerSettings

PHASES = (
    Waiting(),
    Unconfirmed(),
    Unconfirmed("Not charged.", safe_to_send=True),
    Unconfirmed("Charged.", billed=True),
    Rendering(RemoteId("task_1")),
    Ready(a_clip()),
    Failed("no"),
)


class NoLearnedPrices:
    def learned_prices(self, service: str, since: float) -> list[Price]:
        return []

    async def save_learned_price(self, service: str, price: Price) -> None:
        raise AssertionError("nothing is learned here")


def is_reserved(job: Job) -> bool:
    match job.phase:
        case Waiting():
            return not job.on_hold
        case Unconfirmed(safe_to_send=safe, billed=billed):
            return not safe and not billed
        case _:
            return False


def test_the_running_sum_equals_the_sum_over_all_jobs() -> None:
    chance = random.Random(3)
    tables = [PriceTable(), PriceTable((Price(Decimal(100)),)), PriceTable((Price(Decimal(30), duration=5),))]
    settings = RunnerSettings("test", Path("/clips"), tables[1], CAPABILITIES)
    prices = PriceBook(settings, NoLearnedPrices(), lambda _: None)
    reservations, jobs = Reservations(prices), dict[JobId, Job]()
    for _ in range(1000):
        job = a_job(chance.choice(PHASES), chance.randrange(40), on_hold=chance.random() < 0.2)
        job = replace(job, request=replace(job.request, duration=chance.choice([5, 10])))
        jobs[job.id] = job
        reservations.update(job)
        if chance.random() < 0.05:
            prices.replace(chance.choice(tables))
        known = [prices.price_of(each.request) for each in jobs.values() if is_reserved(each)]
        assert reservations.total() == (sum(filter(None, known), Decimal(0)), known.count(None))


async def test_holding_a_job_releases_its_reservation(tmp_path: Path) -> None:
    async with Bench(ChargingService(), tmp_path, paused=True) as bench:
        first, _ = await bench.runner.commands.submit(REQUEST, takes=2)
        assert bench.sums[-1].reserved == 200
        await bench.runner.commands.hold([first.id])
        assert bench.sums[-1].reserved == 100
        await bench.runner.commands.release([first.id])
        assert bench.sums[-1].reserved == 200
        await bench.runner.commands.trash([first.id])
        assert bench.sums[-1].reserved == 100
