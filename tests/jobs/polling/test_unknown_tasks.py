"""A task that the service does not know counts as lost only after repeated 404 answers over some time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from builders import a_job
from fakes import DONE, FakeService, rendering_report
from waiting import until
from workbench import REQUEST, Bench

from sora_desktop.api.errors import NotFound
from sora_desktop.api.service import TaskReport
from sora_desktop.domain.job import Failed, Job, Phase, Ready, RemoteId, Rendering, Saving, Unsaved

pytestmark = pytest.mark.virtual_time

UNKNOWN = NotFound("The service does not know this. The service says: Task not found.", code="404")
MINUTE, HOUR = 60.0, 3600.0


async def rendering_job(bench: Bench) -> Job:
    (job,) = await bench.runner.commands.submit(REQUEST)
    await until(lambda: isinstance(bench.saved(job).phase, Rendering))
    return job


async def until_later(happened: Callable[[], object]) -> None:
    """Like `until`, for conditions that take hours."""
    while not happened():
        await asyncio.sleep(10)


def shown_phase(bench: Bench, job: Job) -> Phase:
    return [each for each in bench.shown if each.id == job.id][-1].phase


@pytest.mark.parametrize("seen_before", [0, 1, 3])
async def test_a_service_that_is_being_deployed_costs_no_video(tmp_path: Path, seen_before: int) -> None:
    service = FakeService(on_poll=[*[rendering_report(20)] * seen_before, UNKNOWN])
    async with Bench(service, tmp_path) as bench:
        job = await rendering_job(bench)
        await until(lambda: len(service.polled) > seen_before)
        before = len(service.polled)
        await asyncio.sleep(5 * MINUTE)
        phase = shown_phase(bench, job)
        assert isinstance(phase, Rendering) and "does not know this task at the moment" in phase.warning
        assert len(service.polled) - before <= 8
        service.on_poll[0] = DONE
        await asyncio.sleep(10 * MINUTE)
        assert isinstance(bench.saved(job).phase, Ready)


async def test_a_task_counts_as_lost_after_half_an_hour_and_the_reason_says_how_to_check_again(tmp_path: Path) -> None:
    service = FakeService(on_poll=[UNKNOWN])
    async with Bench(service, tmp_path) as bench:
        job = await rendering_job(bench)
        await until(lambda: service.polled)
        began = bench.clock.now()
        await until_later(lambda: isinstance(bench.saved(job).phase, Failed))
        assert 30 * MINUTE < bench.clock.now() - began < HOUR
        assert len(service.polled) == 12
        phase = bench.saved(job).phase
        assert isinstance(phase, Failed) and phase.remote_id == "task_1"
        assert "12 times in 37 minutes" in phase.reason and "“Check status again”" in phase.reason
        service.on_poll[0] = DONE
        await bench.runner.commands.resume(job.id)
        await asyncio.sleep(1)
        assert isinstance(bench.saved(job).phase, Ready)


async def test_occasional_404_answers_never_lose_a_task(tmp_path: Path) -> None:
    polls: list[Exception | TaskReport] = [UNKNOWN, UNKNOWN, rendering_report(5)] * 40
    service = FakeService(on_poll=[*polls, DONE])
    async with Bench(service, tmp_path) as bench:
        job = await rendering_job(bench)
        await until_later(lambda: not isinstance(bench.saved(job).phase, Rendering))
        await asyncio.sleep(1)
        assert isinstance(bench.saved(job).phase, Ready)


@pytest.mark.parametrize("phase", [Rendering(RemoteId("task_1")), Saving(RemoteId("task_1"), 3, 9)])
async def test_an_old_task_counts_as_lost_sooner(tmp_path: Path, phase: Phase) -> None:
    service = FakeService(on_poll=[UNKNOWN])
    async with Bench(service, tmp_path) as bench:
        long_ago = bench.clock.now() - 50 * HOUR
        job = a_job(phase, made=long_ago, service="test")
        await bench.store.add([job])
        await bench.runner.aclose()
        await bench.runner.start()
        await asyncio.sleep(2 * MINUTE)
        unknown = shown_phase(bench, job)
        kind, field = (Rendering, "warning") if isinstance(phase, Rendering) else (Unsaved, "reason")
        assert isinstance(unknown, kind) and "at the moment" in getattr(unknown, field)
        await asyncio.sleep(30 * MINUTE)
        assert isinstance(bench.saved(job).phase, Failed)
        assert len(service.polled) == 8
