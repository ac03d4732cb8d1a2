"""What the desktop is told while the window is not in front."""

from __future__ import annotations

from collections.abc import Coroutine
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from builders import a_clip, a_job
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from sora_desktop.controllers.desktop import DesktopController
from sora_desktop.domain.job import Job, JobId, Ready, RemoteId, Saving, Trashed
from sora_desktop.domain.queue import QueueState
from sora_desktop.state.new_clips import NewClips
from sora_desktop.system.desktop_notifications import DesktopNotification

POSTER = Path("/posters/1.jpg")


class Desktop:
    """A desktop that remembers what it was sent; with everything else that the controller needs."""

    def __init__(self) -> None:
        self.sent: list[DesktopNotification] = []
        self.happened: list[str] = []
        self.in_front = False
        self.comes_to_front = False  # while a notification is on its way
        self.jobs: dict[JobId, Job] = {}
        self.settings = SimpleNamespace(notify=True)
        self.previews = SimpleNamespace(poster=lambda _: POSTER)
        self.new_clips = NewClips()
        window = SimpleNamespace(
            bring_to_front=lambda: self.happened.append("raise"), show_player=lambda: self.happened.append("player")
        )
        panels = SimpleNamespace(window=window, job_list=SimpleNamespace(new_clips=self.new_clips, find=self.jobs.get))
        controller = SimpleNamespace(play=lambda job: self.happened.append(f"play {job.id}"))
        self.controller = DesktopController(
            cast(Any, self),
            cast(Any, panels),
            cast(Any, self),
            cast(Any, controller),
            cast(Any, self),
            self.is_in_front,
        )

    def is_in_front(self) -> bool:
        return self.in_front

    def start(self, work: Coroutine[Any, Any, Any], name: str) -> None:
        with pytest.raises(StopIteration):
            work.send(None)

    async def send(self, notification: DesktopNotification) -> bool:
        self.sent.append(notification)
        self.in_front |= self.comes_to_front
        return True

    async def withdraw(self) -> None:
        self.happened.append("withdraw")

    def close(self) -> None:
        self.happened.append("close")

    def finish(self, number: int) -> Job:
        before = a_job(Saving(RemoteId("r")), number)
        job = self.jobs[before.id] = replace(before, phase=Ready(a_clip()))
        self.controller.job_changed(before, job)
        return job

    def after_a_while(self) -> list[str]:
        """The titles of what is told once the time to gather is over."""
        if self.controller._timer.isActive():
            self.controller._timer.stop()
            self.controller._timer.timeout.emit()
        titles = [notification.title for notification in self.sent]
        self.sent.clear()
        return titles


@pytest.fixture
def desktop(qapp: QApplication) -> Desktop:
    return Desktop()


def test_a_click_raises_the_window_and_plays_the_clip(desktop: Desktop) -> None:
    job = desktop.finish(1)
    desktop.controller._timer.timeout.emit()
    (notification,) = desktop.sent
    assert (notification.message, notification.button, notification.picture) == ("Clip is ready", "Play", POSTER)
    notification.opened()
    assert desktop.happened == ["raise", "player", f"play {job.id}"]


def test_several_clips_within_two_seconds_are_one_notification(desktop: Desktop) -> None:
    for number in (1, 2, 3):
        desktop.finish(number)
    assert desktop.after_a_while() == ["3 clips are ready"]
    assert desktop.after_a_while() == []


@pytest.mark.parametrize("in_front_from", ["the beginning", "later"])
def test_nothing_is_told_while_the_window_is_in_front(desktop: Desktop, in_front_from: str) -> None:
    desktop.in_front = in_front_from == "the beginning"
    desktop.finish(1)
    desktop.in_front = True
    assert desktop.after_a_while() == []
    desktop.in_front = False
    assert desktop.finish(2) and len(desktop.after_a_while()) == 1, "the clip that was seen is not told later"


def test_what_was_told_is_withdrawn_once_the_window_is_in_front(desktop: Desktop, qapp: QApplication) -> None:
    def change(state: Qt.ApplicationState) -> list[str]:
        desktop.in_front = state is Qt.ApplicationState.ApplicationActive
        qapp.applicationStateChanged.emit(state)
        return desktop.happened

    active, inactive = Qt.ApplicationState.ApplicationActive, Qt.ApplicationState.ApplicationInactive
    assert change(active) == [], "nothing stands on the desktop"
    change(inactive)
    desktop.finish(1)
    assert desktop.after_a_while() and change(inactive) == []
    assert change(active) == change(active) == ["withdraw"]
    change(inactive)
    desktop.comes_to_front = True
    desktop.finish(2)
    assert desktop.after_a_while() and desktop.happened == ["withdraw", "withdraw"]
    desktop.controller.close()
    assert desktop.happened == ["withdraw", "withdraw", "close"]


def test_it_can_be_turned_off(desktop: Desktop) -> None:
    desktop.settings.notify = False
    desktop.finish(1)
    assert desktop.after_a_while() == []


def test_a_queue_that_begins_to_wait_for_the_user_is_told_once_and_not_after_a_restart(desktop: Desktop) -> None:
    changed, blocked = desktop.controller.queue_changed, QueueState(reason="There is no API key.")
    changed(blocked)
    assert desktop.after_a_while() == [], "it waited for that before the start"
    for state in (QueueState(), QueueState(reason="The service is busy.", until=100.0), blocked, blocked):
        changed(state)
    assert desktop.after_a_while() == ["The queue is waiting for you"]


def test_the_taskbar_counts_the_clips_that_were_not_opened(desktop: Desktop, monkeypatch: pytest.MonkeyPatch) -> None:
    counts: list[int] = []

    def set_count(application: QGuiApplication, count: int) -> None:
        counts.append(count)
        assert application.applicationName() == "sora_desktop", "Qt makes a D-Bus path of the name"

    monkeypatch.setattr(QGuiApplication, "setBadgeNumber", set_count)
    QGuiApplication.setApplicationName("sora-desktop")
    clips, saving = desktop.new_clips, a_job(Saving(RemoteId("r")), 1)
    clip = Ready(a_clip())
    ready = replace(saving, phase=clip)
    clips.jobs_changed([(saving, ready)])
    clips.jobs_changed([(ready, ready)])
    trashed = replace(ready, phase=Trashed(clip, 0.0))
    clips.jobs_changed([(ready, trashed)])
    clips.jobs_changed([(trashed, ready)])
    assert clips.open(ready.id) and not clips.open(ready.id)
    assert counts == [1, 0, 1, 0]
    others = [a_job(Saving(RemoteId("r")), number) for number in (2, 3)]
    clips.jobs_changed([(job, replace(job, phase=clip)) for job in others])
    desktop.controller.close()
    assert counts == [1, 0, 1, 0, 2, 0], "of several at once, one count"
    assert desktop.happened == ["close"]
    assert QGuiApplication.applicationName() == "sora-desktop"
