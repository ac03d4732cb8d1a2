"""What is compared, and what follows when jobs, files and choices change, without an engine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from builders import a_clip, a_job, video_facts
from fakes import do_nothing
from in_memory_library import InMemoryLibrary
from listed_jobs import job_actions
from painted_frames import PaintedFrames
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from sora_desktop.api.sora.capabilities import CAPABILITIES
from sora_desktop.controllers.compare import CompareController
from sora_desktop.controllers.review import ReviewController
from sora_desktop.domain.clip import Clip
from sora_desktop.domain.job import Failed, Job, JobId, Ready, Removed, Trashed, Waiting
from sora_desktop.domain.marks import Flag
from sora_desktop.state.actions import Action, JobAction
from sora_desktop.state.job_services import JobService, JobServices
from sora_desktop.state.toasts import Toasts
from sora_desktop.state.undo_history import UndoHistory
from sora_desktop.ui.compare.compare_actions import CompareActions
from sora_desktop.ui.compare.compare_panel import ComparePanel
from sora_desktop.ui.player.player_actions import PlayerActions
from sora_desktop.ui.player.player_keys import PlayerCommand
from sora_desktop.ui.theme import Theme


class Player:
    """Remembers which clip it shows at which frame."""

    def __init__(self, parent: QWidget) -> None:
        self.actions_of_playback = PlayerActions(parent, job_actions(parent))
        self.job: Job | None = None
        self.frame = 0

    def stand_aside(self) -> None:
        pass

    def open_clip(self, job: Job, strip: object, frame: int) -> None:
        self.job, self.frame = job, frame

    def close_clip(self) -> None:
        self.job, self.frame = None, 0


class Window(QWidget):
    """Shows the panel while clips are compared."""

    def __init__(self) -> None:
        super().__init__()
        self.compare_actions = CompareActions(self)
        self.toasts = SimpleNamespace(stand_over=do_nothing)
        self.is_comparing = False
        self.resize(988, 830)
        QVBoxLayout(self)

    def show_compare(self, panel: ComparePanel) -> None:
        self.is_comparing = True
        layout = self.layout()
        assert layout is not None
        layout.addWidget(panel)

    def end_compare(self) -> None:
        self.is_comparing = False


class Compared:
    """A controller, and the jobs it finds: finished ones with their files."""

    def __init__(self, qtbot: QtBot, theme: Theme, folder: Path, jobs: int = 5) -> None:
        self.jobs = [self._finished(folder, number) for number in range(1, jobs + 1)]
        self.letters: dict[JobId, str] = {}
        self.opened: list[JobId] = []  # are no longer marked as new
        self.run: list[tuple[JobAction, tuple[JobId, ...]]] = []
        self._qtbot = qtbot
        self._panel: ComparePanel | None = None
        self.window, self.toasts = Window(), Toasts()
        qtbot.addWidget(self.window)
        self.window.show()
        self.player = Player(self.window)
        library = self.library = InMemoryLibrary(self.jobs)
        store = SimpleNamespace(read=library.saved.get, page=library.page, attempts=lambda _: (), charge=library.charge)
        previews = SimpleNamespace(filmstrip=lambda _: None, times_file=lambda id: folder / f"{id}.times")
        services = JobServices(JobService("", CAPABILITIES))
        panels = SimpleNamespace(
            window=self.window,
            toasts=self.toasts,
            theme=theme,
            player=self.player,
            open_frames=PaintedFrames(),
            job_list=SimpleNamespace(
                facts_of=lambda _: (), services=services, find=library.saved.get, mark_opened=self.opened.append
            ),
            library=SimpleNamespace(show_letters=self._show_letters, mark_opened=do_nothing),
            undo_history=UndoHistory(),
            posters=lambda _: None,
            sound=None,
        )
        settings = SimpleNamespace(volume=0.0, loop=False, compare_table=None)
        self.controller = CompareController(
            cast(Any, SimpleNamespace(store=store, previews=previews, settings=settings)),
            cast(Any, panels),
            lambda action, ids: self.run.append((action, tuple(ids))),
            do_nothing,
            self._connect,
        )
        self.review = ReviewController(
            cast(Any, panels),
            self.controller,
            library.saved.get,
            lambda action, ids: self.run.append((action, tuple(ids))),
            do_nothing,
        )

    @property
    def panel(self) -> ComparePanel:
        assert self._panel is not None
        return self._panel

    @property
    def said(self) -> str:
        return " ".join(toast.text for toast in self.toasts.slots if toast is not None)

    def compare(self, *numbers: int, step: int = 0) -> None:
        """Compare the jobs with these numbers, from 1, and step so many frames."""
        self.controller.compare([self.jobs[number - 1] for number in numbers])
        if step:
            self._qtbot.waitUntil(lambda: self.panel.frame == 0 and self._is_painted)
            for _ in range(step):
                self.player.actions_of_playback[PlayerCommand.FRAME_FORWARD].trigger()
            self.until_frame(step)

    def until_frame(self, frame: int) -> None:
        self._qtbot.waitUntil(lambda: self.panel.frame == frame and self._is_painted)

    def change(self, number: int, **changes: Any) -> None:
        """As the window tells it."""
        self.jobs[number - 1] = job = replace(self.jobs[number - 1], **changes)
        self.library.save(job)
        self.review.job_changed(job)
        self.controller.job_changed(job)

    @property
    def _is_painted(self) -> bool:
        stage = self.panel.findChild(QWidget, "compareStage")
        return any(shown.image is not None for shown in cast(Any, stage).images)

    def _finished(self, folder: Path, number: int) -> Job:
        file = folder / f"{number}.mp4"
        file.touch()
        return a_job(Ready(Clip(file, video_facts(frames=48, width=720, height=720))), number)

    def _show_letters(self, letters: dict[JobId, str], current: JobId | None = None) -> None:
        self.letters = letters

    def _connect(self, panel: ComparePanel) -> None:
        self._panel = panel


@pytest.fixture
def compared(qtbot: QtBot, theme: Theme, tmp_path: Path) -> Compared:
    return Compared(qtbot, theme, tmp_path)


def test_takes_are_found_however_many_videos_are_newer(qtbot: QtBot, theme: Theme, tmp_path: Path) -> None:
    compared = Compared(qtbot, theme, tmp_path, jobs=0)
    for number in range(1, 1000):
        compared.library.save(a_job(Ready(a_clip()), number, prompt="A cat" if number < 3 else "A boat"))
    takes = compared.controller.takes_of(compared.library.saved[JobId("job1")], 4)
    assert tuple(job.id for job in takes) == ids(1, 2)


def test_a_take_has_the_same_name_wherever_it_is_shown(compared: Compared) -> None:
    for number in range(1, 6):
        compared.change(number, request=compared.jobs[0].request)
    compared.change(2, phase=Failed("No"))
    compared.compare(3, 5)
    assert [pane.headline for pane in compared.panel.view.panes] == ["Take 3", "Take 5"], "one that failed counts"
    compared.panel.swap_requested.emit(0, 1)
    assert [pane.name for pane in compared.panel.view.panes] == ["A: Take 5, 0:05", "B: Take 3, 0:05"]
    compared.change(1, phase=Removed())
    compared.change(5, flag=Flag.PICKED)
    assert compared.panel.view.panes[0].headline == "Take 5", "names stay while the clips are shown"
    compared.change(1, phase=compared.jobs[2].phase)
    compared.review.start([compared.jobs[2], compared.jobs[4]])
    assert [pane.headline for pane in compared.panel.view.panes] == ["Take 3", "Take 5"]
    compared.controller.leave()


def letters_of(*numbers: int) -> dict[JobId, str]:
    return {JobId(f"job{number}"): letter for number, letter in zip(numbers, "ABCD", strict=False)}


def ids(*numbers: int) -> tuple[JobId, ...]:
    return tuple(JobId(f"job{number}") for number in numbers)


def test_a_review_stands_in_place_of_the_footer_and_ends_with_its_clips(compared: Compared) -> None:
    compared.review.start(compared.jobs[:4])
    bar, footer = (compared.panel.findChild(QWidget, name) for name in ("reviewBar", "compareFooter"))
    assert bar is not None and footer is not None
    assert not bar.isHidden() and footer.isHidden() and compared.controller.shown == ids(1, 2)
    QTest.keyClick(compared.panel, Qt.Key.Key_2)
    assert compared.controller.shown == ids(3, 4)
    compared.change(3, phase=Removed())
    assert compared.controller.shown == ids(2, 4), "the next question, not the player"
    compared.compare(1, 5)
    assert bar.isHidden() and not footer.isHidden(), "the bar is not about these"
    compared.review.start(compared.jobs[:4])
    assert compared.controller.shown == ids(2, 4) and not bar.isHidden()
    compared.controller.close()
    compared.compare(1, 2)
    assert bar.isHidden() and "Review stopped after 1 answer" in compared.said
    compared.controller.leave()


@pytest.mark.parametrize("gone", ["trashed", "deleted"])
def test_a_clip_that_is_gone_leaves_the_others_at_their_frame(compared: Compared, gone: str) -> None:
    compared.compare(1, 2, 3, step=5)
    ready = compared.jobs[0].phase
    assert isinstance(ready, Ready)
    compared.change(1, phase=Trashed(ready, 0.0) if gone == "trashed" else Removed())
    assert compared.letters == letters_of(2, 3) and compared.panel.current_job.id == "job2"
    compared.until_frame(5)
    compared.change(1, phase=ready)
    assert compared.letters == letters_of(2, 3), "a clip that comes back is compared when it is chosen again"
    compared.change(3, phase=Removed())
    assert not compared.controller.is_open and compared.letters == {}
    assert compared.player.job is not None and (compared.player.job.id, compared.player.frame) == ("job2", 5)


def test_a_file_that_is_missing_is_named_and_comes_back(compared: Compared) -> None:
    ready = compared.jobs[1].phase
    assert isinstance(ready, Ready)
    ready.clip.file.unlink()
    compared.compare(1, 2, step=2)
    assert [pane.message for pane in compared.panel.view.panes] == [
        "",
        f"{ready.clip.file} is missing. Put it back, or delete the video.",
    ]
    ready.clip.file.touch()
    compared.change(2, starred=True)
    assert [pane.message for pane in compared.panel.view.panes] == ["", ""]
    compared.panel.choose(0)
    cast(Ready, compared.jobs[0].phase).clip.file.unlink()
    compared.controller.close()
    assert not compared.controller.is_open and compared.player.job is None


def test_the_cost_of_clips_that_were_not_requested_here_is_unknown(compared: Compared) -> None:
    compared.compare(1, 2)
    names = [row.name for row in compared.panel.view.differences.rows]
    assert "Model" in names and "Cost" not in names, "not 0 credits"


def test_escape_returns_to_the_current_clip_at_its_frame(compared: Compared) -> None:
    compared.player.job, compared.player.frame = compared.jobs[2], 7
    compared.compare(2, 3)
    assert compared.panel.current_job.id == "job3"
    assert compared.opened == [*ids(2, 3)]
    compared.until_frame(7)
    compared.panel.close_requested.emit()
    assert not compared.controller.is_open and compared.letters == {}
    assert compared.player.job is compared.jobs[2] and compared.player.frame == 7


@pytest.mark.parametrize(
    "dropped, shown", [((4,), (1, 2, 4)), ((2,), (1, 2)), ((4, 5), (4, 5)), ((1, 2, 3, 4, 5), (1, 2))]
)
def test_dropped_rows_are_added_or_compared_by_themselves(
    compared: Compared, dropped: Sequence[int], shown: Sequence[int]
) -> None:
    compared.compare(1, 2, step=3)
    compared.controller.drop(ids(*dropped))
    assert compared.letters == letters_of(*shown)
    assert ("at most four" in compared.said) == (len(dropped) > 4)
    compared.until_frame(3 if 1 in shown else 0)


def test_only_finished_videos_are_compared(compared: Compared) -> None:
    compared.controller.compare([compared.jobs[0], replace(compared.jobs[1], phase=Waiting())])
    assert "Only finished videos" in compared.said and not compared.controller.is_open
    compared.player.job = compared.jobs[0]
    compared.controller.drop(ids(1))
    assert "Drop another video" in compared.said and not compared.controller.is_open


def test_a_row_that_is_opened_is_chosen_or_shown_in_the_player(compared: Compared) -> None:
    shown: list[Job] = []
    compared.compare(1, 2)
    compared.controller.open_row(compared.jobs[1], shown.append)
    assert compared.panel.current_job.id == "job2" and not shown
    compared.controller.open_row(compared.jobs[4], shown.append)
    assert not compared.controller.is_open and shown == [compared.jobs[4]]


def test_marks_are_set_shown_and_leave_the_frame(compared: Compared) -> None:
    compared.compare(1, 2, step=4)
    compared.window.compare_actions.keep.trigger()
    assert compared.run == [(Action.KEEP_THIS, ids(1, 2))]
    assert not compared.window.compare_actions.export_picks.isEnabled()
    compared.change(1, flag=Flag.PICKED)
    compared.change(2, flag=Flag.REJECTED, starred=True)
    assert [(pane.job.flag, pane.job.starred) for pane in compared.panel.view.panes] == [
        (Flag.PICKED, False),
        (Flag.REJECTED, True),
    ]
    assert compared.window.compare_actions.export_picks.isEnabled() and compared.panel.frame == 4
