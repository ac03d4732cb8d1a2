"""What the user does to videos before the services are open is done as soon as they are, and nothing is sent first."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from builders import a_clip, a_job
from workbench import Bench, ChargingService

from sora_desktop.controllers import undoable
from sora_desktop.controllers.command_runner import CommandRunner
from sora_desktop.controllers.undoable import UndoableController
from sora_desktop.domain.job import Job, JobId, Ready, Trashed, Waiting
from sora_desktop.domain.marks import Flag
from sora_desktop.domain.request import VideoRequest
from sora_desktop.engine.early_commands import EarlyCommands
from sora_desktop.engine.engine import LONGEST_OPENING, Engine
from sora_desktop.engine.listeners import Listeners
from sora_desktop.engine.openings import Openings
from sora_desktop.jobs.errors import CommandRejected
from sora_desktop.state.actions import Action
from sora_desktop.state.toasts import Toasts
from sora_desktop.state.undo_history import UndoHistory

pytestmark = pytest.mark.virtual_time


class StartingProgram:
    """A program that starts: its database is open, and the lane of its service opens with `open_lane`."""

    def __init__(self, bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(undoable, "announce", lambda *_: None)
        self.bench = bench
        self.openings = Openings(lambda: None, lambda _: False)
        early = EarlyCommands()
        self.services = SimpleNamespace(
            openings=self.openings, early_commands=early, current="", current_lane=None, lane_of=lambda _: None
        )
        self.engine = Engine.__new__(Engine)
        self.engine.store, self.engine.services = bench.store, cast(Any, self.services)
        self.engine.previews = cast(Any, SimpleNamespace(poster=lambda _: None))
        self.shown: dict[JobId, Job] = {}
        self.engine._listeners = Listeners(lambda changed: self.shown.update({job.id: job for job in changed.jobs}))
        services = SimpleNamespace(unit_of=lambda _: None)
        self.history = UndoHistory()
        panels = SimpleNamespace(
            undo_history=self.history,
            toasts=Toasts(),
            library=SimpleNamespace(reveal=lambda _: None),
            job_list=SimpleNamespace(
                find=self.shown.get, find_all=lambda _: self.shown, services=services, row_of=lambda _: 0
            ),
            window=None,
        )
        self.controller = UndoableController(
            self.engine, cast(Any, panels), cast(Any, SimpleNamespace(start=self.do)), CommandRunner(self.engine)
        )
        self.tasks: list[asyncio.Task[None]] = []

    def do(self, work: Coroutine[Any, Any, None], _name: str = "") -> None:
        self.tasks.append(asyncio.create_task(work))

    async def open_lane(self) -> None:
        async with self.openings.connecting:
            await asyncio.sleep(3)
            self.services.current_lane = SimpleNamespace(runner=self.bench.runner)
            await self.bench.runner.start(self.services.early_commands.done)
            await asyncio.sleep(0.5)  # what follows takes time in which the queue would send


async def test_commands_in_the_first_seconds_are_done_in_order_before_anything_is_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = ChargingService()
    bench = Bench(service, tmp_path)
    async with bench.database_open():
        start = StartingProgram(bench, monkeypatch)
        run = start.controller.run
        clip = a_job(Ready(a_clip()), 1, service="test")
        held, edited, removed = queued = [a_job(Waiting(), number, service="test") for number in (2, 3, 4)]
        await bench.store.add([clip, *queued])
        opening = asyncio.create_task(start.open_lane())
        for action in (Action.STAR, Action.PICK, Action.REJECT):
            start.do(run(action, [clip.id]))
        start.controller.undo()
        start.do(run(Action.HOLD, [held.id]))
        start.do(start.controller.edit(edited.id, VideoRequest("a red kite")))
        start.do(run(Action.TRASH, [removed.id]))
        await asyncio.gather(opening, *start.tasks)
        await bench.runner.until_idle()
        saved = bench.saved(clip)
        assert (saved.starred, saved.flag) == (True, Flag.PICKED)
        assert bench.saved(held).on_hold and isinstance(bench.saved(removed).phase, Trashed)
        assert list(service.prompts.values()) == ["a red kite"]
        await bench.runner.aclose()


async def test_what_is_not_done_yet_can_be_undone_and_nothing_before_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = Bench(ChargingService(), tmp_path)
    async with bench.database_open():
        start = StartingProgram(bench, monkeypatch)
        run, history = start.controller.run, start.history
        clip = a_job(Ready(a_clip()), 1, service="test")
        await bench.store.add([clip])
        opening = asyncio.create_task(start.open_lane())
        for action in (Action.STAR, Action.PICK):
            start.do(run(action, [clip.id]))
        await asyncio.sleep(1)
        assert history.is_doing and history.next_undo is None and not bench.saved(clip).starred
        assert start.shown[clip.id].marks == (True, Flag.PICKED), "shown before they can be saved"
        start.controller.undo()
        await asyncio.gather(opening, *start.tasks)
        assert bench.saved(clip).marks == (True, Flag.NONE) and not history.is_doing
        start.do(run(Action.STAR, [clip.id]))  # has it already
        await asyncio.sleep(0)
        start.controller.undo()
        await asyncio.gather(*start.tasks)
        assert bench.saved(clip).starred, "the star of before was not to be undone"
        await bench.runner.aclose()


async def test_a_command_that_no_service_comes_for_says_so_in_the_end_and_one_that_spends_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = Bench(ChargingService(), tmp_path)
    async with bench.database_open():
        start, now = StartingProgram(bench, monkeypatch), asyncio.get_running_loop().time
        clip, waiting = a_job(Ready(a_clip()), 1, service="test"), a_job(Waiting(), 2, service="test", on_hold=True)
        await bench.store.add([clip, waiting])
        async with start.openings.connecting:
            began = now()
            with pytest.raises(CommandRejected, match="not connected"):
                await start.controller.run(Action.RELEASE, [waiting.id])
            assert now() == began
            with pytest.raises(CommandRejected, match="not connected"):
                await start.controller.run(Action.STAR, [clip.id])
            assert now() == began + LONGEST_OPENING
            assert start.shown[clip.id] == clip, "taken back"
        with pytest.raises(CommandRejected, match="not connected"):
            await start.controller.run(Action.STAR, [clip.id])
        assert now() == began + LONGEST_OPENING, "nothing is being opened"
