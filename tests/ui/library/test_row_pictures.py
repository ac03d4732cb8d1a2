"""A row is painted again only if it looks different, and looks the same from its picture."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias

import pytest
from builders import NOW, a_clip, a_job
from in_memory_library import InMemoryLibrary
from PySide6.QtCore import QEvent, QObject, QPoint, QRect, QSize
from PySide6.QtGui import QColor, QImage, QPainter, QPixmap
from PySide6.QtWidgets import QApplication, QFrame, QStyle, QStyleOptionViewItem, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from sora_desktop.api.sora.capabilities import CAPABILITIES
from sora_desktop.domain.job import Failed, Job, JobId, Ready, RemoteId, Saving, Waiting
from sora_desktop.domain.library import LibraryView
from sora_desktop.domain.marks import Flag
from sora_desktop.state.job_list import JobList
from sora_desktop.ui.app_theme import AppTheme
from sora_desktop.ui.library import job_delegate
from sora_desktop.ui.library.job_delegate import JobDelegate
from sora_desktop.ui.library.job_list_view import JobListView
from sora_desktop.ui.library.row_pictures import RowPictures

SAVED = [a_job(Ready(a_clip()), number, changed=NOW) for number in range(1, 5)]
SAVING = a_job(Saving(RemoteId("r1")), 5, changed=NOW)
SIZE = QSize(404, 78)
State = QStyle.StateFlag
Paint: TypeAlias = Callable[[QPainter, QRect], None]


class Rows:
    """A list that records which rows are painted again."""

    def __init__(self, qtbot: QtBot, theme: AppTheme, monkeypatch: pytest.MonkeyPatch, *jobs: Job) -> None:
        self.posters: dict[JobId, QPixmap] = {}
        self.model = JobList(InMemoryLibrary(jobs), CAPABILITIES, now=lambda: NOW)
        self.model.set_view(LibraryView())
        self.delegate = JobDelegate(theme, self.model, lambda job: self.posters.get(job.id))
        self.view = JobListView(self.model, self.delegate)
        self.painted: list[JobId] = []
        show = RowPictures.paint

        def watch(
            pictures: RowPictures, painter: QPainter, place: QRect, id: JobId, content: object, paint: Paint
        ) -> None:
            def paint_anew(painter: QPainter, place: QRect) -> None:
                self.painted.append(id)
                paint(painter, place)

            show(pictures, painter, place, id, content, paint_anew)

        monkeypatch.setattr(RowPictures, "paint", watch)
        qtbot.addWidget(self.view)
        self.view.resize(404, 600)
        self.view.show()
        QApplication.processEvents()
        assert len(self.painted) >= len(jobs)

    def painted_by(self, change: Callable[[], object]) -> list[JobId]:
        """The rows that are painted again if all of the list is repainted after a change."""
        self.painted.clear()
        change()
        self.view.repaint_rows()
        QApplication.processEvents()
        return self.painted


def test_only_rows_that_look_different_are_painted_again(
    qtbot: QtBot, theme: AppTheme, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = Rows(qtbot, theme, monkeypatch, SAVING, *SAVED)
    new, first = a_job(Waiting(), 9, changed=NOW), SAVED[0].id
    assert rows.painted_by(lambda: None) == []
    assert rows.painted_by(lambda: rows.model.upsert(new)) == [new.id], "the others only moved down"
    received = replace(SAVING, phase=Saving(RemoteId("r1"), 2_000_000, 8_000_000))
    assert rows.painted_by(lambda: rows.model.upsert(received)) == [SAVING.id]
    noted = replace(received, changed_at=NOW + 1)
    assert rows.painted_by(lambda: rows.model.upsert(noted)) == [], "nothing that is seen has changed"
    assert rows.painted_by(lambda: rows.posters.update({first: QPixmap(104, 58)})) == [first]
    assert rows.painted_by(lambda: rows.delegate.show_letters({first: "A"}, None)) == [first]
    assert rows.painted_by(lambda: rows.delegate.show_letters({first: "A"}, first)) == [first]
    assert rows.painted_by(lambda: rows.model.upsert(replace(SAVED[1], flag=Flag.PICKED))) == [SAVED[1].id]
    rows.view.choose(rows.model.row_of(SAVING.id) or 0)
    moves_focus = rows.painted_by(lambda: rows.view.choose(rows.model.row_of(first) or 0))
    assert sorted(moves_focus) == sorted([SAVING.id, first])
    assert set(rows.painted_by(lambda: rows.view.resize(380, 600))) >= {job.id for job in SAVED}
    assert set(rows.painted_by(lambda: theme.choose("light"))) >= {job.id for job in SAVED}


@pytest.mark.parametrize("state", [State.State_None, State.State_MouseOver, State.State_Selected, State.State_HasFocus])
@pytest.mark.parametrize(
    "job", [SAVED[0], SAVING, a_job(Failed("No."), 6), a_job(Waiting(), 7)], ids=lambda job: job.id
)
@pytest.mark.parametrize("density", [1, 2])
def test_a_row_looks_the_same_from_its_picture(
    theme: AppTheme, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, state: State, job: Job, density: int
) -> None:
    model = JobList(InMemoryLibrary((job,)), CAPABILITIES, now=lambda: NOW)
    model.set_view(LibraryView())
    delegate = JobDelegate(theme, model, lambda _: None)

    def painted() -> QImage:
        image = QImage(QSize(404, 200) * density, QImage.Format.Format_RGB32)
        image.setDevicePixelRatio(density)
        image.fill(QColor(theme.tokens.panel))
        option = QStyleOptionViewItem()
        option.rect, option.state = QRect(QPoint(0, 31), SIZE), state
        painter = QPainter(image)
        delegate.paint(painter, option, model.index(0))
        painter.end()
        return image

    from_picture = painted()
    monkeypatch.setattr(RowPictures, "paint", lambda _, painter, place, id, content, paint: paint(painter, place))
    assert from_picture == painted()


class Paints(QObject):
    """Counts how often a widget is painted."""

    def __init__(self, widget: QWidget) -> None:
        super().__init__()
        self.number = 0
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        self.number += event.type() == QEvent.Type.Paint
        return False


def test_nothing_beneath_the_rows_is_painted_with_them(
    qtbot: QtBot, theme: AppTheme, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows, panel = Rows(qtbot, theme, monkeypatch, SAVING, *SAVED), QFrame()
    QVBoxLayout(panel).addWidget(rows.view)
    panel.show()
    QApplication.processEvents()
    beneath, row = Paints(panel), Paints(rows.view.viewport())
    filled: list[QRect] = []
    monkeypatch.setattr(job_delegate, "_fill", lambda painter, place, color: filled.append(place))
    rows.model.upsert(replace(SAVING, phase=Saving(RemoteId("r1"), 2_000_000, 8_000_000)))
    QApplication.processEvents()
    assert row.number == 1 and beneath.number == 0 and not filled, "the ground behind a row is not seen"
    monkeypatch.undo()
    below = rows.view.viewport().grab().toImage().pixelColor(3, rows.view.viewport().height() - 3)
    assert below == QColor(theme.tokens.panel)
    rows.view.setParent(None)
