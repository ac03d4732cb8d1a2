"""Cancel stops a rendering at the service; what it could not stop is kept."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from bench.engine_farm import ENGINE
from builders import a_job
from jobs.polling.scripted_engine import REQUEST, ScriptedEngine, engine_bench, rendering_jobs
from workbench import Bench

from sora_desktop.api.errors import AnswerLost, NotFound, TooBusy, Unreachable
from sora_desktop.domain.job import Cancelled, Job, Ready, RemoteId, Rendering
from sora_desktop.jobs.errors import CommandRejected

pytestmark = pytest.mark.virtual_time

TASK = RemoteId("video_1")


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
        await asyncio.sleep(120)
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


async def test_a_task_that_the_engine_forgot_is_not_cancelled_but_forgotten(tmp_path: Path) -> None:
    engine = ScriptedEngine()
    async with engine_bench(engine, tmp_path) as bench:
        (job,) = await rendering_jobs(bench)
        engine.before_cancel = raising(NotFound("no such video"))
        with pytest.raises(CommandRejected, match="does not know it at the moment"):
            await cancel(bench, job)
        phase = bench.saved(job).phase
        assert isinstance(phase, Rendering) and not phase.cancel_asked


async def test_only_a_task_that_this_program_created_is_deleted(tmp_path: Path) -> None:
    engine = ScriptedEngine()
    async with engine_bench(engine, tmp_path) as bench:
        await rendering_jobs(bench)
        foreign = a_job(Rendering(TASK), made=bench.clock.now(), service="test")
        await bench.store.add([foreign])
        with pytest.raises(CommandRejected, match="nothing shows that this program has created it"):
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
