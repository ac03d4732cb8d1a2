"""A job is followed and given up by time that has passed, not by the time of day, which may be set."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from builders import a_job
from fakes import DONE, FakeService, rendering_report
from waiting import until
from workbench import MIDNIGHT, REQUEST, Bench, LoopClock

from sora_desktop.api.errors import NotFound
from sora_desktop.domain.job import Abandoned, Failed, Job, Phase, Ready, RemoteId, Rendering
from sora_desktop.domain.render_time import RenderKind, RenderTime

pytestmark = pytest.mark.virtual_time

MINUTE, HOUR = 60.0, 3600.0
JUMPS = [25 * HOUR, -25 * HOUR, 400 * 24 * HOUR]


class SettableClock(LoopClock):
    """The time of a virtual loop, with a time of day that a test may set."""

    def __init__(self) -> None:
        super().__init__()
        self.offset = 0.0

    def now(self) -> float:
        return MIDNIGHT + 3600.0 + self.tick() + self.offset


async def ready_within(bench: Bench, job: Job, seconds: float) -> bool:
    """True if the clip is saved by then; the task has ended now."""
    assert isinstance(bench.service, FakeService)
    bench.service.on_poll.clear()
    bench.service.on_poll.append(DONE)
    await asyncio.sleep(seconds)
    return isinstance(bench.saved(job).phase, Ready)


async def rendering_job(bench: Bench) -> Job:
    (job,) = await bench.runner.commands.submit(REQUEST)
    await until(lambda: isinstance(bench.saved(job).phase, Rendering))
    return job


@pytest.mark.parametrize("jump", JUMPS)
@pytest.mark.parametrize("at", [1.0, 30.0, 90.0, 200.0])
async def test_a_clock_that_is_wrong_for_a_minute_does_not_stop_the_watch(
    tmp_path: Path, jump: float, at: float
) -> None:
    clock, service = SettableClock(), FakeService(on_poll=[rendering_report(20)])
    async with Bench(service, tmp_path, clock=clock) as bench:
        job = await rendering_job(bench)
        await asyncio.sleep(at)
        clock.offset = jump
        await asyncio.sleep(MINUTE)
        clock.offset = 0.0
        await asyncio.sleep(MINUTE)
        assert isinstance(bench.saved(job).phase, Rendering)
        assert await ready_within(bench, job, 5 * MINUTE)


@pytest.mark.parametrize("jump", JUMPS)
@pytest.mark.parametrize("phase", [Rendering(RemoteId("task_1")), Abandoned(RemoteId("task_1"))])
async def test_a_start_while_the_clock_is_wrong_does_not_stop_the_watch(
    tmp_path: Path, phase: Phase, jump: float
) -> None:
    clock, service = SettableClock(), FakeService(on_poll=[rendering_report(20)])
    job = a_job(phase, made=clock.now() - 20, service="test")
    bench = Bench(service, tmp_path, clock=clock)
    async with bench.database_open():
        await bench.store.add([job])
        clock.offset = min(jump, 26 * HOUR)
        await bench.runner.start()
        await asyncio.sleep(MINUTE)
        clock.offset = 0.0
        await asyncio.sleep(4 * MINUTE)
        assert isinstance(bench.saved(job).phase, type(phase))
        patience = 5 * MINUTE if isinstance(phase, Rendering) else HOUR
        assert await ready_within(bench, job, patience)
        await bench.runner.aclose()


@asynccontextmanager
async def rendering_for(hours: float, folder: Path) -> AsyncIterator[tuple[Bench, Job, FakeService]]:
    """A running bench with a job that, as its row says, has been rendered for so long."""
    clock, service = SettableClock(), FakeService(on_poll=[rendering_report(20)])
    job = a_job(Rendering(RemoteId("task_1")), made=clock.now() - hours * HOUR, service="test")
    bench = Bench(service, folder, clock=clock)
    async with bench.database_open():
        await bench.store.add([job])
        await bench.runner.start()
        yield bench, job, service
        await bench.runner.aclose()


async def test_a_job_saved_with_a_wrong_time_is_watched_as_closely_after_the_next_start(tmp_path: Path) -> None:
    async with rendering_for(25, tmp_path) as (bench, job, _):
        await asyncio.sleep(10 * MINUTE)
        assert isinstance(bench.saved(job).phase, Rendering), "one poll is no proof that it is a day old"
        assert await ready_within(bench, job, 5 * MINUTE)


async def test_a_task_is_abandoned_after_a_day_that_has_passed(tmp_path: Path) -> None:
    clock, service = SettableClock(), FakeService(on_poll=[rendering_report(20)])
    async with Bench(service, tmp_path, clock=clock) as bench:
        job = await rendering_job(bench)
        clock.offset = -48 * HOUR
        await asyncio.sleep(20 * HOUR)
        assert isinstance(bench.saved(job).phase, Rendering)
        await asyncio.sleep(20 * HOUR)
        assert isinstance(bench.saved(job).phase, Abandoned)


async def test_a_task_of_an_earlier_run_is_abandoned_when_it_was_seen_rendering_for_an_hour(tmp_path: Path) -> None:
    async with rendering_for(50, tmp_path) as (bench, job, service):
        await asyncio.sleep(50 * MINUTE)
        assert isinstance(bench.saved(job).phase, Rendering)
        await asyncio.sleep(2 * HOUR)
        assert isinstance(bench.saved(job).phase, Abandoned)
        assert len(service.polled) < 20


async def test_an_unknown_task_does_not_count_as_old_because_the_clock_jumped(tmp_path: Path) -> None:
    clock, service = SettableClock(), FakeService(on_poll=[NotFound("Not known.", code="404")])
    job = a_job(Rendering(RemoteId("task_1")), made=clock.now() - 20, service="test")
    bench = Bench(service, tmp_path, clock=clock)
    async with bench.database_open():
        await bench.store.add([job])
        clock.offset = 25 * HOUR
        await bench.runner.start()
        await asyncio.sleep(MINUTE)
        clock.offset = 0.0
        await asyncio.sleep(25 * MINUTE)
        assert isinstance(bench.saved(job).phase, Rendering) and len(service.polled) > 8
        await asyncio.sleep(HOUR)
        assert isinstance(bench.saved(job).phase, Failed)
        await bench.runner.aclose()


@pytest.mark.parametrize("jump", JUMPS)
async def test_no_render_time_is_learned_from_a_wrong_clock(tmp_path: Path, jump: float) -> None:
    clock, service = SettableClock(), FakeService(on_poll=[rendering_report(20)])
    async with Bench(service, tmp_path, clock=clock) as bench:
        kind = RenderKind("test", REQUEST.model, REQUEST.duration, REQUEST.quality)
        for _ in range(20):
            await bench.times.add(RenderTime(kind, 100.0, 110.0))
        job = await rendering_job(bench)
        await asyncio.sleep(50)
        clock.offset = jump
        await asyncio.sleep(MINUTE)
        assert await ready_within(bench, job, 5 * MINUTE)
        assert 90 < bench.times.median(kind) < 150
        assert bench.times.overdue_after(kind) < HOUR
