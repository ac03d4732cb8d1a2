"""Commands to the queue: pause, hold, reorder, edit. None of them undoes or repeats a create."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from builders import a_job
from engine_models import ENGINE
from fakes import DONE, FakeService, rendering_report
from hypothesis import given
from hypothesis import strategies as st
from waiting import until
from workbench import REQUEST, Bench, ChargingService, WrappedStore

from sora_desktop.api.errors import NotFound, Refused
from sora_desktop.api.service import BalanceReport
from sora_desktop.domain.job import (
    Abandoned,
    Failed,
    JobChange,
    JobId,
    Ready,
    RemoteId,
    Rendering,
    Saving,
    Trashed,
    Unconfirmed,
    Waiting,
    new_job,
)
from sora_desktop.domain.marks import MarkEdit
from sora_desktop.domain.queue import Before, Place
from sora_desktop.domain.request import VideoRequest
from sora_desktop.jobs.errors import CommandRejected
from sora_desktop.jobs.sending.order import moved
from sora_desktop.store.database.job_store import JobStore
from sora_desktop.store.errors import StoreError

OTHER = VideoRequest("a lighthouse at dawn")


async def test_commands_never_send_a_job_of_another_service(tmp_path: Path) -> None:
    service = FakeService()
    others = new_job(REQUEST, "https://elsewhere.example/api/v1", now=1.0)
    async with Bench(service, tmp_path) as bench:
        await bench.store.add([others])
        commands = bench.runner.commands
        await commands.hold([others.id])
        await asyncio.gather(
            commands.release([others.id]),
            commands.mark({others.id: MarkEdit(starred=True)}),
            commands.edit(others.id, OTHER),
        )
        await commands.reorder(others.id, Place.FRONT)
        mine = await bench.finished()
        assert isinstance(mine.phase, Ready)
        kept = bench.saved(others)
        assert (kept.phase, kept.request, kept.starred, kept.on_hold) == (Waiting(), OTHER, True, False)
        assert len(service.created) == 1


async def test_a_job_that_another_process_saved_during_the_start_is_sent_once(tmp_path: Path) -> None:
    service = FakeService()
    job = new_job(REQUEST, "test", now=1.0)
    async with Bench(service, tmp_path) as bench:
        await bench.store.add([job])
        for _ in range(2):
            await bench.runner.commands.accept([job])
            await bench.runner.until_idle()
        assert isinstance(bench.saved(job).phase, Ready) and len(service.created) == 1


async def test_a_paused_queue_sends_nothing_until_it_is_resumed(tmp_path: Path) -> None:
    service = ChargingService()
    async with Bench(service, tmp_path, paused=True) as bench:
        assert bench.states[-1].paused
        await bench.runner.commands.submit(REQUEST)
        await bench.runner.until_idle()
        assert not service.prompts
        bench.runner.commands.pause(False)
        await bench.runner.until_idle()
        assert len(service.prompts) == 1
        bench.runner.commands.pause(True)
        assert bench.states[-1].paused
        await bench.runner.commands.submit(REQUEST)
        await bench.runner.until_idle()
        assert len(service.prompts) == 1


async def test_a_pause_while_a_job_is_prepared_keeps_it_unsent(tmp_path: Path) -> None:
    service = ChargingService()
    async with Bench(service, tmp_path) as bench:
        balance = service.balance

        async def slow_balance() -> BalanceReport:
            bench.runner.commands.pause(True)
            return await balance()

        service.balance = slow_balance  # type: ignore[method-assign]
        (job,) = await bench.runner.commands.submit(REQUEST)
        await bench.runner.until_idle()
        assert isinstance(bench.saved(job).phase, Waiting)
        assert not service.prompts


async def test_jobs_pass_one_that_is_on_hold(tmp_path: Path) -> None:
    service = ChargingService()
    async with Bench(service, tmp_path) as bench:
        held = bench.runner.commands.new_job(REQUEST)
        await bench.runner.commands.accept([replace(held, on_hold=True)])
        await bench.finished(OTHER)
        assert not service.creates_of(REQUEST.prompt)
        await bench.runner.commands.release([held.id])
        await bench.runner.until_idle()
        assert service.creates_of(REQUEST.prompt) == 1
        with pytest.raises(CommandRejected, match="can no longer be changed"):
            await bench.runner.commands.hold([held.id])


async def test_the_order_of_the_queue_survives_a_restart(tmp_path: Path) -> None:
    service = ChargingService()
    async with Bench(service, tmp_path, paused=True) as bench:
        jobs = [(await bench.runner.commands.submit(VideoRequest(name)))[0] for name in "abcd"]
        await bench.runner.commands.reorder(jobs[3].id, Place.FRONT)
        await bench.runner.commands.reorder(jobs[0].id, Place.DOWN)
        await bench.runner.commands.reorder(jobs[2].id, Place.FRONT)
        assert [job.request.prompt for job in bench.runner.jobs()] == ["c", "d", "b", "a"]
    async with Bench(service, tmp_path, paused=True) as bench:
        (late,) = await bench.runner.commands.submit(VideoRequest("e"))
        assert bench.runner.jobs()[-1].id == late.id
        bench.runner.commands.pause(False)
        await bench.runner.until_idle()
        assert list(service.prompts.values()) == ["c", "d", "b", "a", "e"]


@given(st.lists(st.sampled_from([1.0, 2.0, 2.0005, 3.0]), min_size=1, max_size=6), st.data())
def test_moving_a_job_keeps_the_order_of_the_others(positions: list[float], data: st.DataObject) -> None:
    jobs = [a_job(Waiting(), n, made=place) for n, place in enumerate(positions)]
    order = [job.id for job in sorted(jobs, key=lambda job: (job.position, job.id))]
    chosen = data.draw(st.sampled_from(order))
    at = order.index(chosen)
    others = [id for id in order if id != chosen]
    end = len(others)
    place = data.draw(st.sampled_from([*Place, *map(Before, order), Before(JobId("sent"))]))
    changed = moved(jobs, chosen, place)
    if isinstance(place, Before):
        to = others.index(place.id) if place.id in others else at
    else:
        to = {Place.FRONT: 0, Place.UP: max(at - 1, 0), Place.DOWN: min(at + 1, end), Place.END: end}[place]
    after = {job.id: job for job in jobs} | {job.id: job for job in changed}
    positions_now = [job.position for job in after.values()]
    result = [job.id for job in sorted(after.values(), key=lambda job: (job.position, job.id))]
    assert result == [*others[:to], chosen, *others[to:]]
    assert len(positions) == 1 or len(set(positions_now)) == len(positions_now) or not changed


async def test_a_waiting_job_can_be_edited_and_a_sent_one_cannot(tmp_path: Path) -> None:
    service = ChargingService()
    async with Bench(service, tmp_path, paused=True) as bench:
        (job,) = await bench.runner.commands.submit(REQUEST)
        await bench.runner.commands.edit(job.id, OTHER)
        assert bench.saved(job).request == OTHER
        with pytest.raises(CommandRejected, match="Describe the video"):
            await bench.runner.commands.edit(job.id, VideoRequest(" "))
        bench.runner.commands.pause(False)
        await bench.runner.until_idle()
        assert list(service.prompts.values()) == [OTHER.prompt]
        with pytest.raises(CommandRejected, match="can no longer be changed"):
            await bench.runner.commands.edit(job.id, REQUEST)


class SlowStore(WrappedStore):
    """A store in which writing takes a few iterations of the loop, so that other tasks run in between."""

    def __init__(self, store: JobStore, turns: Callable[[], int]) -> None:
        super().__init__(store)
        self._turns = turns

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.store, name)
        if name not in ("save", "add", "begin_attempt", "end_attempt", "judge_attempt"):
            return found

        async def slow(*arguments: Any, **named: Any) -> Any:
            for _ in range(self._turns()):
                await asyncio.sleep(0)
            result = await found(*arguments, **named)
            for _ in range(self._turns()):
                await asyncio.sleep(0)
            return result

        return slow


@pytest.mark.parametrize("action", ["trash", "edit", "hold", "reorder", "abandon", "mark"])
async def test_no_command_during_sending_undoes_or_repeats_a_create(tmp_path: Path, action: str) -> None:
    chance = random.Random(action)
    for number in range(12):
        service = ChargingService()
        folder = tmp_path / str(number)
        folder.mkdir()
        wait = chance.randrange(60)

        async with Bench(service, folder, wrap=lambda store: SlowStore(store, lambda: chance.randrange(4))) as bench:
            (job,) = await bench.runner.commands.submit(REQUEST)
            for _ in range(wait):
                await asyncio.sleep(0)
            arguments: dict[str, tuple[Any, ...]] = {"edit": (OTHER,), "reorder": (Place.FRONT,)}
            try:
                target: object = [job.id] if action in ("trash", "hold") else job.id
                target = {job.id: MarkEdit(starred=True)} if action == "mark" else target
                await getattr(bench.runner.commands, action)(target, *arguments.get(action, ()))
                done = True
            except CommandRejected:
                done = False
            await bench.runner.until_idle()
            phase = bench.saved(job).phase
            bought = len(service.prompts)
            unsent = isinstance(phase.before if isinstance(phase, Trashed) else phase, Waiting)
            assert bought == (0 if unsent else 1), phase
            if isinstance(phase, Waiting):
                assert action == "hold" and bench.saved(job).on_hold
            elif isinstance(phase, Trashed):
                assert action == "trash" and done and isinstance(phase.before, Waiting | Ready), phase
            else:
                assert isinstance(phase, Ready | Abandoned), phase
            if action == "edit" and done:
                assert list(service.prompts.values()) == [OTHER.prompt]
            if action == "mark":
                assert bench.saved(job).starred and bench.last_shown(job).starred


async def test_stars_and_phase_changes_do_not_overwrite_each_other(tmp_path: Path) -> None:
    """The star stays, and no phase change is undone."""
    chance = random.Random(7)
    service = FakeService(on_poll=[rendering_report(20), rendering_report(50), rendering_report(80), DONE])
    async with Bench(service, tmp_path, wrap=lambda store: SlowStore(store, lambda: chance.randrange(4))) as bench:
        (job,) = await bench.runner.commands.submit(REQUEST)
        starred = False
        while not isinstance(bench.saved(job).phase, Ready):
            starred = not starred
            await bench.runner.commands.mark({job.id: MarkEdit(starred=starred)})
            moment = bench.clock.now()  # virtual time stands still during writes: let it pass between two stars
            for _ in range(50):
                if bench.clock.now() != moment:
                    break
                await asyncio.sleep(0.001)
        await bench.runner.until_idle()
        assert bench.saved(job).starred is starred
        assert bench.phases(job) == ["waiting", "unconfirmed", "rendering", "saving", "ready"]


async def test_a_job_whose_answer_may_still_come_cannot_be_removed_or_sent_again(tmp_path: Path) -> None:
    service = ChargingService()
    async with Bench(service, tmp_path) as bench:
        asked, answer = asyncio.Event(), asyncio.Event()

        async def slowly(_: VideoRequest) -> None:
            asked.set()
            await answer.wait()

        service.before_create = slowly
        (job,) = await bench.runner.commands.submit(REQUEST)
        await asked.wait()
        commands = bench.runner.commands
        for command in (commands.trash([job.id]), commands.send_again(job.id), commands.reconcile(job.id)):
            with pytest.raises(CommandRejected, match="being sent"):
                await command
        answer.set()
        await bench.runner.until_idle()
        assert isinstance(bench.saved(job).phase, Ready)
        assert len(service.prompts) == 1


async def test_many_jobs_are_removed_in_one_transaction_without_the_one_being_sent(tmp_path: Path) -> None:
    service = ChargingService()
    is_sent, answer, transactions = asyncio.Event(), asyncio.Event(), []

    async def slow_create(_: VideoRequest) -> None:
        is_sent.set()
        await answer.wait()

    class CountingStore(WrappedStore):
        async def change(self, changes: Sequence[JobChange]) -> None:
            transactions.append(len(changes))
            await self.store.change(changes)

    service.before_create = slow_create
    async with Bench(service, tmp_path, wrap=CountingStore) as bench:
        first, *others = await bench.runner.commands.submit(REQUEST, takes=50)
        await is_sent.wait()
        transactions.clear()
        with pytest.raises(CommandRejected, match="being sent"):
            await bench.runner.commands.trash([first.id, *(job.id for job in others)])
        assert transactions == [49]
        assert all(isinstance(bench.saved(job).phase, Trashed) for job in others)
        answer.set()
        await bench.runner.until_idle()
        assert isinstance(bench.saved(first).phase, Ready) and len(service.prompts) == 1


async def test_an_answer_that_cannot_be_written_is_kept_until_it_can(tmp_path: Path) -> None:
    service = ChargingService()
    failures = iter(range(3))

    class FailingStore(WrappedStore):
        async def end_attempt(self, *arguments: Any) -> None:
            if next(failures, None) is not None:
                raise StoreError("The disk is full. Make room.")
            await self.store.end_attempt(*arguments)

    async with Bench(service, tmp_path, wrap=FailingStore) as bench:
        job = await bench.finished()
        assert isinstance(job.phase, Ready)
        assert len(service.prompts) == 1
        warnings = [shown.phase.warning for shown in bench.shown if isinstance(shown.phase, Rendering)]
        assert any("Keep the program open" in warning for warning in warnings)


async def test_a_phase_that_cannot_be_written_is_written_later(tmp_path: Path) -> None:
    service = ChargingService()
    failures = iter(range(4))

    class FailingStore(WrappedStore):
        async def change(self, changes: Sequence[JobChange]) -> None:
            if isinstance(changes[0].changed.phase, Saving | Ready) and next(failures, None) is not None:
                raise StoreError("The disk is full. Make room.")
            await self.store.change(changes)

    async with Bench(service, tmp_path, wrap=FailingStore) as bench:
        job = await bench.finished()
        assert isinstance(job.phase, Ready)
        assert len(list((tmp_path / "library").glob("*.mp4"))) == 1


async def test_a_full_disk_blocks_the_queue_and_fails_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    service = ChargingService()
    free = 10 * 2**20
    monkeypatch.setattr("sora_desktop.store.disk.free_bytes", lambda _: free)

    async with Bench(service, tmp_path) as bench:
        (job,) = await bench.runner.commands.submit(REQUEST)
        await bench.runner.until_idle()
        phase = bench.saved(job).phase
        assert isinstance(phase, Waiting) and "Free some space" in phase.reason
        assert "Free some space" in bench.states[-1].reason
        assert not service.prompts
        free = 10 * 2**30
        bench.runner.commands.go_on()
        await bench.runner.until_idle()
        assert isinstance(bench.saved(job).phase, Ready)


async def test_abandoning_a_job_while_it_finishes_loses_no_clip(tmp_path: Path) -> None:
    chance = random.Random(3)
    for number in range(12):
        service = ChargingService()
        folder = tmp_path / str(number)
        folder.mkdir()
        wait = chance.randrange(80)

        async with Bench(service, folder, wrap=lambda store: SlowStore(store, lambda: chance.randrange(4))) as bench:
            (job,) = await bench.runner.commands.submit(REQUEST)
            await until(lambda service=service: service.fetched)  # type: ignore[misc]
            for _ in range(wait):
                await asyncio.sleep(0)
            await bench.runner.commands.abandon(job.id)
            if isinstance(bench.saved(job).phase, Abandoned):
                await asyncio.gather(bench.runner.commands.resume(job.id), bench.runner.commands.resume(job.id))
            await bench.runner.until_idle()
            assert isinstance(bench.saved(job).phase, Ready)
            assert len(list((bench.folder / "library").glob("*.mp4"))) == 1


async def abandon_a_rendering(bench: Bench) -> None:
    """Submit a job and abandon it while it renders."""
    (job,) = await bench.runner.commands.submit(REQUEST)
    await until(lambda: isinstance(bench.saved(job).phase, Rendering))
    await bench.runner.commands.abandon(job.id)


async def test_the_clip_of_an_abandoned_job_is_saved_at_the_next_start(tmp_path: Path) -> None:
    service = ChargingService(polls=10**6)
    async with Bench(service, tmp_path) as bench:
        await abandon_a_rendering(bench)
    service.polls = 1
    async with Bench(service, tmp_path) as bench:
        (job,) = bench.store.everything()
        await until(lambda: isinstance(bench.saved(job).phase, Ready))
    assert service.creates_of(REQUEST.prompt) == 1


async def test_an_abandoned_job_that_is_still_rendering_stays_abandoned_at_the_next_start(tmp_path: Path) -> None:
    service = ChargingService(polls=10**6)
    async with Bench(service, tmp_path) as bench:
        await abandon_a_rendering(bench)
    async with Bench(service, tmp_path) as bench:
        await bench.runner.until_idle()
        (job,) = bench.store.everything()
        assert isinstance(job.phase, Abandoned)
        service.polls = 1
        await bench.runner.commands.resume(job.id)
        await bench.runner.until_idle()
        assert isinstance(bench.saved(job).phase, Ready)


async def test_a_job_of_another_service_is_neither_sent_nor_polled(tmp_path: Path) -> None:
    service = ChargingService()
    async with Bench(service, tmp_path) as bench:
        lost = new_job(REQUEST, "https://elsewhere.example", 1.0)
        stopped = new_job(REQUEST, "https://elsewhere.example", 2.0)
        await bench.store.add(
            [replace(lost, phase=Unconfirmed("unknown")), replace(stopped, phase=Abandoned(RemoteId("task_9")))]
        )
        for action in (bench.runner.commands.send_again, bench.runner.commands.reconcile):
            with pytest.raises(CommandRejected, match="elsewhere"):
                await action(lost.id)
        with pytest.raises(CommandRejected, match="elsewhere"):
            await bench.runner.commands.resume(stopped.id)
        await bench.runner.until_idle()
        assert not service.prompts and not service.polled


async def test_only_waiting_jobs_are_accepted_from_other_processes(tmp_path: Path) -> None:

    async with Bench(FakeService(on_poll=[NotFound("unknown")]), tmp_path) as bench:
        made = a_job(Rendering(RemoteId("task_1")), made=1.0, service="test")
        await bench.runner.commands.accept([made])
        assert bench.store.read(made.id) is None


async def test_many_jobs_are_held_released_and_starred_in_one_transaction_each(tmp_path: Path) -> None:
    service, transactions = FakeService(), list[int]()

    class CountingStore(WrappedStore):
        async def change(self, changes: Sequence[JobChange]) -> None:
            transactions.append(len(changes))
            await self.store.change(changes)

    async with Bench(service, tmp_path, wrap=CountingStore, paused=True) as bench:
        commands = bench.runner.commands
        waiting = await commands.submit(REQUEST, takes=20)
        failed = replace(commands.new_job(REQUEST), phase=Failed("It broke."))
        await bench.store.add([failed])
        ids = [failed.id, *(job.id for job in waiting)]
        transactions.clear()
        await commands.mark(dict.fromkeys(ids, MarkEdit(starred=True)))
        for set_on_hold in (commands.hold, commands.release, commands.hold):
            with pytest.raises(CommandRejected, match="can no longer be changed"):
                await set_on_hold(ids)
            assert bench.runner.waiting_count == (20 if set_on_hold == commands.release else 0)
        assert transactions == [21, 20, 20, 20]
        assert [bench.saved(job) for job in waiting] == [replace(job, starred=True, on_hold=True) for job in waiting]
        assert bench.saved(failed) == replace(failed, starred=True)
        commands.pause(False)
        await bench.runner.until_idle()
        assert not service.created


async def test_takes_are_saved_with_a_seed_each(tmp_path: Path) -> None:
    """The same seed would give the same video again, and an engine may take one seed for all that name none."""
    async with Bench(FakeService(), tmp_path, capabilities=ENGINE) as bench:
        chosen = await bench.runner.commands.submit(replace(ENGINE.default_request("a boat"), seed=7), takes=2)
        rolled = await bench.runner.commands.submit(ENGINE.default_request("a cat"), takes=2)
        await bench.runner.until_idle()
        saved = [bench.saved(job).request.seed for job in (*chosen, *rolled)]
    assert saved[:2] == [7, 8] and saved[2] is not None and saved[3] is not None and saved[2] != saved[3]


async def test_another_take_of_a_clip_has_a_new_seed_and_a_retry_keeps_its_own(tmp_path: Path) -> None:
    """The same seed gives the same clip again. A request that has no clip yet is sent as the user wrote it."""
    async with Bench(
        FakeService(on_create=[Refused("No."), "task_1", "task_2"]), tmp_path, capabilities=ENGINE
    ) as bench:
        request = replace(ENGINE.default_request("a boat"), seed=7)
        failed = await bench.finished(request)
        (retried,) = await bench.runner.commands.retry(failed.id)
        assert retried.request == request
        await bench.runner.until_idle()
        (another,) = await bench.runner.commands.retry(retried.id)
        assert isinstance(bench.saved(retried).phase, Ready)
        assert another.request.seed not in (None, 7) and replace(another.request, seed=7) == request
