"""Another program changes jobs of the same library while this one works: the disk is the truth for both."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from waiting import until
from workbench import REQUEST, Bench, ChargingService

from sora_desktop.domain.job import Failed, Job, JobChange, Phase, Ready, RemoteId, Rendering, Unconfirmed, Waiting
from sora_desktop.domain.ledger import Outcome
from sora_desktop.domain.marks import MarkEdit
from sora_desktop.domain.queue import Place
from sora_desktop.domain.request import VideoRequest
from sora_desktop.store.database.job_store import JobStore
from sora_desktop.store.errors import ChangedElsewhere

pytestmark = pytest.mark.virtual_time


async def move(store: JobStore, job: Job, phase: Phase, *, on_hold: bool = False) -> None:
    """The other program saves the job in that phase."""
    saved = store.read(job.id)
    assert saved is not None
    await store.change([JobChange(saved, replace(saved, phase=phase, on_hold=on_hold))])


async def buy_elsewhere(bench: Bench, service: ChargingService, job: Job) -> RemoteId:
    """The other program sends the job."""
    number = await bench.store.begin_attempt(replace(job, phase=Unconfirmed()), None, Decimal(100))
    created = await service.create(job.request, None)
    accepted = replace(job, phase=Rendering(created.remote_id))
    await bench.store.end_attempt(number, accepted, created.remote_id, Outcome.ACCEPTED, 200)
    return created.remote_id


async def test_a_job_that_another_program_has_sent_is_followed_and_not_sent(tmp_path: Path) -> None:
    service = ChargingService()
    async with Bench(service, tmp_path, paused=True) as bench:
        job, other = await bench.runner.commands.submit(REQUEST, takes=2)
        await buy_elsewhere(bench, service, job)
        bench.runner.commands.pause(False)
        await until(lambda: bench.states[-1].reason)
        assert "Only one program may use a data folder" in bench.states[-1].reason
        await until(lambda: isinstance(bench.saved(job).phase, Ready))
        assert len(service.prompts) == 1 and isinstance(bench.last_shown(job).phase, Ready)
        assert isinstance(bench.saved(other).phase, Waiting), "the queue is blocked until the user acts"
        bench.runner.commands.go_on()
        await bench.runner.until_idle()
        assert len(service.prompts) == 2


@pytest.mark.parametrize("how", ["refused", "no balance", "hold", "trash", "edit", "reorder", "star"])
async def test_a_stale_job_is_never_written_over_what_was_sent(tmp_path: Path, how: str) -> None:
    service = ChargingService(polls=1000)
    async with Bench(service, tmp_path, paused=True) as bench:
        commands = bench.runner.commands
        job, other = await commands.submit(REQUEST, takes=2)
        task = await buy_elsewhere(bench, service, job)
        service.funds = 10 if how == "no balance" else service.funds
        commands.pause(how not in ("refused", "no balance"))
        match how:
            case "hold":
                with pytest.raises(ChangedElsewhere):
                    await commands.hold([job.id, other.id])
            case "trash":
                with pytest.raises(ChangedElsewhere):
                    await commands.trash([job.id])
            case "edit":
                with pytest.raises(ChangedElsewhere):
                    await commands.edit(job.id, VideoRequest("another"))
            case "reorder":
                with pytest.raises(ChangedElsewhere):
                    await commands.reorder(job.id, Place.END)
            case "star":
                with pytest.raises(ChangedElsewhere):
                    await commands.mark({job.id: MarkEdit(starred=True)})
        await until(lambda: isinstance(bench.last_shown(job).phase, Rendering))
        saved = bench.saved(job)
        assert isinstance(saved.phase, Rendering) and saved.phase.remote_id == task
        assert len(service.prompts) == 1
        if how == "star":  # what is shown is true now, so the command works
            await commands.mark({job.id: MarkEdit(starred=True)})
            assert bench.saved(job).starred


async def test_an_answer_is_kept_when_another_program_has_sent_the_job_again(tmp_path: Path) -> None:
    service = ChargingService()
    is_sent, answer = asyncio.Event(), asyncio.Event()

    async def slow_create(_: VideoRequest) -> None:
        is_sent.set()
        await answer.wait()

    service.before_create = slow_create
    async with Bench(service, tmp_path) as bench:
        (job,) = await bench.runner.commands.submit(REQUEST)
        await is_sent.wait()
        service.before_create = None
        await move(bench.store, job, Waiting())
        theirs = await buy_elsewhere(bench, service, job)
        answer.set()
        await bench.runner.until_idle()
        jobs = list(bench.store.everything())
        assert len(jobs) == 2 and all(isinstance(each.phase, Ready) for each in jobs), jobs
        assert sorted(service.prompts) == ["task_1", "task_2"] and theirs == "task_1"
        answers = {each.answer for one in jobs for each in bench.store.attempts(one.id)}
        assert {"task_1", "task_2"} <= answers
        assert bench.runner.money.spent_today == 200


async def test_the_end_of_a_video_that_another_program_has_saved_is_not_replaced(tmp_path: Path) -> None:
    service = ChargingService(polls=3)
    async with Bench(service, tmp_path) as bench:
        (job,) = await bench.runner.commands.submit(REQUEST)
        await until(lambda: isinstance(bench.saved(job).phase, Rendering))
        await move(bench.store, job, Failed("They say so.", remote_id=RemoteId("task_1")))
        await bench.runner.until_idle()
        assert (
            bench.saved(job).phase
            == bench.last_shown(job).phase
            == Failed("They say so.", remote_id=RemoteId("task_1"))
        )


async def test_a_job_whose_answer_another_program_got_is_not_sent_again(tmp_path: Path) -> None:
    service = ChargingService(polls=1000)
    service.swallows.add(REQUEST.prompt)
    async with Bench(service, tmp_path) as bench:
        job = await bench.finished()
        assert isinstance(job.phase, Unconfirmed)
        await move(bench.store, job, Rendering(RemoteId("task_1")))
        for action in (bench.runner.commands.send_again, bench.runner.commands.reconcile):
            with suppress(ChangedElsewhere):
                await action(job.id)
            assert isinstance(bench.last_shown(job).phase, Rendering)
        assert isinstance(bench.saved(job).phase, Rendering) and len(service.prompts) == 1


async def test_a_replaced_database_blocks_the_queue_until_the_user_acts(tmp_path: Path) -> None:
    service = ChargingService()
    async with Bench(service, tmp_path, paused=True) as bench:
        await bench.runner.commands.submit(REQUEST)
        file = tmp_path / "jobs.db"
        file.rename(tmp_path / "moved.db")
        file.touch()
        bench.runner.commands.pause(False)
        await until(lambda: bench.states[-1].reason)
        assert "deleted or replaced" in bench.states[-1].reason and bench.states[-1].until is None
        await bench.runner.until_idle()
        assert service.prompts == {}
