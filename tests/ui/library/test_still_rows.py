"""No row moves under the pointer, and no link that spends can be pressed before it was seen."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace

import pytest
from builders import NOW, a_clip, a_job
from drag_and_drop import drop_event
from in_memory_library import InMemoryLibrary
from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, Qt
from PySide6.QtGui import QCursor, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from sora_desktop.api.sora.capabilities import CAPABILITIES
from sora_desktop.domain.job import ChangedJobs, Failed, Job, JobId, Ready, RemoteId, Removed, Rendering, Waiting
from sora_desktop.domain.library import LibraryView, Tab
from sora_desktop.state.actions import Action
from sora_desktop.state.job_list import JobList
from sora_desktop.ui.library.job_delegate import JobDelegate
from sora_desktop.ui.library.job_list_view import JobListView
from sora_desktop.ui.library.link_guard import UNSEEN
from sora_desktop.ui.library.row_drag import RowDrag
from sora_desktop.ui.library.row_lines import lines_of, parts_of
from sora_desktop.ui.theme import Theme

NOWHERE = QPoint(3000, 3000)
FAILED = Failed("The service is overloaded")


MovePointer = Callable[[QWidget, QPoint], None]


class ListUnderPointer:
    """The list, a pointer that rests on it, and a clock."""

    def __init__(self, qtbot: QtBot, theme: Theme, move_pointer: MovePointer, jobs: list[Job]) -> None:
        self._move_pointer = move_pointer
        self.model = JobList(InMemoryLibrary(jobs), CAPABILITIES, now=lambda: NOW + 60)
        self.tick = 0.0
        self.list = JobListView(self.model, JobDelegate(theme, self.model, lambda _: None), lambda: self.tick)
        self.followed: list[tuple[object, str]] = []
        self.list.action_requested.connect(lambda action, ids: self.followed.append((action, ids[0])))
        qtbot.addWidget(self.list)
        self.list.resize(404, 500)
        self.list.show()
        QApplication.processEvents()

    def rest(self, point: QPoint) -> None:
        """Move the pointer to a point of the viewport."""
        self._move_pointer(self.list.viewport(), point)
        assert self.list.pointer is not None

    def leave(self) -> None:
        QCursor.setPos(NOWHERE)
        QApplication.processEvents()
        assert self.list.pointer is None

    def jobs(self) -> list[Job]:
        rows = range(self.model.rowCount())
        return [job for row in rows if (job := self.model.job_at(self.model.index(row))) is not None]

    def shown_at(self, y: int) -> tuple[str, int] | None:
        """The job at this height of the list, and the top of its row there."""
        viewport = self.list.viewport()
        index = self.list.indexAt(QPoint(60, y - viewport.y()))
        job = self.model.job_at(index)
        return None if job is None else (job.id, self.list.visualRect(index).top() + viewport.y())

    def link(self, row: int) -> QPoint:
        job = self.model.job_at(self.model.index(row))
        assert job is not None
        place = parts_of(self.list.visualRect(self.model.index(row))).text
        found = lines_of(job, self.model.text_of(job), place, self.list.font()).link
        assert found is not None
        return found.center()

    def click(self, point: QPoint) -> None:
        QTest.mouseClick(self.list.viewport(), Qt.MouseButton.LeftButton, pos=point)


MakeList = Callable[..., ListUnderPointer]


@pytest.fixture
def shown(qtbot: QtBot, theme: Theme, move_pointer: MovePointer) -> MakeList:
    return lambda *jobs: ListUnderPointer(qtbot, theme, move_pointer, list(jobs))


def many(number: int) -> list[Job]:
    return [a_job(FAILED if number % 3 else Ready(a_clip()), number) for number in range(1, number + 1)]


@pytest.mark.parametrize("count", [1, 3, 8, 30])
@pytest.mark.parametrize("seed", range(6))
def test_the_row_under_the_pointer_stays_through_any_changes(shown: MakeList, count: int, seed: int) -> None:
    chance = random.Random(seed)
    there = shown(*many(count))
    bar = there.list.verticalScrollBar()
    bar.setValue(chance.choice([0, bar.maximum() // 2, bar.maximum()]))
    y = chance.randrange(5, 495)
    there.rest(QPoint(60, y))
    before = there.shown_at(y)
    for number in range(100, 125):
        jobs = there.jobs()
        others = [job for job in jobs if before is None or job.id != before[0]]
        match chance.randrange(4):
            case 0:
                there.model.upsert(a_job(Waiting(), number))
            case 1 if others:
                there.model.upsert(replace(chance.choice(others), phase=Removed()))
            case 2 if others:
                there.model.upsert(replace(chance.choice(jobs), position=NOW + chance.uniform(0, 130)))
            case _:
                there.list.resize(404, chance.choice([420, 500, 560]) if y < 420 else 500)
        QApplication.processEvents()
        assert before is None or there.shown_at(y) == before, "a row may come where none was"
    there.leave()
    assert there.list.viewport().y() == 0 and there.list.viewport().height() == there.list.height()


def test_new_rows_come_into_sight_when_the_pointer_leaves(shown: MakeList) -> None:
    there = shown(*many(20))
    there.rest(QPoint(60, 200))
    there.model.upsert(a_job(Waiting(), 50))
    assert there.list.verticalScrollBar().value() > 0
    there.leave()
    assert there.list.verticalScrollBar().value() == 0


def test_new_rows_come_into_sight_after_a_dialog_under_which_the_pointer_has_left(shown: MakeList) -> None:
    there = shown(*many(20))
    there.rest(QPoint(60, 200))
    activated = QEvent(QEvent.Type.WindowActivate)
    QApplication.sendEvent(there.list, activated)
    assert there.list.pointer is not None, "it is still there"
    there.model.upsert(a_job(Waiting(), 50))
    QCursor.setPos(NOWHERE)
    QApplication.sendEvent(there.list, activated)
    assert there.list.pointer is None and there.list.verticalScrollBar().value() == 0


def test_a_list_that_was_scrolled_stays_there_when_the_pointer_leaves(shown: MakeList) -> None:
    there = shown(*many(20))
    there.list.verticalScrollBar().setValue(300)
    there.rest(QPoint(60, 200))
    before = there.shown_at(200)
    there.model.upsert(a_job(Waiting(), 50))
    there.leave()
    assert there.shown_at(200) == before


def test_a_job_that_leaves_the_tab_stays_while_the_pointer_is_on_it(shown: MakeList) -> None:
    rendering = [a_job(Rendering(RemoteId(str(number))), number) for number in (1, 2, 3)]
    there = shown(*rendering)
    there.model.set_view(LibraryView(Tab.ACTIVE))
    there.rest(QPoint(60, 100))
    before = there.shown_at(100)
    assert before is not None
    finished = next(job for job in rendering if job.id == before[0])
    there.model.upsert(replace(finished, phase=Ready(a_clip())))
    assert there.shown_at(100) == before
    there.rest(QPoint(60, 20))
    assert before[0] not in [job.id for job in there.jobs()]


def test_a_job_that_the_user_removes_goes_at_once(shown: MakeList) -> None:
    there = shown(*many(3))
    there.rest(QPoint(60, 100))
    under = there.shown_at(100)
    assert under is not None
    job = next(job for job in there.jobs() if job.id == under[0])
    there.model.upsert(replace(job, phase=Removed()))
    assert len(there.jobs()) == 2


def test_a_row_that_the_user_drops_at_the_top_is_seen_there(shown: MakeList, monkeypatch: pytest.MonkeyPatch) -> None:
    there = shown(*(a_job(Waiting(), number) for number in range(1, 13)))
    top = QPoint(60, 20)
    there.rest(top)
    first, *_, dropped = there.jobs()[:4]
    monkeypatch.setattr(RowDrag, "dropped_at", lambda *_: (Action.MOVE_TO_FRONT, dropped.id))
    there.list.dropEvent(drop_event(top, QMimeData(), Qt.DropAction.MoveAction))
    assert there.followed == [(Action.MOVE_TO_FRONT, dropped.id)]
    there.model.upsert(replace(dropped, position=first.position))  # as the queue does: the others get new places
    there.model.upsert(replace(first, position=first.position + 0.5))
    there.rest(top + QPoint(2, 1))
    there.model.upsert(a_job(Waiting(), 50))
    assert there.shown_at(top.y()) == (dropped.id, 0)
    there.rest(top + QPoint(20, 0))
    there.model.upsert(replace(first, position=first.position - 2))
    assert there.shown_at(top.y()) == (dropped.id, 0), "from now on the row under the pointer stays"


def test_a_link_that_comes_under_the_pointer_must_be_seen_before_it_spends(shown: MakeList) -> None:
    there = shown(a_job(FAILED, 1))
    place = there.link(0)
    there.model.upsert(a_job(Rendering(RemoteId("1")), 1))
    there.rest(place)
    there.model.upsert(a_job(FAILED, 1))
    there.click(place)
    assert there.followed == []
    there.tick += UNSEEN
    there.click(place)
    assert there.followed == [(Action.RETRY, "job1")]


def test_a_link_is_pressed_at_once_after_the_pointer_has_moved_to_it(shown: MakeList) -> None:
    there = shown(a_job(FAILED, 1))
    place = there.link(0)
    there.model.upsert(a_job(Rendering(RemoteId("1")), 1))
    there.rest(place)
    there.model.upsert(a_job(FAILED, 1))
    there.rest(place + QPoint(1, 1))
    there.click(place + QPoint(1, 1))
    assert there.followed == [(Action.RETRY, "job1")]


def test_a_partly_visible_row_does_not_scroll_into_sight_under_the_pointer(shown: MakeList) -> None:
    there = shown(*many(20))
    there.list.verticalScrollBar().setValue(40)
    there.rest(QPoint(60, 10))
    there.click(QPoint(60, 10))
    there.list.scrollTo(there.list.currentIndex())  # as Qt does half a second after a click
    assert there.list.verticalScrollBar().value() == 40
    QTest.keyClick(there.list, Qt.Key.Key_Up)
    assert there.list.currentIndex().row() == 0 or there.list.verticalScrollBar().value() < 40


def test_a_queued_job_is_revealed_once_the_pointer_has_left(shown: MakeList) -> None:
    there = shown(*many(20))
    there.list.verticalScrollBar().setValue(500)
    there.rest(QPoint(60, 100))
    there.model.upsert(a_job(Waiting(), 50, id="new"))
    there.list.reveal(there.jobs()[0].id)
    assert there.list.verticalScrollBar().value() > 500
    there.leave()
    assert there.list.verticalScrollBar().value() == 0


@pytest.mark.parametrize("scrolled_by_user", [False, True])
def test_a_list_goes_back_to_the_top_when_the_job_that_it_was_scrolled_to_is_sent(
    shown: MakeList, scrolled_by_user: bool
) -> None:
    there = shown(*(a_job(Waiting(), number) for number in range(1, 21)))
    bar = there.list.verticalScrollBar()
    for number in (15, 20):  # two requests one after the other
        there.list.reveal(JobId(f"job{number}"))
    assert bar.value() > 500
    if scrolled_by_user:
        bar.setValue(300)
    before = bar.value()
    there.model.upsert(a_job(Rendering(RemoteId("t")), 1))
    assert bar.value() == before
    there.model.upsert(a_job(Rendering(RemoteId("t")), 20))
    assert bar.value() == (before if scrolled_by_user else 0)


def test_the_wheel_scrolls_the_blank_space_away(shown: MakeList) -> None:
    there = shown(*many(3))
    there.rest(QPoint(60, 200))
    there.model.upsert(replace(there.jobs()[0], phase=Removed()))
    assert there.list.viewport().y() > 0
    here = QPointF(60, 100)
    wheel = QWheelEvent(
        here,
        here,
        QPoint(0, 0),
        QPoint(0, -120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(there.list.viewport(), wheel)
    assert there.list.viewport().y() == 0


def test_below_a_row_that_is_deleted_the_others_move_up(shown: MakeList) -> None:
    there = shown(*many(5))
    there.rest(QPoint(60, 100))
    rows = there.jobs()
    there.model.upsert(replace(rows[1], phase=Removed()))
    QApplication.processEvents()
    assert there.shown_at(20) == (rows[0].id, 0) and there.shown_at(100) == (rows[2].id, 78)


def test_below_rows_that_are_deleted_together_the_others_move_up(shown: MakeList) -> None:
    there = shown(*many(6))
    there.rest(QPoint(60, 240))  # on the last of those that go
    rows = there.jobs()
    there.model.upsert_many(ChangedJobs(tuple(replace(job, phase=Removed()) for job in rows[1:4])))
    QApplication.processEvents()
    assert there.shown_at(20) == (rows[0].id, 0) and there.shown_at(100) == (rows[4].id, 78)


def test_a_row_that_a_key_chooses_is_scrolled_into_sight_under_the_pointer(shown: MakeList) -> None:
    there = shown(*many(20))
    there.list.verticalScrollBar().setValue(600)
    there.rest(QPoint(60, 100))
    there.list.choose(0)
    assert there.list.verticalScrollBar().value() == 0
