"""What other names, keys and data folders of the same account may do to the balance, whatever the clock says."""

from __future__ import annotations

import asyncio
import os
from dataclasses import replace
from decimal import Decimal
from email.utils import formatdate
from pathlib import Path

import pytest
from fakes import FakeClock
from waiting import until
from workbench import LOST, REQUEST, Bench, ChargingService, losing_service, unconfirmed

from sora_desktop.api.service import Created, TaskReport
from sora_desktop.domain.job import Abandoned, RemoteId, Unconfirmed
from sora_desktop.domain.ledger import Outcome
from sora_desktop.domain.money import Balance
from sora_desktop.domain.request import VideoRequest
from sora_desktop.store.sent_marks import SentMark, SentMarks

BAD = VideoRequest("bad")
NOW, DAY = 1_800_000_000.0, 24 * 3600.0


def service_with_a_late_refund() -> ChargingService:
    """Its failed video is refunded while a create is charged whose answer is lost."""
    service = ChargingService()
    service.refunds = False
    service.fails.add(BAD.prompt)
    service.swallows.add(LOST.prompt)

    async def refund(request: VideoRequest) -> None:
        service.funds += service.price * (request == LOST)

    service.before_create = refund
    return service


class DatedService(ChargingService):
    """A service whose answers tell the time, which is `clock`'s by the tick."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__()
        self.clock = clock

    async def create(self, request: VideoRequest, image_url: str | None) -> Created:
        created = await super().create(request, image_url)
        assert created.exchange is not None
        date = formatdate(NOW + self.clock.tick(), usegmt=True)
        return Created(created.remote_id, created.exchange._replace(headers=f"server: x\ndate: {date}"))


@pytest.mark.parametrize(
    ("first", "then"),
    [
        ({"service_name": "https://a.example/v1"}, {"service_name": "https://www.a.example/v1"}),
        ({"service_name": "http://localhost/v1"}, {"service_name": "http://127.0.0.1/v1"}),
        ({"key_fingerprint": "old"}, {"key_fingerprint": "new"}),
        ({"clock": FakeClock(30 * DAY)}, {"clock": FakeClock(NOW)}),
        ({"clock": FakeClock(NOW)}, {"clock": FakeClock(NOW + 25 * 3600)}),
        ({"clock": FakeClock(NOW)}, {"clock": FakeClock(NOW - 25 * 3600)}),
    ],
    ids=["another name", "another host", "another key", "1970 before", "ahead since", "behind since"],
)
async def test_a_refund_of_the_run_before_does_not_hide_a_charge(
    tmp_path: Path, first: dict[str, object], then: dict[str, object]
) -> None:
    service = service_with_a_late_refund()
    async with Bench(service, tmp_path, **first) as bench:  # type: ignore[arg-type]
        await bench.finished()
        await bench.finished(BAD)
    async with Bench(service, tmp_path, **then) as bench:  # type: ignore[arg-type]
        assert not unconfirmed(await bench.finished(LOST)).safe_to_send


async def test_the_sandbox_is_another_account(tmp_path: Path) -> None:
    service = service_with_a_late_refund()
    async with Bench(service, tmp_path, service_name="sandbox") as bench:
        await bench.finished(BAD)
    service = losing_service(charges=False)
    async with Bench(service, tmp_path) as bench:
        assert unconfirmed(await bench.finished(LOST)).safe_to_send


@pytest.mark.parametrize("trashed", [False, True])
async def test_a_task_that_nobody_waits_for_may_be_refunded_for_days(tmp_path: Path, trashed: bool) -> None:
    clock = FakeClock(NOW)
    service = DatedService(clock)
    service.polls = 10**6
    service.swallows.add(LOST.prompt)
    async with Bench(service, tmp_path, clock=clock) as bench:
        bench.rate_limit.service_time.observe(NOW)
        (other,) = await bench.runner.commands.submit(REQUEST)
        await until(lambda: service.prompts and bench.store.attempts(other.id)[0].outcome is Outcome.ACCEPTED)
        await bench.runner.commands.abandon(other.id)
        assert isinstance(bench.saved(other).phase, Abandoned)
        if trashed:
            await bench.runner.commands.trash([other.id])
        clock.advance(60 * 3600)

        async def refund(request: VideoRequest) -> None:
            service.funds += service.price

        service.before_create = refund
        assert not unconfirmed(await bench.finished(LOST)).safe_to_send


@pytest.mark.parametrize(("days", "dated", "safe"), [(0.9, True, False), (1.1, True, True), (1.1, False, False)])
async def test_only_the_time_of_the_service_makes_a_failure_old(
    tmp_path: Path, days: float, dated: bool, safe: bool
) -> None:
    clock = FakeClock(NOW)
    service = DatedService(clock)
    service.refunds = False
    service.fails.add(BAD.prompt)
    service.drops.add(LOST.prompt)
    async with Bench(service, tmp_path, clock=clock) as bench:
        await bench.finished(BAD)
        clock.advance(3600)
        await bench.finished()
        clock.advance(days * DAY)
    async with Bench(service, tmp_path, clock=clock) as bench:
        if dated:
            bench.rate_limit.service_time.observe(clock.now())
        assert unconfirmed(await bench.finished(LOST)).safe_to_send is safe


@pytest.mark.parametrize(("hours", "safe"), [(-1, False), (0.5, False), (23, False), (25, True)])
async def test_another_library_of_this_computer_may_have_the_same_key(tmp_path: Path, hours: float, safe: bool) -> None:
    service = losing_service(charges=False)
    marks = SentMarks(tmp_path / "state")
    async with Bench(service, tmp_path, sent_marks=marks) as bench:
        marks.write("another", SentMark(Path("/elsewhere"), 7))
        moment = bench.clock.now() - hours * 3600
        os.utime(tmp_path / "state" / "another.json", (moment, moment))
        lost = unconfirmed(await bench.finished(LOST))
        assert lost.safe_to_send is safe
        assert safe or "another data folder" in lost.reason


@pytest.mark.parametrize("charged", [True, False])
async def test_without_a_recorded_key_a_balance_can_show_a_charge_and_nothing_else(
    tmp_path: Path, charged: bool
) -> None:
    """An attempt of a version that did not record it."""
    service = ChargingService(balance=900 if charged else 1000)
    async with Bench(service, tmp_path, key_fingerprint="key") as bench:
        job = bench.runner.commands.new_job(LOST)
        await bench.store.add([job])
        before = Balance(Decimal(1000), bench.clock.now())
        await bench.store.begin_attempt(replace(job, phase=Unconfirmed()), before, Decimal(100), balance_age=1.0)
        await bench.runner.commands.reconcile(job.id)
        phase = unconfirmed(bench.saved(job))
        assert (phase.billed, phase.safe_to_send) == (charged, False)
        assert charged or "not recorded" in phase.reason
        assert "another API key" not in phase.reason


async def test_refunds_that_were_seen_since_are_taken_into_account(tmp_path: Path) -> None:
    service = ChargingService(polls=2)
    service.fails.add(BAD.prompt)
    service.drops.add(LOST.prompt)
    async with Bench(service, tmp_path) as bench:
        await bench.finished()  # the price is sure from now on
        ended, poll = asyncio.Event(), service.poll

        async def poll_later(remote_id: RemoteId) -> TaskReport:
            await ended.wait()
            return await poll(remote_id)

        service.poll = poll_later  # type: ignore[method-assign]
        (bad,) = await bench.runner.commands.submit(BAD)
        await until(lambda: service.creates_of(BAD.prompt))
        (lost,) = await bench.runner.commands.submit(LOST)
        await until(lambda: "Outcome unknown" in getattr(bench.saved(lost).phase, "reason", ""))
        ended.set()
        await bench.runner.until_idle()  # the second balance has been read, too
        await until(lambda: bench.store.attempts(bad.id)[0].outcome is Outcome.REFUNDED)
        await bench.runner.commands.reconcile(lost.id)
        phase = unconfirmed(bench.saved(lost))
        assert phase.safe_to_send, phase.reason
        assert "with 100 refunded for other videos" in phase.reason
