"""Marks are changed in one step, and undoing it brings back each clip's own former marks."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from builders import a_clip, a_job
from workbench import Bench, ChargingService

from sora_desktop.controllers.command_runner import CommandRunner
from sora_desktop.controllers.undoable import UndoableController
from sora_desktop.domain.job import Ready
from sora_desktop.domain.marks import Flag, MarkEdit
from sora_desktop.state.actions import Action
from sora_desktop.state.toasts import Toasts
from sora_desktop.state.undo_history import UndoHistory


async def test_keeping_one_clip_and_rejecting_the_others_is_one_step(tmp_path: Path) -> None:
    history, toasts = UndoHistory(), Toasts()
    async with Bench(ChargingService(), tmp_path) as bench:
        engine = SimpleNamespace(runner_of=lambda _: bench.runner)
        library = SimpleNamespace(reveal=lambda _: None)
        panels = SimpleNamespace(undo_history=history, toasts=toasts, library=library)
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

        await bench.runner.commands.mark({first.id: MarkEdit(starred=True)})  # a change that stays
        await controller._undo(None)
        assert flags() == [Flag.REJECTED, Flag.PICKED, Flag.NONE]
        assert bench.saved(first).starred and bench.saved(jobs[2]).starred
        assert history.next_undo is None
        await controller._redo()
        assert flags() == [Flag.PICKED, Flag.REJECTED, Flag.REJECTED]
        await controller.run(Action.PICK, [first.id])
        assert history.next_undo is not None and history.next_undo.ids == tuple(job.id for job in jobs)
