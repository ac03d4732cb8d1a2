"""What is done in one step is undone in one step, and nothing that is undone spends."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from builders import a_clip, a_job
from workbench import Bench, ChargingService

from sora_desktop.controllers import undoable
from sora_desktop.controllers.command_runner import CommandRunner
from sora_desktop.controllers.undoable import UndoableController
from sora_desktop.domain.capabilities import Unit
from sora_desktop.domain.job import Abandoned, Job, JobId, Ready, RemoteId, Rendering, Waiting
from sora_desktop.domain.marks import Flag, MarkEdit
from sora_desktop.domain.queue import Before
from sora_desktop.domain.request import VideoRequest
from sora_desktop.engine.early_commands import EarlyCommands
from sora_desktop.jobs.errors import CommandRejected
from sora_desktop.state.actions import Action
from sora_desktop.state.toasts import Toasts
from sora_desktop.state.undo_history import UndoHistory
from sora_desktop.store.errors import StoreError


async def test_keeping_one_clip_and_rejecting_the_others_is_one_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    history, toasts = UndoHistory(), Toasts()
    spoken: list[str] = []
    monkeypatch.setattr(undoable, "announce", lambda _, text: spoken.append(text))
    async with Bench(ChargingService(), tmp_path) as bench:
        engine = SimpleNamespace(early_commands=EarlyCommands(), runner_of=lambda _: bench.runner, store=bench.store)
        library, listed = (
            SimpleNamespace(reveal=lambda _: None),
            SimpleNamespace(row_of=lambda _: None, find_all=lambda _: {}),
        )
        panels = SimpleNamespace(undo_history=history, toasts=toasts, library=library, job_list=listed, window=None)
        commands = CommandRunner(cast(Any, engine))
        controller = UndoableController(cast(Any, engine), cast(Any, panels), cast(Any, None), commands)
        first, *others = jobs = [
            a_job(Ready(a_clip()), 1, service="test", flag=Flag.REJECTED),
            a_job(Ready(a_clip()), 2, service="test", flag=Flag.PICKED),
            a_job(Ready(a_clip()), 3, service="test", starred=True),
        ]
        await bench.store.add(jobs)

        def flags() -> list[Flag]:
            return [bench.saved(job).flag for job in jobs]

        await controller.run(Action.KEEP_THIS, [job.id for job in (first, *others)])
        assert flags() == [Flag.PICKED, Flag.REJECTED, Flag.REJECTED]
        toast = toasts.find("marks")
        assert toast is not None and toast.text == "1 picked, 2 rejected" and toast.action is not None
        assert not spoken, "the toast is"

        await bench.runner.commands.mark({first.id: MarkEdit(starred=True)})  # a change that stays
        await controller._undo(None)
        assert toasts.find("marks") is None, "its link would undo the same again"
        assert flags() == [Flag.REJECTED, Flag.PICKED, Flag.NONE]
        assert bench.saved(first).starred and bench.saved(jobs[2]).starred
        assert history.next_undo is None
        said = toasts.find("undo")
        assert (
            said is not None and said.text == "Undone: Keep this, reject the others" and "does not show" in said.detail
        )
        await controller._redo()
        assert flags() == [Flag.PICKED, Flag.REJECTED, Flag.REJECTED]
        await controller.run(Action.PICK, [first.id])
        assert history.next_undo is not None and history.next_undo.ids == tuple(job.id for job in jobs)
        await controller.run(Action.UNSTAR, [first.id])
        assert spoken[0] == "Starred, Rejected: 1 video. Picked: 1 video. Starred: 1 video", "what was undone"
        assert spoken[-1] == "Picked. prompt 1" and len(spoken) == 3


async def test_undo_that_is_pressed_before_a_step_is_done_is_about_that_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(undoable, "announce", lambda *_: None)
    history = UndoHistory()
    async with Bench(ChargingService(), tmp_path) as bench:
        engine, library = (
            SimpleNamespace(early_commands=EarlyCommands(), runner_of=lambda _: bench.runner, store=bench.store),
            SimpleNamespace(reveal=lambda _: None),
        )
        panels = SimpleNamespace(
            undo_history=history,
            toasts=Toasts(),
            library=library,
            job_list=SimpleNamespace(row_of=lambda _: 0, find_all=lambda _: {}),
            window=None,
        )
        commands = CommandRunner(cast(Any, engine))
        controller = UndoableController(cast(Any, engine), cast(Any, panels), cast(Any, None), commands)
        jobs = [a_job(Ready(a_clip()), number, service="test") for number in (1, 2, 3)]
        first, *others = [job.id for job in jobs]
        await bench.store.add(jobs)
        await controller.run(Action.PICK, [first])
        await asyncio.gather(controller.run(Action.REJECT, others), controller._undo(None))
        assert [bench.saved(job).flag for job in jobs] == [Flag.PICKED, Flag.NONE, Flag.NONE]
        assert history.next_undo is not None and history.next_undo.ids == (first,)


class Moving:
    """The runner of a service that moves these jobs to the Trash, and refuses to move the rest if there is one."""

    def __init__(self, moved: Job, *, refuses: bool) -> None:
        self.commands = self
        self._moved, self._refuses = moved, refuses

    async def trash(self, ids: Sequence[JobId]) -> list[Job]:
        if self._refuses:
            raise CommandRejected("This request is being sent.", [self._moved])
        return [self._moved]


async def test_what_was_moved_although_another_video_was_refused_is_undone() -> None:
    first, second, third = (a_job(Ready(a_clip()), number) for number in (1, 2, 3))
    one, other = Moving(first, refuses=False), Moving(second, refuses=True)
    runner_of = {first.id: one, second.id: other, third.id: other}
    panels = SimpleNamespace(undo_history=UndoHistory(), toasts=Toasts())
    engine = SimpleNamespace(early_commands=EarlyCommands(), runner_of=runner_of.get)
    commands = CommandRunner(cast(Any, engine))
    controller = UndoableController(cast(Any, engine), cast(Any, panels), cast(Any, None), commands)
    with pytest.raises(CommandRejected, match="being sent"):
        await controller.run(Action.TRASH, [*runner_of])
    step = panels.undo_history.next_undo
    assert step is not None and step.ids == (first.id, second.id)


class Queue:
    """A paused queue with three jobs, whose requests have the prices `prices`; none: the service does not charge."""

    def __init__(self, bench: Bench, prices: Mapping[str, int]) -> None:
        self.bench, self.history, self.toasts = bench, UndoHistory(), Toasts()
        engine = SimpleNamespace(early_commands=EarlyCommands(), runner_of=lambda _: bench.runner, store=bench.store)
        services = SimpleNamespace(
            of=lambda _: SimpleNamespace(unit=Unit("credit", "credits") if prices else None),
            unit_of=lambda _: Unit("credit", "credits") if prices else None,
            price_of=lambda job: prices.get(job.request.prompt),
        )
        panels = SimpleNamespace(
            undo_history=self.history,
            toasts=self.toasts,
            library=SimpleNamespace(reveal=lambda _: None),
            job_list=SimpleNamespace(find=lambda _: None, find_all=lambda _: {}, services=services, row_of=lambda _: 0),
        )
        commands = CommandRunner(cast(Any, engine))
        self.controller = UndoableController(cast(Any, engine), cast(Any, panels), cast(Any, None), commands)
        self.jobs: list[Job] = []

    async def fill(self) -> None:
        self.bench.runner.commands.pause(True)
        for prompt in "abc":
            self.jobs += await self.bench.runner.commands.submit(VideoRequest(prompt))

    @property
    def shown(self) -> str:
        """The prompts from the front of the queue, those on hold in brackets."""
        jobs = [self.bench.saved(job) for job in self.jobs]
        waiting = sorted((job for job in jobs if isinstance(job.phase, Waiting)), key=lambda job: job.position)
        return "".join(f"({job.request.prompt})" if job.on_hold else job.request.prompt for job in waiting)


async def test_moves_in_the_queue_are_undone_also_when_it_has_changed_meanwhile(tmp_path: Path) -> None:
    async with Bench(ChargingService(), tmp_path) as bench:
        queue = Queue(bench, {})
        await queue.fill()
        a, b, c = (job.id for job in queue.jobs)
        await queue.controller.run(Action.MOVE_TO_FRONT, [b, c])
        assert queue.shown == "bca"
        await queue.controller.move_in_queue(Before(b), [a])
        assert queue.shown == "abc"
        queue.jobs += await bench.runner.commands.submit(VideoRequest("d"))
        await bench.runner.commands.trash([b])
        for shown in ("cad", "acd", "acd"):
            await queue.controller._undo(None)
            assert queue.shown == shown
        await queue.controller._redo()
        assert queue.shown == "cad"
        await queue.controller.run(Action.MOVE_TO_END, [queue.jobs[3].id])
        assert queue.history.next_redo is not None, "nothing has moved"
        await queue.controller.run(Action.MOVE_DOWN, [c, a])
        assert queue.shown == "dca"


@pytest.mark.parametrize(
    ("prices", "undone"),
    [({}, "abc"), ({"a": 100, "x": 100}, "abc"), ({"a": 200, "x": 100}, "(a)bc"), ({"x": 1}, "(a)bc")],
)
async def test_an_edit_that_is_undone_is_on_hold_if_that_costs_more(
    tmp_path: Path, prices: Mapping[str, int], undone: str
) -> None:
    async with Bench(ChargingService(), tmp_path) as bench:
        queue = Queue(bench, prices)
        await queue.fill()
        await queue.controller.edit(queue.jobs[0].id, VideoRequest("x"))
        assert queue.shown == "xbc"
        await queue.controller._undo(None)
        assert queue.shown == undone and bool(queue.toasts.find("edit")) is ("(" in undone)


async def test_an_edit_of_a_request_that_was_sent_meanwhile_is_forgotten(tmp_path: Path) -> None:
    async with Bench(ChargingService(), tmp_path) as bench:
        queue = Queue(bench, {})
        await queue.fill()
        await queue.controller.edit(queue.jobs[0].id, VideoRequest("x"))
        bench.runner.commands.pause(False)
        await bench.runner.until_idle()
        with pytest.raises(CommandRejected):
            await queue.controller._undo(None)
        assert queue.history.next_undo is None and queue.history.next_redo is None


async def test_only_what_does_not_spend_is_undone_and_done_again(tmp_path: Path) -> None:
    async with Bench(ChargingService(), tmp_path) as bench:
        charged = Queue(bench, {"a": 100})
        await charged.fill()
        (a, *_), history = (job.id for job in charged.jobs), charged.history
        await charged.controller.run(Action.HOLD, [a])
        assert charged.shown == "(a)bc" and history.next_undo is None, "undoing it would buy"
        await charged.controller.run(Action.RELEASE, [a])
        await charged.controller._undo(None)
        assert charged.shown == "(a)bc" and history.next_redo is None, "doing it again would buy"
        free = Queue(bench, {})
        free.jobs = charged.jobs
        await free.controller.run(Action.RELEASE, [a])
        await free.controller._undo(None)
        await free.controller._redo()
        assert free.shown == "abc"
        await free.controller.run(Action.HOLD, [a])
        await free.controller._undo(None)
        assert free.shown == "abc" and free.history.next_redo is not None


async def rendering(bench: Bench, number: int) -> list[Job]:
    """Jobs that are rendered."""
    jobs = await bench.runner.commands.submit(VideoRequest("a"), takes=number)
    while not all(isinstance(bench.saved(job).phase, Rendering) for job in jobs):
        await asyncio.sleep(0)
    return jobs


async def test_jobs_that_are_not_waited_for_any_more_are_waited_for_again_by_undo(tmp_path: Path) -> None:
    service = ChargingService(polls=3)
    async with Bench(service, tmp_path) as bench:
        queue, ready = Queue(bench, {"a": 100}), a_job(Ready(a_clip()), 9)
        await bench.store.add([ready])
        jobs = await rendering(bench, 2)
        first, second = (job.id for job in jobs)
        await queue.controller.run(Action.ABANDON, [first, second, ready.id])
        step, toast = queue.history.next_undo, queue.toasts.find("wait")
        assert step is not None and step.ids == (first, second), "the third one is not waited for"
        assert toast is not None and toast.text == "Stopped waiting for 2 videos (still billed)"
        assert toast.action is not None
        assert all(isinstance(bench.saved(job).phase, Abandoned) for job in jobs)
        await queue.controller.run(Action.ABANDON, [first])
        assert queue.history.next_undo is step, "nothing has changed"
        await bench.runner.commands.resume(second)  # meanwhile
        await queue.controller._undo(None)
        assert queue.toasts.find("wait") is None, "its link would undo the same again"
        assert isinstance(bench.saved(jobs[0]).phase, Rendering)
        await queue.controller._redo()
        assert isinstance(bench.saved(jobs[0]).phase, Abandoned)
        await queue.controller._undo(None)
        await bench.runner.until_idle()
        assert all(isinstance(bench.saved(job).phase, Ready) for job in jobs)
        await queue.controller._redo()
        said = queue.toasts.find("undo")
        assert said is not None and said.text == "Nothing to change: Stop waiting for 2 videos"
        assert queue.history.next_redo is None and queue.history.next_undo is None, "it stands in nobody's way"
        assert len(service.prompts) == 2


async def test_a_job_that_cannot_be_waited_for_again_keeps_no_other_from_it(tmp_path: Path) -> None:
    async with Bench(ChargingService(polls=3), tmp_path) as bench:
        queue = Queue(bench, {"a": 100})
        foreign = a_job(Rendering(RemoteId("task_9")), 9, service="elsewhere")
        await bench.store.add([foreign])
        (job,) = await rendering(bench, 1)
        await queue.controller.run(Action.ABANDON, [foreign.id, job.id])
        with pytest.raises(CommandRejected, match="elsewhere"):
            await queue.controller._undo(None)
        assert isinstance(bench.saved(foreign).phase, Abandoned) and queue.history.next_undo is None
        await bench.runner.until_idle()
        assert isinstance(bench.saved(job).phase, Ready)


async def test_what_was_stopped_before_an_error_is_undone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with Bench(ChargingService(polls=3), tmp_path) as bench:
        queue = Queue(bench, {"a": 100})
        first, second = await rendering(bench, 2)
        commands, really = bench.runner.commands, bench.runner.commands.abandon

        async def abandon(id: JobId) -> None:
            if id == second.id:
                raise StoreError("The disk is full.")
            await really(id)

        monkeypatch.setattr(commands, "abandon", abandon)
        with pytest.raises(StoreError):
            await queue.controller.run(Action.ABANDON, [first.id, second.id])
        step = queue.history.next_undo
        assert step is not None and step.ids == (first.id,)
