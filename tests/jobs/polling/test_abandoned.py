"""A video that a person stopped waiting for is fetched all the same while the program stays open, and costs little."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from fakes import FakeService, at_work
from workbench import MIDNIGHT, REQUEST, Bench, World, until

from sora_desktop.api.service import TaskReport, TaskState
from sora_desktop.api.sora.profile import LIMITS
from sora_desktop.domain.job import Abandoned, Failed, Job, Ready, RemoteId, Rendering, new_job
from sora_desktop.jobs.polling.abandoned import LEFT_FOR_ABANDONED, MAX_JOBS, MAX_POLLS_PER_DAY
from sora_desktop.jobs.polling.rate_limit import RequestKind

pytestmark = pytest.mark.virtual_time

HOUR = 3600.0


async def stopped(bench: Bench) -> Job:
    """One that a person stopped waiting for while it was made."""
    (job,) = await bench.runner.commands.submit(REQUEST)
    await until(lambda: isinstance(bench.saved(job).phase, Rendering))
    await bench.runner.commands.abandon(job.id)
    return bench.saved(job)


async def test_it_comes_while_the_program_stays_open(tmp_path: Path) -> None:
    world = World(polls=10**6)
    async with Bench(world, tmp_path) as bench:
        job = await stopped(bench)
        polled = dict(world.polled)
        await asyncio.sleep(120)
        assert world.polled == polled, "nobody asks before it should be long over"
        world.polls = 1
        await asyncio.sleep(HOUR)
        assert isinstance(bench.saved(job).phase, Ready)
        assert sum(world.polled.values()) - sum(polled.values()) == 2
        assert world.creates_of(REQUEST.prompt) == 1


async def test_who_resumes_watching_sees_at_once_what_has_become_of_it(tmp_path: Path) -> None:
    world = World(polls=10**6)
    async with Bench(world, tmp_path) as bench:
        job = await stopped(bench)
        world.polls = 1
        await asyncio.sleep(30)
        await bench.runner.commands.resume(job.id)
        await asyncio.sleep(1)
        assert isinstance(bench.saved(job).phase, Ready)


async def test_one_that_never_ends_is_asked_about_ever_more_rarely(tmp_path: Path) -> None:
    service = FakeService(on_poll=[at_work(5)])
    async with Bench(service, tmp_path) as bench:
        job = await stopped(bench)
        polls = []
        for _ in range(5):
            before = len(service.polled)
            await asyncio.sleep(24 * HOUR)
            polls.append(len(service.polled) - before)
        assert 3 <= polls[0] <= MAX_POLLS_PER_DAY
        assert polls == sorted(polls, reverse=True) and polls[-1] == 0
        assert sum(polls) <= 2 * MAX_POLLS_PER_DAY
        assert isinstance(bench.saved(job).phase, Abandoned)


async def test_one_that_failed_meanwhile_says_so(tmp_path: Path) -> None:
    service = FakeService(on_poll=[at_work(5)])
    async with Bench(service, tmp_path) as bench:
        job = await stopped(bench)
        service.on_poll.clear()
        service.on_poll.append(TaskReport(TaskState.FAILED, reason="The model crashed."))
        await asyncio.sleep(HOUR)
        phase = bench.saved(job).phase
        assert isinstance(phase, Failed) and phase.reason == "The model crashed."


async def test_another_services_video_is_not_asked_about_here(tmp_path: Path) -> None:
    service = FakeService(on_poll=[at_work(5)])
    async with Bench(service, tmp_path) as bench:
        now = bench.clock.now()
        job = replace(new_job(REQUEST, "https://elsewhere.example", now), phase=Abandoned(RemoteId("task_9")))
        await bench.store.add([job])
        await bench.runner.commands.star(job.id, True)
        await asyncio.sleep(24 * HOUR)
        assert not service.polled


async def test_a_star_makes_it_no_more_worth_asking(tmp_path: Path) -> None:
    service = FakeService(on_poll=[at_work(5)])
    async with Bench(service, tmp_path) as bench:
        now = bench.clock.now()
        job = replace(new_job(REQUEST, "test", now), phase=Abandoned(RemoteId("task_9")))
        await bench.store.add([job])
        await bench.runner.aclose()
        await bench.runner.start()
        for _ in range(20):
            await bench.runner.commands.star(job.id, True)
            await asyncio.sleep(HOUR)
        assert len(service.polled) <= MAX_POLLS_PER_DAY


async def test_no_more_is_asked_once_a_person_has_taken_it_out_of_the_list(tmp_path: Path) -> None:
    service = FakeService(on_poll=[at_work(5)])
    async with Bench(service, tmp_path) as bench:
        job = await stopped(bench)
        await bench.runner.commands.remove([job.id])
        before = len(service.polled)
        await asyncio.sleep(48 * HOUR)
        assert len(service.polled) == before


async def test_a_day_that_has_nothing_to_spare_is_left_to_those_who_are_waited_for(tmp_path: Path) -> None:
    service = FakeService(on_poll=[at_work(5)])
    async with Bench(service, tmp_path) as bench:
        await stopped(bench)
        for _ in range(LIMITS.per_day - LEFT_FOR_ABANDONED - len(service.polled)):
            await bench.rate_limit.take(RequestKind.POLL)
        before = len(service.polled)
        await asyncio.sleep(MIDNIGHT + 24 * HOUR - bench.clock.now())
        assert len(service.polled) == before
        await asyncio.sleep(HOUR)
        assert len(service.polled) > before, "the next day has"


async def test_however_many_were_stopped_few_requests_go_into_them(tmp_path: Path) -> None:
    service = FakeService(on_poll=[at_work(5)])
    async with Bench(service, tmp_path) as bench:
        now = bench.clock.now()
        jobs = [replace(new_job(REQUEST, "test", now), phase=Abandoned(RemoteId(f"task_{n}"))) for n in range(40)]
        await bench.store.add(jobs)
        await bench.runner.aclose()
        await bench.runner.start()
        await asyncio.sleep(22 * HOUR)
        assert len(set(service.polled)) == MAX_JOBS
        assert len(service.polled) <= MAX_JOBS * MAX_POLLS_PER_DAY
