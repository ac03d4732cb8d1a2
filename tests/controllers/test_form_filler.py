"""The form is filled with the request of a job, at its service, and gets its former content back."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from builders import a_clip, a_job, an_image
from engine_models import ENGINE

from sora_desktop.api.sora.capabilities import CAPABILITIES
from sora_desktop.controllers.background_tasks import BackgroundTasks
from sora_desktop.controllers.command_runner import CommandRunner
from sora_desktop.controllers.form_filler import FormFiller
from sora_desktop.controllers.undoable import UndoableController
from sora_desktop.domain.job import Job, JobId, Ready
from sora_desktop.domain.request import VideoRequest
from sora_desktop.engine.early_commands import EarlyCommands
from sora_desktop.state.composer import Composer
from sora_desktop.state.job_services import JobService, JobServices
from sora_desktop.state.service_menu import ServiceRow
from sora_desktop.state.toasts import Toasts
from sora_desktop.state.tone import Tone
from sora_desktop.state.undo_history import UndoHistory

MINE = VideoRequest("mine", negative_prompt="people", model="sora2-pro", duration=15)


class Window:
    """A form with two services to choose from, the first of which is current."""

    def __init__(self) -> None:
        self.composer = Composer(CAPABILITIES, MINE, 3, "live")
        self.composer.set_services(
            [ServiceRow(name, name, "", Tone.OK, name == "live") for name in ("live", "cluster")]
        )
        self.history, self.toasts = UndoHistory(), Toasts()
        self.chosen: list[str] = []
        services = JobServices(JobService("", CAPABILITIES), {"cluster": JobService("cluster", ENGINE)}, "live")
        panels = SimpleNamespace(
            composer=self.composer,
            undo_history=self.history,
            toasts=self.toasts,
            job_list=SimpleNamespace(services=services),
            window=SimpleNamespace(show_compose=lambda: None),
        )
        engine = SimpleNamespace(
            early_commands=EarlyCommands(),
            previews=SimpleNamespace(poster=lambda _: None),
            services=SimpleNamespace(choose=self._choose),
        )
        self.tasks = BackgroundTasks(lambda *_: None)
        self.undoable = UndoableController(
            cast(Any, engine), cast(Any, panels), self.tasks, CommandRunner(cast(Any, engine))
        )
        self.form = FormFiller(cast(Any, engine), cast(Any, panels), self.tasks, self.undoable)

    async def _choose(self, name: str) -> None:
        self.chosen.append(name)

    async def settle(self) -> None:
        while self.tasks._tasks:
            await asyncio.gather(*self.tasks._tasks)

    async def press_undo(self) -> None:
        self.undoable.undo()
        await self.settle()

    async def press_redo(self) -> None:
        self.undoable.redo()
        await self.settle()


def made_of(request: VideoRequest, service: str = "live") -> Job:
    return replace(a_job(Ready(a_clip()), service=service), request=request)


async def test_undo_brings_the_form_back_and_redo_what_was_typed_since() -> None:
    window = Window()
    composer = window.composer
    window.form.fill(made_of(VideoRequest("theirs", seed=7)))
    assert (composer.request, composer.takes) == (VideoRequest("theirs", seed=7), 1)
    assert composer.view.seed_locked
    toast = window.toasts.find("form")
    assert toast is not None and toast.action is not None and toast.action.label == "Undo"
    composer.set_request(replace(composer.request, prompt="theirs, changed"))
    await window.press_undo()
    assert (composer.request, composer.takes, composer.view.seed_locked) == (MINE, 3, False)
    assert window.toasts.find("form") is None, "its link would undo something else"
    await window.press_redo()
    assert composer.request.prompt == "theirs, changed"
    await window.press_undo()
    assert composer.request == MINE and window.history.next_undo is None


async def test_what_the_form_holds_already_is_no_step() -> None:
    window = Window()
    window.form.fill(made_of(MINE))
    window.form.fill(made_of(MINE))
    await window.press_undo()
    assert window.composer.takes == 3, "the first one has changed the number of takes"
    assert window.history.next_undo is None


async def test_a_clip_leads_to_its_service_and_undo_back() -> None:
    window = Window()
    theirs = replace(ENGINE.default_request("theirs"), seed=7)
    window.form.fill(made_of(theirs, "cluster"))
    assert window.composer.request == theirs, "not converted"
    assert window.composer.view.capabilities == ENGINE
    await window.settle()
    window.composer.set_services(
        [ServiceRow(name, name, "", Tone.OK, name == "cluster") for name in ("live", "cluster")]
    )
    assert window.chosen == ["cluster"]


async def test_a_service_that_is_gone_leaves_the_current_one() -> None:
    window = Window()
    window.form.fill(made_of(ENGINE.default_request("theirs"), "removed"))
    await window.settle()
    assert window.chosen == []
    assert window.composer.request.prompt == "theirs" and window.composer.request.model == "sora2"


async def test_an_edit_that_a_dropped_clip_ends_comes_back() -> None:
    window = Window()
    composer = window.composer
    composer.edit_job(JobId("queued"), VideoRequest("queued"))
    composer.set_request(replace(composer.request, prompt="queued, changed"))
    window.form.fill(made_of(VideoRequest("theirs")))
    assert not composer.view.editing
    await window.press_undo()
    assert composer.view.editing and composer.request.prompt == "queued, changed"
    composer.end_edit()
    assert composer.request == MINE


@pytest.mark.parametrize("is_there", [True, False])
async def test_an_image_that_is_gone_is_left_out(tmp_path: Path, is_there: bool) -> None:
    window = Window()
    file = tmp_path / "harbor.png"
    if is_there:
        file.write_bytes(b"image")
    image = an_image(file)
    window.form.fill(made_of(VideoRequest("theirs", image=image)))
    assert window.composer.request.image == (image if is_there else None)
    assert ("no longer stored" in window.composer.view.image_error) is not is_there
