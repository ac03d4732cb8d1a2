"""Rows whose texts time has changed are repainted, one at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from builders import NOW, a_clip, a_job
from in_memory_library import InMemoryLibrary
from PySide6.QtCore import QModelIndex
from PySide6.QtGui import QCursor, QPainter
from PySide6.QtWidgets import QApplication, QStyleOptionViewItem
from pytestqt.qtbot import QtBot

from sora_desktop.api.sora.capabilities import CAPABILITIES
from sora_desktop.domain.job import Failed, Job, Ready, Waiting
from sora_desktop.domain.library import LibraryView
from sora_desktop.domain.money import PriceTable
from sora_desktop.state.job_list import JobList
from sora_desktop.state.row_text import RowText
from sora_desktop.ui.library.job_delegate import JobDelegate
from sora_desktop.ui.library.job_list_view import JobListView
from sora_desktop.ui.library.painted_texts import TimedRepaint
from sora_desktop.ui.theme import Theme

FAILED, DAYS_OLD = a_job(Failed("No."), 1, changed=NOW), a_job(Ready(a_clip()), 2, changed=NOW - 5e5)
CLIPS = [a_job(Ready(a_clip()), number, changed=NOW - 30) for number in (3, 4)]
WAITING = [a_job(Waiting(), number) for number in (5, 6)]


class Rows:
    def __init__(
        self, qtbot: QtBot, theme: Theme, monkeypatch: pytest.MonkeyPatch, *jobs: Job, search: str = ""
    ) -> None:
        self.clock = NOW
        self.model = JobList(InMemoryLibrary(jobs), CAPABILITIES, now=lambda: self.clock)
        self.model.set_view(LibraryView(search=search))
        paint, text_of = JobDelegate.paint, JobList.text_of

        def watch(delegate: JobDelegate, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex) -> None:
            self.painted.append(index.data())
            paint(delegate, painter, option, index)

        def count(model: JobList, job: Job) -> RowText:
            self.made.append(job.request.prompt)
            return text_of(model, job)

        monkeypatch.setattr(JobDelegate, "paint", watch)
        monkeypatch.setattr(JobList, "text_of", count)
        self.view = JobListView(self.model, JobDelegate(theme, self.model, lambda _: None))
        self.painted: list[str] = []
        self.made: list[str] = []
        qtbot.addWidget(self.view)
        self.view.resize(404, 600)
        QCursor.setPos(700, 700)  # over a row, it would keep the rows where they are
        self.view.show()
        QApplication.processEvents()

    def look(self) -> list[str]:
        """What is painted again after one look at the rows."""
        self.painted.clear()
        self.made.clear()
        repaint = self.view.findChild(TimedRepaint)
        assert repaint is not None
        repaint.look()
        QApplication.processEvents()
        return list(self.painted)


def test_rows_are_repainted_one_at_a_time_when_their_age_grows(
    qtbot: QtBot, theme: Theme, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = Rows(qtbot, theme, monkeypatch, FAILED, DAYS_OLD, *CLIPS)
    rows.clock += 29
    assert rows.look() == [] and rows.made == [], "no text is made before one can have changed"
    rows.clock += 1.5
    first, second = rows.look(), rows.look()
    assert len(first) == len(second) == 1
    assert sorted(first + second) == sorted(job.request.prompt for job in CLIPS)
    assert rows.look() == [] and rows.made == []


def test_a_place_in_the_queue_is_looked_at_once_a_second_and_painted_when_it_changes(
    qtbot: QtBot, theme: Theme, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = Rows(qtbot, theme, monkeypatch, *WAITING, search=WAITING[1].request.prompt)
    rows.clock += 1.5
    assert rows.look() == [] and rows.made == [WAITING[1].request.prompt], "looked at, and the same"
    assert rows.look() == [] and rows.made == [], "not twice in a second"
    rows.model.upsert(replace(WAITING[0], phase=Failed("No.")))  # its row is not shown, and nothing is painted by this
    rows.clock += 1.5
    assert rows.look() == [WAITING[1].request.prompt], "next in line now"


def test_a_clock_that_is_set_back_does_not_leave_old_texts(
    qtbot: QtBot, theme: Theme, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = Rows(qtbot, theme, monkeypatch, DAYS_OLD)
    rows.clock -= 4.9e5
    assert rows.look() == [DAYS_OLD.request.prompt]


def test_rows_out_of_sight_are_left_alone(qtbot: QtBot, theme: Theme, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = Rows(qtbot, theme, monkeypatch, *CLIPS)
    rows.clock += 60
    rows.view.hide()
    assert rows.look() == [] and rows.made == []


def test_texts_are_made_again_only_if_their_row_or_time_may_have_changed_them(
    qtbot: QtBot, theme: Theme, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = Rows(qtbot, theme, monkeypatch, FAILED, DAYS_OLD, *CLIPS)

    def made_by(change: Callable[[], object]) -> list[str]:
        rows.made.clear()
        change()
        rows.view.repaint_rows()
        QApplication.processEvents()
        return sorted(set(rows.made))

    all_rows = sorted(job.request.prompt for job in (FAILED, DAYS_OLD, *CLIPS))
    new = a_job(Failed("Late."), 9, changed=NOW)
    assert made_by(lambda: None) == []
    assert made_by(lambda: rows.model.upsert(new)) == [new.request.prompt], "the others only moved"
    assert made_by(lambda: rows.model.upsert(replace(FAILED, starred=True))) == [FAILED.request.prompt]
    assert made_by(lambda: rows.model.set_prices(PriceTable())) == sorted([*all_rows, new.request.prompt])
    rows.clock += 31
    assert made_by(lambda: None) == sorted(job.request.prompt for job in CLIPS), "their age has grown"
