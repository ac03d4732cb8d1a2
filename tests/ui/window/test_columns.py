"""The columns with a real player between them, at every width of a window."""

from __future__ import annotations

from itertools import pairwise

import pytest
from drag_and_drop import drag_and_drop
from listed_jobs import job_actions
from painted_frames import PaintedFrames
from PySide6.QtCore import QMimeData, QPoint, Qt, QUrl
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QFrame, QSplitter, QWidget
from pytestqt.qtbot import QtBot

from sora_desktop.api.sora.capabilities import CAPABILITIES
from sora_desktop.state.clip_text import facts_shown
from sora_desktop.ui.compose.compose_panel import ComposePanel
from sora_desktop.ui.player.player_panel import PlayerPanel
from sora_desktop.ui.theme import Theme
from sora_desktop.ui.window.columns import Columns

LEFT = Qt.MouseButton.LeftButton
TRANSPORT = ("playButton", "timeLabel", "scrubBar", "loopButton", "speedButton", "volumeButton", "fullscreenButton")


@pytest.mark.parametrize("width", [720, 800, 1000, 1100, 1150, 1280, 1440])
def test_no_part_of_the_transport_is_cut_off(qtbot: QtBot, theme: Theme, width: int) -> None:
    of_jobs = job_actions(theme)
    player = PlayerPanel(theme, lambda job: facts_shown(job, CAPABILITIES), PaintedFrames(), of_jobs)
    columns = Columns(theme, ComposePanel(theme, CAPABILITIES), player, QFrame(), QAction())
    qtbot.addWidget(columns)
    columns.fit(width)
    columns.resize(width, 700)
    columns.show()
    columns.show_player()
    qtbot.waitUntil(lambda: columns.width() == width)

    def part(name: str) -> QWidget:
        found = player.findChild(QWidget, name)
        assert isinstance(found, QWidget), name
        return found

    qtbot.waitUntil(lambda: player.mapTo(columns, player.rect().bottomRight()).x() < width)
    qtbot.waitUntil(lambda: part("timeLabel").width() >= part("timeLabel").sizeHint().width())
    ends = [(part(name).x(), part(name).x() + part(name).width()) for name in TRANSPORT]
    assert all(end <= begin for (_, end), (begin, _) in pairwise(ends)), "they overlap"
    for name in ("fullscreenButton", "exportButton"):
        button = part(name)
        assert isinstance(button, QAbstractButton)
        assert button.mapTo(columns, button.rect().bottomRight()).x() < columns.width(), name
        assert button.mapTo(player, button.rect().bottomRight()).x() < player.width(), name


def test_column_widths_are_restored_when_the_window_is_wide_again(qtbot: QtBot, theme: Theme) -> None:
    compose, library = ComposePanel(theme, CAPABILITIES), QFrame()
    columns = Columns(theme, compose, QFrame(), library, QAction())
    qtbot.addWidget(columns)
    columns.resize(1440, 700)
    columns.show()
    columns.set_sizes(380, 420)
    for narrower in (900, 720, 1150, 1101):
        for width in (narrower, 1440):
            columns.fit(width)
            columns.resize(width, 700)
            QApplication.processEvents()
            assert columns.sizes() == (380, 420), "what is kept for the next start"
        qtbot.waitUntil(lambda: (compose.width(), library.width()) == (380, 420))


def test_a_window_that_becomes_narrow_shows_the_part_that_has_the_focus(qtbot: QtBot, theme: Theme) -> None:
    compose, library = ComposePanel(theme, CAPABILITIES), QFrame()
    library.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    columns = Columns(theme, compose, QFrame(), library, QAction())
    qtbot.addWidget(columns)
    columns.resize(1440, 700)
    with qtbot.waitActive(columns):
        columns.show()
        columns.activateWindow()
    for focused in (library, compose, library):
        columns.fit(1440)
        focused.setFocus() if focused is library else compose.focus_prompt()
        columns.fit(720)
        assert focused.isVisible() and library.isVisible() is (focused is library)
        assert library.hasFocus() is (focused is library)


def test_a_column_that_is_dragged_in_a_narrow_window_leaves_the_other_its_width(qtbot: QtBot, theme: Theme) -> None:
    compose, library = ComposePanel(theme, CAPABILITIES), QFrame()
    columns = Columns(theme, compose, QFrame(), library, QAction())
    qtbot.addWidget(columns)
    columns.resize(1200, 700)
    columns.show()
    columns.set_sizes(380, 420)
    qtbot.waitUntil(lambda: library.width() < 420)
    splitter = compose.parentWidget()
    assert isinstance(splitter, QSplitter)
    start = splitter.handle(1).rect().center()
    QTest.mousePress(splitter.handle(1), LEFT, pos=start)
    QTest.mouseMove(splitter.handle(1), start + QPoint(320 - compose.width(), 0))
    QTest.mouseRelease(splitter.handle(1), LEFT, pos=start)
    dragged = compose.width()
    assert columns.sizes() == (dragged, 420) and dragged < 330
    columns.resize(1440, 700)
    qtbot.waitUntil(lambda: (compose.width(), library.width()) == (dragged, 420))


@pytest.mark.parametrize("width, has_rail", [(1440, True), (1000, True), (720, False)])
def test_the_form_is_folded_and_unfolded_while_clips_are_compared(
    qtbot: QtBot, theme: Theme, width: int, has_rail: bool
) -> None:
    compose = ComposePanel(theme, CAPABILITIES)
    library = QFrame()
    fold_form = QAction()
    columns = Columns(theme, compose, QFrame(), library, fold_form)
    qtbot.addWidget(columns)
    columns.resize(width, 700)
    columns.fit(width)
    columns.show()
    columns.show_compare(QFrame())
    rail, button = columns.findChild(QWidget, "composeRail"), columns.findChild(QAbstractButton, "expandComposeButton")
    assert isinstance(rail, QWidget) and isinstance(button, QAbstractButton)
    assert rail.isVisible() == has_rail and not compose.isVisible()
    if has_rail:
        for unfolded, name in ((True, "Fold the form"), (False, "Show the form")):
            button.click()
            assert (compose.isVisible(), button.accessibleName()) == (unfolded, name)
        offered: list[object] = []
        compose.image_offered.connect(offered.append)
        mime = QMimeData()
        mime.setUrls([QUrl.fromLocalFile("/clips/cat.mp4")])
        assert drag_and_drop(rail, mime) and len(offered) == 1
        assert compose.isVisible(), "what becomes of it is seen there"
        button.click()
    for unfolded in (True, False):
        fold_form.trigger()
        assert compose.isVisible() == unfolded
    assert library.isVisible() == has_rail
    columns.resize(width, 540)
    assert library.isVisible() == (width == 1440), "the clips need its room"
    columns.end_compare()
    assert not rail.isVisible() and compose.isVisible() == has_rail and library.isVisible()


def test_the_height_that_the_user_gives_the_library_under_the_player_is_kept(qtbot: QtBot, theme: Theme) -> None:
    library = QFrame()
    columns = Columns(theme, ComposePanel(theme, CAPABILITIES), QFrame(), library, QAction())
    qtbot.addWidget(columns)
    columns.resize(1000, 600)
    columns.fit(1000)
    columns.show()
    qtbot.waitUntil(lambda: library.height() == 180)  # what the picture does not need first
    splitter = library.parentWidget()
    assert isinstance(splitter, QSplitter)
    handle = splitter.handle(1)
    start = handle.rect().center()
    QTest.mousePress(handle, LEFT, pos=start)
    QTest.mouseMove(handle, start - QPoint(0, 120))
    QTest.mouseRelease(handle, LEFT, pos=start)
    dragged = library.height()
    assert 290 < dragged < 310
    columns.resize(1000, 900)
    qtbot.waitUntil(lambda: abs(library.height() - dragged * 1.5) <= 2)
    columns.show_compare(QFrame())
    qtbot.waitUntil(lambda: library.height() < 200)
    columns.end_compare()
    qtbot.waitUntil(lambda: abs(library.height() - dragged * 1.5) <= 2)
