"""Lists that tempt the program to render a request twice, or to take over another video."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fake_engine import EngineTask, FakeEngine, FakeReplicas
from jobs.money.test_lost_at_engine import OTHER, REQUEST, a_bench, an_engine, doubt_about, outcomes, run
from waiting import until
from workbench import LoopClock

from sora_desktop.api.errors import NotFound
from sora_desktop.api.service import TaskList, TaskReport
from sora_desktop.domain.job import Ready, RemoteId
from sora_desktop.domain.ledger import Outcome
from sora_desktop.domain.request import VideoRequest
from sora_desktop.jobs.money.list_reader import READINGS
from sora_desktop.jobs.money.reconcile import LOST_IN_A_ROW

pytestmark = pytest.mark.virtual_time


async def test_absence_needs_two_readings_that_agree(tmp_path: Path) -> None:
    """Two engines answer at one address: the second reading meets, by chance, only the one without the task."""
    engine = an_engine()
    engine.swallows.add(REQUEST.prompt)
    async with a_bench(engine, tmp_path) as bench:
        await run(bench, OTHER)
        readings = 0
        hidden: list[EngineTask] = []

        def flip() -> None:
            nonlocal readings
            if not engine.creates_of(REQUEST.prompt):
                return
            readings += 1
            hidden.extend(task for task in engine.tasks_ if task.listed.prompt == REQUEST.prompt)
            engine.tasks_ = [task for task in engine.tasks_ if task.listed.prompt != REQUEST.prompt]
            engine.is_complete = readings > READINGS  # the first reading proves nothing

        engine.before_list = flip
        job = await run(bench)
        assert engine.creates_of(REQUEST.prompt) == 1 and hidden
        doubt_about(bench, job)


async def test_an_engine_that_crashed_at_the_create_and_is_back_at_once_has_not_kept_it(tmp_path: Path) -> None:
    engine = an_engine()
    engine.up_since = engine.now() - 3600
    engine.swallows.add(REQUEST.prompt)
    crashed = False

    def crash() -> None:
        nonlocal crashed
        if engine.creates_of(REQUEST.prompt) and not crashed:
            crashed = True
            engine.restart()

    async def start_again(request: VideoRequest) -> None:
        engine.up_since = engine.now() + 2

    engine.before_list, engine.before_create = crash, start_again
    async with a_bench(engine, tmp_path) as bench:
        job = await run(bench)
        assert engine.creates_of(REQUEST.prompt) == 1, "created a second time without the user"
        doubt_about(bench, job)


async def test_checking_twice_at_once_does_not_bring_back_what_was_decided(tmp_path: Path) -> None:
    engine = an_engine()
    async with a_bench(engine, tmp_path) as bench:
        await run(bench, OTHER)
        engine.drops.add(REQUEST.prompt)
        engine.is_complete = False
        job = await run(bench)
        assert outcomes(bench, job) == [Outcome.UNKNOWN]
        engine.is_complete = True
        engine.drops.clear()
        go_on = asyncio.Event()

        async def wait(request: VideoRequest) -> None:
            await go_on.wait()

        engine.before_create = wait
        await bench.runner.commands.submit(OTHER)
        await until(lambda: engine.asked_for(OTHER.prompt) == 2)
        both = [asyncio.ensure_future(bench.runner.commands.reconcile(job.id)) for _ in range(2)]
        await asyncio.sleep(0)
        go_on.set()
        await asyncio.gather(*both)
        assert outcomes(bench, job)[0] is Outcome.REFUSED
        assert bench.last_shown(job).phase == bench.saved(job).phase, "it is shown as it was before"
        await bench.runner.until_idle()
        assert isinstance(bench.saved(job).phase, Ready) and engine.creates_of(REQUEST.prompt) == 1


async def test_a_program_that_is_started_again_and_again_does_not_send_for_ever(tmp_path: Path) -> None:
    engine = an_engine()
    async with a_bench(engine, tmp_path) as bench:
        await run(bench, OTHER)
        engine.drops.add(REQUEST.prompt)
        (job,) = await bench.runner.commands.submit(REQUEST)
        await until(lambda: outcomes(bench, job) == [Outcome.REFUSED])
    for number in range(2, LOST_IN_A_ROW + 2):
        async with a_bench(engine, tmp_path) as bench:
            if number > LOST_IN_A_ROW:
                await bench.runner.until_idle()
            else:
                await until(lambda: outcomes(bench, job).count(Outcome.REFUSED) >= number)  # noqa: B023
    assert engine.asked_for(REQUEST.prompt) == LOST_IN_A_ROW


async def test_a_video_of_the_same_engine_at_another_address_is_not_adopted(tmp_path: Path) -> None:
    """Both addresses lead to one engine: its list at the second shows what was created at the first."""
    engine = SameEngine()
    async with a_bench(engine, tmp_path) as bench:
        engine.polls_to_end = 10**6
        engine.drops.add(REQUEST.prompt)
        engine.before_list = lambda: setattr(engine, "is_complete", not engine.asked_for(REQUEST.prompt))
        lost = await run(bench, REQUEST)
        assert outcomes(bench, lost) == [Outcome.UNKNOWN]
        engine.drops.clear()
        (accepted,) = await bench.runner.commands.submit(REQUEST)
        await until(lambda: outcomes(bench, accepted) == [Outcome.ACCEPTED])
        await bench.runner.commands.reconcile(lost.id)
        assert outcomes(bench, lost) == [Outcome.UNKNOWN]
        assert "one engine" in doubt_about(bench, lost)


class SameEngine(FakeReplicas):
    """One engine with two addresses; each create goes to the other one than the last."""

    def __init__(self) -> None:
        super().__init__(LoopClock().now, ("http://a/v1", "http://b/v1"))

    def place_for_next(self, active: Iterable[RemoteId]) -> str:
        return self.places[len(self._asked) % 2]

    async def tasks(self, place: str = "", **how: Any) -> TaskList:
        for task in self.tasks_:
            id = RemoteId(f"{task.listed.remote_id.partition('@')[0]}@{place}")
            self.tasks_[self.tasks_.index(task)] = EngineTask(replace(task.listed, remote_id=id), place)
        return await super().tasks(place, **how)


class TakingTurns(FakeEngine):
    """Two engines behind one address: each call goes to the other one than the last."""

    def __init__(self) -> None:
        super().__init__(LoopClock().now)
        self.calls = 0
        self._at: dict[RemoteId, int] = {}  # the engine that has the task

    def turn_to(self, remote_id: RemoteId) -> None:
        """Let the next call go to the engine that has the task."""
        self.calls = self._at[remote_id]

    def add(self, request: VideoRequest, place: str = "", **changes: object) -> RemoteId:
        id = super().add(request, place, **changes)
        self._at[id] = self._turn()
        return id

    async def poll(self, remote_id: RemoteId) -> TaskReport:
        if self._turn() != self._at[remote_id]:
            raise NotFound("The engine does not know this video.")
        return await super().poll(remote_id)

    async def tasks(self, place: str = "", *, tells_start: bool = False, **how: Any) -> TaskList:
        engine, found = self._turn(), await super().tasks(place, **how)
        if tells_start:
            self._turn()
        return replace(found, tasks=tuple(task for task in found.tasks if self._at[task.remote_id] == engine))

    def _turn(self) -> int:
        self.calls += 1
        return (self.calls - 1) % 2


async def test_two_engines_that_take_turns_do_not_hide_a_video_from_every_reading(tmp_path: Path) -> None:
    engine = TakingTurns()
    engine.swallows.add(REQUEST.prompt)
    async with a_bench(engine, tmp_path) as bench:
        await run(bench, OTHER)
        engine.turn_to(RemoteId("video_1"))  # the mark shows that video, and the create goes to the other engine
        job = await run(bench)
        assert engine.creates_of(REQUEST.prompt) == 1, "created a second time without the user"
        assert outcomes(bench, job) == [Outcome.ACCEPTED] and isinstance(job.phase, Ready)


async def test_engines_that_began_at_different_times_are_not_one(tmp_path: Path) -> None:
    engine = an_engine()
    starts = iter(range(10**6))

    def begin() -> None:
        engine.up_since = engine.now() - 3600 - next(starts) % 2

    engine.before_list = begin
    engine.drops.add(REQUEST.prompt)
    async with a_bench(engine, tmp_path) as bench:
        assert "several engines" in doubt_about(bench, await run(bench))
