"""A person's hand in the queue: pause, hold, order, edit, and never a create undone or doubled by it."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fakes import DONE, FakeService, at_work
from hypothesis import given
from hypothesis import strategies as st
from workbench import REQUEST, Bench, World, until

from sora_desktop.api.errors import NotFound
from sora_desktop.api.service import BalanceReport
from sora_desktop.domain.job import (
    Abandoned,
    Job,
    JobId,
    Ready,
    RemoteId,
    Removed,
    Rendering,
    Saving,
    Unconfirmed,
    Waiting,
    new_job,
)
from sora_desktop.domain.request import VideoRequest
from sora_desktop.jobs.errors import CommandRejected
from sora_desktop.jobs.sending.order import Before, Place, moved
from sora_desktop.store.database.job_store import JobStore
from sora_desktop.store.errors import StoreError

OTHER = VideoRequest("a lighthouse at dawn")


async def test_another_services_job_is_never_sent_here_whatever_a_person_does_with_it(tmp_path: Path) -> None:
    service = FakeService()
    others = new_job(REQUEST, "https://elsewhere.example/api/v1", now=1.0)
    async with Bench(service, tmp_path) as bench:
        await bench.store.save(others)
        commands = bench.runner.commands
        await commands.hold(others.id)
        await asyncio.gather(
            commands.release(others.id),
            commands.star(others.id, True),
            commands.edit(others.id, OTHER),
        )
        await commands.reorder(others.id, Place.FRONT)
        mine = await bench.carried()
        assert isinstance(mine.phase, Ready)
        kept = bench.saved(others)
        assert (kept.phase, kept.request, kept.starred, kept.on_hold) == (Waiting(), OTHER, True, False)
        assert len(service.created) == 1


async def test_a_job_that_was_saved_elsewhere_while_the_run_began_is_sent_once(tmp_path: Path) -> None:
    service = FakeService()
    job = new_job(REQUEST, "test", now=1.0)
    async with Bench(service, tmp_path) as bench:
        await bench.store.save(job)
        for _ in range(2):
            await bench.runner.commands.accept([job])
            await bench.runner.settled()
        assert isinstance(bench.saved(job).phase, Ready) and len(service.created) == 1


async def test_a_paused_queue_sends_nothing_until_it_is_told(tmp_path: Path) -> None:
    world = World()
    async with Bench(world, tmp_path, paused=True) as bench:
        assert bench.states[-1].paused
        await bench.runner.commands.submit(REQUEST)
        await bench.runner.settled()
        assert not world.prompts
        bench.runner.commands.pause(False)
        await bench.runner.settled()
        assert len(world.prompts) == 1
        bench.runner.commands.pause(True)
        assert bench.states[-1].paused
        await bench.runner.commands.submit(REQUEST)
        await bench.runner.settled()
        assert len(world.prompts) == 1


async def test_pausing_while_one_is_prepared_keeps_it_unsent(tmp_path: Path) -> None:
    world = World()
    async with Bench(world, tmp_path) as bench:
        balance = world.balance

        async def slow_balance() -> BalanceReport:
            bench.runner.commands.pause(True)
            return await balance()

        world.balance = slow_balance  # type: ignore[method-assign]
        (job,) = await bench.runner.commands.submit(REQUEST)
        await bench.runner.settled()
        assert isinstance(bench.saved(job).phase, Waiting)
        assert not world.prompts


async def test_one_held_lets_the_others_pass(tmp_path: Path) -> None:
    world = World()
    async with Bench(world, tmp_path) as bench:
        held = bench.runner.commands.new_job(REQUEST)
        await bench.runner.commands.accept([replace(held, on_hold=True)])
        await bench.carried(OTHER)
        assert not world.creates_of(REQUEST.prompt)
        await bench.runner.commands.release(held.id)
        await bench.runner.settled()
        assert world.creates_of(REQUEST.prompt) == 1
        with pytest.raises(CommandRejected, match="can no longer be changed"):
            await bench.runner.commands.hold(held.id)


async def test_the_order_is_a_persons_and_survives_a_restart(tmp_path: Path) -> None:
    world = World()
    async with Bench(world, tmp_path, paused=True) as bench:
        jobs = [(await bench.runner.commands.submit(VideoRequest(name)))[0] for name in "abcd"]
        await bench.runner.commands.reorder(jobs[3].id, Place.FRONT)
        await bench.runner.commands.reorder(jobs[0].id, Place.DOWN)
        await bench.runner.commands.reorder(jobs[2].id, Place.FRONT)
        assert [job.request.prompt for job in bench.runner.jobs()] == ["c", "d", "b", "a"]
    async with Bench(world, tmp_path, paused=True) as bench:
        (late,) = await bench.runner.commands.submit(VideoRequest("e"))
        assert bench.runner.jobs()[-1].id == late.id
        bench.runner.commands.pause(False)
        await bench.runner.settled()
        assert list(world.prompts.values()) == ["c", "d", "b", "a", "e"]


@given(st.lists(st.sampled_from([1.0, 2.0, 2.0005, 3.0]), min_size=1, max_size=6), st.data())
def test_moving_one_moves_no_other(positions: list[float], data: st.DataObject) -> None:
    jobs = [Job(JobId(f"j{n}"), REQUEST, Waiting(), 0, 0, place) for n, place in enumerate(positions)]
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


async def test_a_waiting_job_is_edited_and_a_sent_one_is_not(tmp_path: Path) -> None:
    world = World()
    async with Bench(world, tmp_path, paused=True) as bench:
        (job,) = await bench.runner.commands.submit(REQUEST)
        await bench.runner.commands.edit(job.id, OTHER)
        assert bench.saved(job).request == OTHER
        with pytest.raises(CommandRejected, match="Describe the video"):
            await bench.runner.commands.edit(job.id, VideoRequest(" "))
        bench.runner.commands.pause(False)
        await bench.runner.settled()
        assert list(world.prompts.values()) == [OTHER.prompt]
        with pytest.raises(CommandRejected, match="can no longer be changed"):
            await bench.runner.commands.edit(job.id, REQUEST)


class Slow:
    """A store in which writing takes a few turns of the loop, so that others get in between."""

    def __init__(self, store: JobStore, turns: Callable[[], int]) -> None:
        self._store = store
        self._turns = turns

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._store, name)
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


@pytest.mark.parametrize("action", ["remove", "edit", "hold", "reorder", "abandon", "star"])
async def test_no_verb_in_the_instant_of_sending_undoes_or_doubles_a_create(tmp_path: Path, action: str) -> None:
    chance = random.Random(action)
    for number in range(12):
        world = World()
        folder = tmp_path / str(number)
        folder.mkdir()
        wait = chance.randrange(60)

        async with Bench(world, folder, wrap=lambda store: Slow(store, lambda: chance.randrange(4))) as bench:
            (job,) = await bench.runner.commands.submit(REQUEST)
            for _ in range(wait):
                await asyncio.sleep(0)
            arguments: dict[str, tuple[Any, ...]] = {"edit": (OTHER,), "reorder": (Place.FRONT,), "star": (True,)}
            try:
                target = [job.id] if action == "remove" else job.id
                await getattr(bench.runner.commands, action)(target, *arguments.get(action, ()))
                done = True
            except CommandRejected:
                done = False
            await bench.runner.settled()
            phase = bench.saved(job).phase
            bought = len(world.prompts)
            assert bought == (0 if isinstance(phase, Removed | Waiting) else 1), phase
            if isinstance(phase, Waiting):
                assert action == "hold" and bench.saved(job).on_hold
            elif isinstance(phase, Removed):
                assert action == "remove" and done
            else:
                assert isinstance(phase, Ready | Abandoned), phase
            if action == "edit" and done:
                assert list(world.prompts.values()) == [OTHER.prompt]
            if action == "star":
                assert bench.saved(job).starred and [j for j in bench.shown if j.id == job.id][-1].starred


async def test_what_a_star_changes_is_not_what_a_step_changes(tmp_path: Path) -> None:
    """Both at once, many times: the star stays, and no step is undone."""
    chance = random.Random(7)
    service = FakeService(on_poll=[at_work(20), at_work(50), at_work(80), DONE])
    async with Bench(service, tmp_path, wrap=lambda store: Slow(store, lambda: chance.randrange(4))) as bench:
        (job,) = await bench.runner.commands.submit(REQUEST)
        starred = False
        while not isinstance(bench.saved(job).phase, Ready):
            starred = not starred
            await bench.runner.commands.star(job.id, starred)
            moment = (
                bench.clock.now()
            )  # virtual time stands while anything is written, so let it move between two stars
            for _ in range(50):
                if bench.clock.now() != moment:
                    break
                await asyncio.sleep(0.001)
        await bench.runner.settled()
        assert bench.saved(job).starred is starred
        assert bench.phases(job) == ["waiting", "unconfirmed", "rendering", "saving", "ready"]


async def test_nobody_takes_away_a_job_whose_answer_may_still_come(tmp_path: Path) -> None:
    world = World()
    async with Bench(world, tmp_path) as bench:
        asked, answer = asyncio.Event(), asyncio.Event()

        async def slowly(_: VideoRequest) -> None:
            asked.set()
            await answer.wait()

        world.before_create = slowly
        (job,) = await bench.runner.commands.submit(REQUEST)
        await asked.wait()
        commands = bench.runner.commands
        for command in (commands.remove([job.id]), commands.send_again(job.id), commands.reconcile(job.id)):
            with pytest.raises(CommandRejected, match="being sent"):
                await command
        answer.set()
        await bench.runner.settled()
        assert isinstance(bench.saved(job).phase, Ready)
        assert len(world.prompts) == 1


async def test_an_answer_that_cannot_be_noted_is_kept_until_it_can(tmp_path: Path) -> None:
    world = World()
    failing = 3

    def fragile(store: JobStore) -> Any:
        class Fragile:
            def __getattr__(self, name: str) -> Any:
                return getattr(store, name)

            async def end_attempt(self, *arguments: Any) -> None:
                nonlocal failing
                if failing:
                    failing -= 1
                    raise StoreError("The disk is full. Make room.")
                await store.end_attempt(*arguments)

        return Fragile()

    async with Bench(world, tmp_path, wrap=fragile) as bench:
        job = await bench.carried()
        assert isinstance(job.phase, Ready)
        assert len(world.prompts) == 1
        troubles = [shown.phase.warning for shown in bench.shown if isinstance(shown.phase, Rendering)]
        assert any("Keep the program open" in trouble for trouble in troubles)


async def test_a_step_that_cannot_be_written_is_tried_again(tmp_path: Path) -> None:
    world = World()
    failing = 4

    def fragile(store: JobStore) -> Any:
        class Fragile:
            def __getattr__(self, name: str) -> Any:
                return getattr(store, name)

            async def save(self, job: Job) -> None:
                nonlocal failing
                if failing and isinstance(job.phase, Saving | Ready):
                    failing -= 1
                    raise StoreError("The disk is full. Make room.")
                await store.save(job)

        return Fragile()

    async with Bench(world, tmp_path, wrap=fragile) as bench:
        job = await bench.carried()
        assert isinstance(job.phase, Ready)
        assert len(list((tmp_path / "library").glob("*.mp4"))) == 1


async def test_a_full_disk_holds_the_queue_and_fails_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    free = 10 * 2**20
    monkeypatch.setattr("sora_desktop.store.disk.free_bytes", lambda _: free)

    async with Bench(world, tmp_path) as bench:
        (job,) = await bench.runner.commands.submit(REQUEST)
        await bench.runner.settled()
        phase = bench.saved(job).phase
        assert isinstance(phase, Waiting) and "Free some space" in phase.reason
        assert "Free some space" in bench.states[-1].reason
        assert not world.prompts
        free = 10 * 2**30
        bench.runner.commands.go_on()
        await bench.runner.settled()
        assert isinstance(bench.saved(job).phase, Ready)


async def test_stopping_in_the_instant_of_finishing_loses_no_clip(tmp_path: Path) -> None:
    chance = random.Random(3)
    for number in range(12):
        world = World()
        folder = tmp_path / str(number)
        folder.mkdir()
        wait = chance.randrange(80)

        async with Bench(world, folder, wrap=lambda store: Slow(store, lambda: chance.randrange(4))) as bench:
            (job,) = await bench.runner.commands.submit(REQUEST)
            while not world.fetched:
                await asyncio.sleep(0.001)
            for _ in range(wait):
                await asyncio.sleep(0)
            await bench.runner.commands.abandon(job.id)
            if isinstance(bench.saved(job).phase, Abandoned):
                await asyncio.gather(bench.runner.commands.resume(job.id), bench.runner.commands.resume(job.id))
            await bench.runner.settled()
            assert isinstance(bench.saved(job).phase, Ready)
            assert len(list((bench.folder / "library").glob("*.mp4"))) == 1


async def stop_a_rendering(bench: Bench) -> None:
    """A person stops waiting for a video that is being made."""
    (job,) = await bench.runner.commands.submit(REQUEST)
    await until(lambda: isinstance(bench.saved(job).phase, Rendering))
    await bench.runner.commands.abandon(job.id)


async def test_a_late_result_of_a_stopped_job_is_saved_at_the_next_start(tmp_path: Path) -> None:
    world = World(polls=10**6)
    async with Bench(world, tmp_path) as bench:
        await stop_a_rendering(bench)
    world.polls = 1
    async with Bench(world, tmp_path) as bench:
        (job,) = bench.store.everything()
        await until(lambda: isinstance(bench.saved(job).phase, Ready))
    assert world.creates_of(REQUEST.prompt) == 1


async def test_a_stopped_job_that_is_still_rendered_stays_stopped_at_the_next_start(tmp_path: Path) -> None:
    world = World(polls=10**6)
    async with Bench(world, tmp_path) as bench:
        await stop_a_rendering(bench)
    async with Bench(world, tmp_path) as bench:
        await bench.runner.settled()
        (job,) = bench.store.everything()
        assert isinstance(job.phase, Abandoned)
        world.polls = 1
        await bench.runner.commands.resume(job.id)
        await bench.runner.settled()
        assert isinstance(bench.saved(job).phase, Ready)


async def test_a_job_of_another_service_is_neither_sent_nor_watched_here(tmp_path: Path) -> None:
    world = World()
    async with Bench(world, tmp_path) as bench:
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
        await bench.runner.settled()
        assert not world.prompts and not world.polled


async def test_only_jobs_that_wait_are_taken_from_outside(tmp_path: Path) -> None:

    async with Bench(FakeService(on_poll=[NotFound("unknown")]), tmp_path) as bench:
        made = replace(new_job(REQUEST, "test", 1.0), phase=Rendering(RemoteId("task_1")))
        await bench.runner.commands.accept([made])
        assert bench.store.read(made.id) is None
