"""Cancel stops a rendering at the service; what it could not stop is kept."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from bench.engine_farm import ENGINE
from builders import a_job
from fake_engine import ENGINE as LISTING
from fake_engine import FakeEngine, engine_request
from jobs.polling.scripted_engine import REQUEST, ScriptedEngine, engine_bench, rendering_jobs
from waiting import until
from workbench import Bench, LoopClock

from sora_desktop.api.errors import AnswerLost, NotFound, TooBusy, Unreachable
from sora_desktop.domain.job import Cancelled, Job, Ready, RemoteId, Rendering
from sora_desktop.domain.money import PriceTable
from sora_desktop.domain.request import VideoRequest
from sora_desktop.jobs.errors import CommandRejected

pytestmark = pytest.mark.virtual_time

TASK = RemoteId("video_1")
#: A request whose video is found in the list of an engine.
FOUND = engine_request()


def raising(error: Exception) -> Callable[[RemoteId], None]:
    def fail(_: RemoteId) -> None:
        raise error

    return fail


async def cancel(bench: Bench, job: Job) -> None:
    await bench.runner.commands.cancel(job.id)


async def test_a_cancelled_rendering_is_stopped_and_settled(tmp_path: Path) -> None:
    engine = ScriptedEngine()
    async with engine_bench(engine, tmp_path) as bench:
        job, other = await rendering_jobs(bench, 2)
        await cancel(bench, job)
        assert bench.saved(job).phase == Cancelled(TASK) and engine.cancelled == [TASK]
        await cancel(bench, job)
        polls = engine.polls
        await asyncio.sleep(60)
        assert engine.cancelled == [TASK]
        assert 20 <= engine.polls - polls <= 40, "the other one alone"
        engine.finish()
        await bench.runner.until_idle()
        assert isinstance(bench.saved(other).phase, Ready) and engine.created == 2


async def test_a_slot_is_free_after_a_cancel(tmp_path: Path) -> None:
    engine = ScriptedEngine()
    async with engine_bench(engine, tmp_path, jobs_at_once=1) as bench:
        (job,) = await rendering_jobs(bench)
        (waiting,) = await bench.runner.commands.submit(job.request)
        await asyncio.sleep(30)
        assert engine.created == 1
        await cancel(bench, job)
        await asyncio.sleep(5)
        assert isinstance(bench.saved(waiting).phase, Rendering)


async def test_a_video_that_has_finished_meanwhile_is_kept(tmp_path: Path) -> None:
    engine = ScriptedEngine()
    async with engine_bench(engine, tmp_path) as bench:
        (job,) = await rendering_jobs(bench)
        engine.finish()
        await cancel(bench, job)
        await bench.runner.until_idle()
        assert isinstance(bench.saved(job).phase, Ready) and engine.cancelled == []


async def test_a_rendering_that_could_not_be_stopped_goes_on_and_its_clip_is_kept(tmp_path: Path) -> None:
    engine = ScriptedEngine()
    async with engine_bench(engine, tmp_path) as bench:
        (job,) = await rendering_jobs(bench)
        engine.before_cancel = raising(TooBusy("The engine is busy."))
        with pytest.raises(CommandRejected, match=r"not cancelled and may still be rendering.*The engine is busy"):
            await cancel(bench, job)
        assert isinstance(bench.saved(job).phase, Rendering)
        engine.finish()
        await bench.runner.until_idle()
        assert isinstance(bench.saved(job).phase, Ready)


async def test_a_cancel_can_be_tried_again(tmp_path: Path) -> None:
    engine = ScriptedEngine()
    async with engine_bench(engine, tmp_path) as bench:
        (job,) = await rendering_jobs(bench)
        engine.before_cancel = raising(TooBusy("The engine is busy."))
        with pytest.raises(CommandRejected):
            await cancel(bench, job)
        engine.before_cancel = lambda _: None
        await cancel(bench, job)
        assert bench.saved(job).phase == Cancelled(TASK)


@pytest.mark.parametrize("error", [AnswerLost("The connection broke."), Unreachable("No answer.")])
@pytest.mark.parametrize("restarts", [True, False])
async def test_a_cancel_without_an_answer_counts_once_the_task_is_gone(
    tmp_path: Path, error: Exception, restarts: bool
) -> None:
    engine = ScriptedEngine()

    def carried_out(remote_id: RemoteId) -> None:
        engine.reports.clear()
        raise error

    async with engine_bench(engine, tmp_path) as bench:
        (job,) = await rendering_jobs(bench)
        engine.before_cancel = carried_out
        with pytest.raises(CommandRejected, match="may still be rendering"):
            await cancel(bench, job)
        if restarts:
            await bench.runner.aclose()
            await bench.runner.start()
        await asyncio.sleep(300)
        assert bench.saved(job).phase == Cancelled(TASK)


async def test_a_cancel_without_an_answer_that_never_arrived_keeps_the_clip(tmp_path: Path) -> None:
    engine = ScriptedEngine()
    async with engine_bench(engine, tmp_path) as bench:
        (job,) = await rendering_jobs(bench)
        engine.before_cancel = raising(AnswerLost("The connection broke."))
        with pytest.raises(CommandRejected):
            await cancel(bench, job)
        await asyncio.sleep(60)
        phase = bench.saved(job).phase
        assert isinstance(phase, Rendering) and phase.cancel_asked
        engine.finish()
        await bench.runner.until_idle()
        assert isinstance(bench.saved(job).phase, Ready)


async def test_a_task_that_the_engine_forgot_is_cancelled_once_that_is_certain(tmp_path: Path) -> None:
    engine = ScriptedEngine()
    async with engine_bench(engine, tmp_path) as bench:
        (job,) = await rendering_jobs(bench)
        await asyncio.sleep(30)
        engine.reports.clear()
        await cancel(bench, job)
        await asyncio.sleep(5)
        phase = bench.last_shown(job).phase
        assert isinstance(phase, Rendering) and phase.warning.startswith("Being cancelled: the engine does not know it")
        await asyncio.sleep(40)
        await cancel(bench, job)  # a user who asks again does not begin the wait again
        await asyncio.sleep(30)
        assert bench.saved(job).phase == Cancelled(TASK) and engine.created == 1


@pytest.mark.parametrize("finishes", [True, False])
async def test_a_task_of_one_of_several_engines_is_stopped_when_it_is_met(tmp_path: Path, finishes: bool) -> None:
    engine, chance = ScriptedEngine(), random.Random(2)

    def meet_one_of_two(_: RemoteId) -> None:
        if chance.randrange(2):
            raise NotFound("no such video")

    async with engine_bench(engine, tmp_path) as bench:
        (job,) = await rendering_jobs(bench)
        engine.before_poll = raising(NotFound("no such video"))
        await cancel(bench, job)
        if finishes:
            engine.finish()
        engine.before_poll = engine.before_cancel = meet_one_of_two
        await bench.runner.until_idle()
        if finishes:
            assert isinstance(bench.saved(job).phase, Ready) and engine.cancelled == []
        else:
            assert bench.saved(job).phase == Cancelled(TASK) and engine.cancelled == [TASK]


@pytest.mark.parametrize("engines", [2, 3])
async def test_a_task_is_stopped_though_engines_take_turns(tmp_path: Path, engines: int) -> None:
    engine = ScriptedEngine()

    def take_turns(_: RemoteId) -> None:
        if len(engine.requests) % engines:
            raise NotFound("no such video")

    async with engine_bench(engine, tmp_path) as bench:
        (job,) = await rendering_jobs(bench)
        engine.before_poll = engine.before_cancel = take_turns
        await asyncio.sleep(60)
        await cancel(bench, job)
        await asyncio.sleep(120)
        assert bench.saved(job).phase == Cancelled(TASK) and engine.cancelled == [TASK]


@pytest.mark.parametrize("how", ["looks again", "restarts"])
async def test_a_task_that_was_missed_is_stopped_whatever_happens_meanwhile(tmp_path: Path, how: str) -> None:
    engine = ScriptedEngine()
    async with engine_bench(engine, tmp_path) as bench:
        (job,) = await rendering_jobs(bench)
        engine.before_poll = raising(NotFound("no such video"))
        await cancel(bench, job)
        if how == "restarts":
            await bench.runner.aclose()
            await bench.runner.start()
        else:
            await bench.runner.commands.resume(job.id)
        engine.before_poll = lambda _: None
        await asyncio.sleep(60)
        assert bench.saved(job).phase == Cancelled(TASK) and engine.cancelled == [TASK]


async def test_a_video_that_was_found_in_the_list_is_never_deleted(tmp_path: Path) -> None:
    """Another program has asked for the same while the connection of this one broke."""
    engine = CancellingFakeEngine(LoopClock().now)
    engine.polls_to_end = 10**6
    engine.drops.add(FOUND.prompt)

    async def send_elsewhere(request: VideoRequest) -> None:
        engine.add(request)

    engine.before_create = send_elsewhere
    capabilities = replace(LISTING, cancels=True)
    async with Bench(engine, tmp_path, capabilities=capabilities, prices=PriceTable(())) as bench:
        (job,) = await bench.runner.commands.submit(FOUND)
        await until(lambda: isinstance(bench.saved(job).phase, Rendering))
        assert not bench.store.is_named_by_answer(job.id)
        with pytest.raises(CommandRejected, match="it may be another program's"):
            await cancel(bench, job)
        await bench.runner.commands.abandon(job.id)
        await bench.runner.commands.resume(job.id)
        with pytest.raises(CommandRejected, match="it may be another program's"):
            await cancel(bench, job)
        assert engine.cancelled == ()


class CancellingFakeEngine(FakeEngine):
    """Implements Cancels as well."""

    cancelled: tuple[RemoteId, ...] = ()

    async def cancel(self, remote_id: RemoteId) -> None:
        self.cancelled += (remote_id,)


async def test_only_a_task_that_this_program_created_is_deleted(tmp_path: Path) -> None:
    engine = ScriptedEngine()
    async with engine_bench(engine, tmp_path) as bench:
        await rendering_jobs(bench)
        foreign = a_job(Rendering(TASK), made=bench.clock.now(), service="test")
        await bench.store.add([foreign])
        with pytest.raises(CommandRejected, match="no answer to this program has named it"):
            await cancel(bench, foreign)
        assert engine.cancelled == []


async def test_a_service_that_cannot_cancel_is_not_asked(tmp_path: Path) -> None:
    engine = ScriptedEngine()
    async with engine_bench(engine, tmp_path, capabilities=replace(ENGINE, cancels=False)) as bench:
        (job,) = await rendering_jobs(bench)
        with pytest.raises(CommandRejected, match="cannot stop a video"):
            await cancel(bench, job)
        assert engine.cancelled == [] and isinstance(bench.saved(job).phase, Rendering)


async def test_a_job_that_waits_is_not_cancelled(tmp_path: Path) -> None:
    engine = ScriptedEngine()
    async with engine_bench(engine, tmp_path, paused=True) as bench:
        (job,) = await bench.runner.commands.submit(REQUEST)
        await cancel(bench, job)
        assert bench.saved(job).phase == job.phase
