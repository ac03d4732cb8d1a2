"""When a finished clip is announced."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from builders import a_clip, a_job

from sora_desktop.controllers.finished_clips import FinishedClips
from sora_desktop.controllers.panels import Panels
from sora_desktop.domain.job import Job, Ready, RemoteId, Saving
from sora_desktop.state.toasts import Toast, Toasts


@dataclass
class Screen:
    toasts: Toasts = field(default_factory=Toasts)
    player: SimpleNamespace = field(default_factory=lambda: SimpleNamespace(job=None))
    posters: dict[str, Path] = field(default_factory=dict)
    played: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.clips = FinishedClips(
            cast(Panels, self), lambda job: self.posters.get(job.id), lambda job: self.played.append(job.id)
        )

    def finish(self, prompt: str) -> Job:
        before = a_job(Saving(RemoteId("r")), prompt=prompt)
        job = replace(before, phase=Ready(a_clip()))
        assert self.clips.job_changed(before, job), "screen readers are told by the toast"
        return job

    @property
    def toast(self) -> Toast | None:
        return self.toasts.find("finished")


@pytest.fixture
def screen() -> Screen:
    return Screen()


def test_a_finished_clip_is_announced_and_played_from_there(screen: Screen) -> None:
    job = screen.finish("waves  at\ndusk")
    assert screen.toast is not None and screen.toast.action is not None
    assert (screen.toast.text, screen.toast.detail, screen.toast.action.label) == (
        "Clip is ready",
        "waves at dusk",
        "Play",
    )
    screen.toasts.follow(screen.toast)
    assert screen.played == [job.id] and screen.toast is None


def test_clips_that_finish_while_the_toast_stands_are_summed_up(screen: Screen) -> None:
    for prompt in ("waves", "dunes", "rain"):
        job = screen.finish(prompt)
    assert screen.toast is not None and screen.toast.action is not None
    assert (screen.toast.text, screen.toast.detail, screen.toast.action.label) == (
        "3 clips are ready",
        "rain",
        "Play latest",
    )
    screen.toasts.follow(screen.toast)
    assert screen.played == [job.id]
    screen.finish("fog")
    assert screen.toast is not None and screen.toast.text == "Clip is ready"


def test_the_clip_that_is_open_is_not_announced(screen: Screen) -> None:
    before = a_job(Saving(RemoteId("r")))
    screen.player.job = before
    assert not screen.clips.job_changed(before, replace(before, phase=Ready(a_clip())))
    assert screen.toast is None


@pytest.mark.parametrize("change", [lambda job: replace(job, starred=True), lambda job: job])
def test_another_change_of_a_finished_clip_is_not_announced(screen: Screen, change: Callable[[Job], Job]) -> None:
    ready = a_job(Ready(a_clip()))
    screen.clips.job_changed(ready, change(ready))
    screen.clips.job_changed(None, change(ready))
    assert screen.toast is None


def test_the_poster_is_added_when_it_is_made(screen: Screen) -> None:
    job = screen.finish("waves")
    screen.posters[job.id] = Path("poster.jpg")
    screen.clips.refresh_picture(job.id)
    assert screen.toast is not None and screen.toast.picture == Path("poster.jpg")


def test_the_toast_goes_when_its_clip_is_opened_in_another_way(screen: Screen) -> None:
    job = screen.finish("waves")
    screen.clips.clip_opened(job.id)
    assert screen.toast is None
