"""An engine that must have one job at a time gets none while it renders another one, also one of another user."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from bench.engine_farm import ENGINE, EngineRendering, ListingFarm, around
from fakes import FakeClock
from jobs.polling.scripted_engine import PENDING, REQUEST, ListingEngine, engine_bench, rendering_jobs
from workbench import Bench

from sora_desktop.api.errors import AnswerLost
from sora_desktop.api.service import Created
from sora_desktop.domain.job import Abandoned, Ready, RemoteId, Unconfirmed, Waiting
from sora_desktop.domain.request import VideoRequest
from sora_desktop.jobs.clock import Clock
from sora_desktop.jobs.polling.outage import OUTAGE_WORTH_WAITING
from sora_desktop.jobs.sending.place_wait import TRY_PAUSE, PlaceWait
from sora_desktop.jobs.sending.queue import NO_FREE_PLACE

pytestmark = pytest.mark.virtual_time
ONE_BY_ONE = replace(ENGINE, cancels=False, most_jobs=1)


async def by_another_user(engine: ListingEngine, bench: Bench) -> None:
    engine.reports[RemoteId("theirs")] = PENDING


async def by_a_job_that_was_given_up(engine: ListingEngine, bench: Bench) -> None:
    (job,) = await rendering_jobs(bench)
    await bench.runner.commands.abandon(job.id)
    await asyncio.sleep(1)
    assert isinstance(bench.saved(job).phase, Abandoned)


async def by_a_create_without_an_answer(engine: ListingEngine, bench: Bench) -> None:
    async def losing(request: VideoRequest, image_url: str | None) -> Created:
        engine.reports |= {RemoteId("ours"): PENDING, RemoteId("theirs"): PENDING}  # which is which, nobody can tell
        raise AnswerLost("The connection broke.")

    engine.create = losing  # type: ignore[method-assign]
    job = await bench.finished(REQUEST)
    assert isinstance(job.phase, Unconfirmed)
    del engine.create


BUSY = (by_another_user, by_a_job_that_was_given_up, by_a_create_without_an_answer)


@pytest.mark.parametrize("is_deleted", [True, False])
@pytest.mark.parametrize("made_busy", BUSY)
async def test_a_job_waits_while_the_engine_renders_another_one(
    tmp_path: Path, made_busy: Callable[[ListingEngine, Bench], Awaitable[None]], is_deleted: bool
) -> None:
    engine = ListingEngine()
    async with engine_bench(engine, tmp_path, capabilities=ONE_BY_ONE, jobs_at_once=1) as bench:
        await made_busy(engine, bench)
        await asyncio.sleep(60)  # the rate limit has room again
        earlier, sent = engine.created, len(engine.requests)
        job, other = await bench.runner.commands.submit(REQUEST, 2)
        await asyncio.sleep(120)
        assert engine.created == earlier
        assert bench.saved(job).phase == Waiting(NO_FREE_PLACE) and bench.saved(other).phase == Waiting()
        assert [shown.phase for shown in bench.shown if shown.id == job.id].count(Waiting(NO_FREE_PLACE)) == 1
        assert not bench.store.attempts(job.id)
        assert len(engine.requests) - sent <= 120 / TRY_PAUSE + 2 and bench.rate_limit.is_quiet
        if is_deleted:
            engine.reports.clear()
        else:
            engine.finish()
        await asyncio.sleep(TRY_PAUSE + 1)
        assert engine.created == earlier + 1
        engine.finish()
        while engine.created < earlier + 2:
            await asyncio.sleep(1)
        engine.finish()
        await bench.runner.until_idle()
        assert isinstance(bench.saved(job).phase, Ready) and isinstance(bench.saved(other).phase, Ready)


async def test_another_engine_that_is_free_gets_the_job(tmp_path: Path) -> None:
    loop = asyncio.get_running_loop()
    farm = ListingFarm(around(20, 0.3), loop.time, places=2)
    theirs = EngineRendering(0, 0.0, 0.0, 300.0)
    farm.renderings.append(theirs)
    async with Bench(farm, tmp_path, capabilities=ONE_BY_ONE, jobs_at_once=2) as bench:
        await bench.runner.commands.submit(REQUEST, 3)
        await bench.runner.until_idle()
        assert loop.time() < 200
        assert [each.place for each in farm.renderings] == [0, 1, 1, 1]
        for earlier, later in pairwise(farm.renderings[1:]):
            assert later.created >= earlier.ends


async def test_a_command_line_waits_an_hour_for_a_free_place() -> None:
    clock = FakeClock()
    wait = PlaceWait(Clock(clock.now, clock.sleep, clock.tick))
    wait.begin_or_go_on()
    assert not wait.may_try and wait.is_worth_waiting
    clock.advance(OUTAGE_WORTH_WAITING)
    assert wait.may_try
    wait.begin_or_go_on()
    assert not wait.is_worth_waiting
    wait.end()
    assert wait.may_try and wait.is_worth_waiting
