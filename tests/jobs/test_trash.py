"""The Trash and money: nothing in it is sent, and what comes back from it costs nothing by itself."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from fakes import FakeService
from waiting import until
from workbench import LOST, REQUEST, Bench, ChargingService, losing_service, unconfirmed

from sora_desktop.domain.job import Abandoned, Failed, JobId, Ready, Removed, Rendering, Trashed, Waiting
from sora_desktop.domain.ledger import Outcome
from sora_desktop.domain.marks import Flag, MarkEdit
from sora_desktop.jobs.errors import CommandRejected

pytestmark = pytest.mark.virtual_time


async def test_a_finished_job_comes_back_as_it_was_also_after_a_restart(tmp_path: Path) -> None:
    async with Bench(ChargingService(), tmp_path) as bench:
        job = await bench.finished()
        attempts = bench.store.attempts(job.id)
        bench.clock.advance(600)
        (moved,) = await bench.runner.commands.trash([job.id])
        assert moved == bench.saved(job) == bench.last_shown(job)
        assert list(bench.store.everything()) == [] and list(bench.store.in_trash()) == [moved]
        await bench.runner.aclose()
        await bench.runner.start()
        assert await bench.runner.commands.restore([job.id]) == [job]
        assert bench.saved(job) == bench.last_shown(job) == job
        assert bench.store.attempts(job.id) == attempts, "the ledger knows nothing of the Trash"


async def test_a_waiting_job_is_not_sent_when_it_comes_back(tmp_path: Path) -> None:
    """Undo is pressed without a price in sight."""
    service = FakeService()
    async with Bench(service, tmp_path, paused=True) as bench:
        commands = bench.runner.commands
        first, second = await commands.submit(REQUEST, takes=2)
        await commands.trash([first.id])
        commands.pause(False)
        await bench.runner.until_idle()
        assert len(service.created) == 1
        (back,) = await commands.restore([first.id])
        assert back == replace(first, on_hold=True)
        await asyncio.sleep(600)
        assert len(service.created) == 1 and isinstance(bench.saved(second).phase, Ready)
        await commands.release([first.id])
        await bench.runner.until_idle()
        assert len(service.created) == 2 and isinstance(bench.saved(first).phase, Ready)


async def test_an_abandoned_job_is_polled_again_when_it_comes_back(tmp_path: Path) -> None:
    world = ChargingService(polls=10**6)
    async with Bench(world, tmp_path) as bench:
        (job,) = await bench.runner.commands.submit(REQUEST)
        await until(lambda: isinstance(bench.saved(job).phase, Rendering))
        await bench.runner.commands.abandon(job.id)
        await bench.runner.commands.trash([job.id])
        world.polls = 1
        await asyncio.sleep(24 * 3600)
        assert isinstance(bench.saved(job).phase, Trashed)
        (back,) = await bench.runner.commands.restore([job.id])
        assert isinstance(back.phase, Abandoned)
        await asyncio.sleep(24 * 3600)
        assert isinstance(bench.saved(job).phase, Ready)
        assert world.creates_of(REQUEST.prompt) == 1


async def test_a_charge_that_is_seen_while_a_job_is_in_the_trash_counts_when_it_comes_back(tmp_path: Path) -> None:
    service = losing_service(charges=False)
    async with Bench(service, tmp_path) as bench:
        await bench.finished()
        lost = await bench.finished(LOST)
        assert unconfirmed(lost).safe_to_send
        await bench.runner.commands.trash([lost.id])
        service.funds -= service.price
        bench.clock.advance(600)
        await bench.runner.read_balance()
        await bench.runner.commands.restore([lost.id])
        with pytest.raises(CommandRejected, match="charged late"):
            await bench.runner.commands.send_again(lost.id)
        assert not unconfirmed(bench.saved(lost)).safe_to_send


async def test_a_star_stays_as_it_is_in_the_trash(tmp_path: Path) -> None:
    """The player shows clips in the Trash, and takes S there as well."""
    async with Bench(ChargingService(), tmp_path) as bench:
        commands = bench.runner.commands
        job = await bench.finished()
        for starred in (False, True):
            await commands.mark({job.id: MarkEdit(starred=starred)})
            await commands.trash([job.id])
            assert await commands.mark({job.id: MarkEdit(starred=not starred)}) == []
            assert bench.saved(job).starred is starred
            (back,) = await commands.restore([job.id])
            assert back.starred is starred
        await commands.trash([job.id])
        await commands.delete([job.id])
        assert await commands.mark({job.id: MarkEdit(False, Flag.PICKED)}) == []


async def test_deleting_permanently_keeps_the_ledger(tmp_path: Path) -> None:
    service = ChargingService()
    service.fails.add(REQUEST.prompt)
    service.refunds = False
    async with Bench(service, tmp_path) as bench:
        job = await bench.finished()
        assert isinstance(job.phase, Failed)
        spent = bench.runner.money.spent_today
        assert await bench.runner.commands.delete([job.id]) == [], "it is not in the Trash"
        await bench.runner.commands.trash([job.id])
        assert [each.id for each in await bench.runner.commands.delete([job.id, JobId("unknown")])] == [job.id]
        assert isinstance(bench.saved(job).phase, Removed)
        assert bench.runner.money.spent_today == spent
        assert await bench.runner.commands.restore([job.id]) == []
        (attempt,) = bench.store.attempts(job.id)
        assert attempt.outcome is Outcome.ACCEPTED


async def test_a_job_in_the_trash_cannot_be_changed_as_a_waiting_one(tmp_path: Path) -> None:
    async with Bench(FakeService(), tmp_path, paused=True) as bench:
        commands = bench.runner.commands
        (job,) = await commands.submit(REQUEST)
        await commands.trash([job.id])
        for command in (commands.edit(job.id, LOST), commands.hold([job.id]), commands.release([job.id])):
            with pytest.raises(CommandRejected, match="in the Trash"):
                await command
        assert bench.saved(job).phase == Trashed(Waiting(), job.changed_at)
