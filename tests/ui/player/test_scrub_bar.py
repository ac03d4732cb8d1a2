"""What the filmstrip shows under the pointer."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from sora_desktop.domain.frames import FrameTimes
from sora_desktop.ui.player.filmstrip import TILES
from sora_desktop.ui.player.hover_picture import HoverPicture
from sora_desktop.ui.player.scrub_bar import ScrubBar
from sora_desktop.ui.theme import Theme

NONE, LEFT = Qt.KeyboardModifier.NoModifier, Qt.MouseButton.LeftButton


@pytest.fixture
def bar(qtbot: QtBot, theme: Theme) -> Iterator[ScrubBar]:
    """242 pixels wide, 200 below the top of a window; 24 frames in 12 pictures of one color each."""
    window = QWidget()
    window.resize(500, 300)
    bar = ScrubBar(theme)
    bar.setParent(window)
    bar.setGeometry(100, 200, 242, 38)
    strip = QImage(TILES * 128, 72, QImage.Format.Format_RGB32)
    painter = QPainter(strip)
    for tile in range(TILES):
        painter.fillRect(tile * 128, 0, 128, 72, QColor(tile * 20, 0, 0))
    painter.end()
    bar.show_strip(strip)
    bar.show_times(FrameTimes(tuple(range(0, 2_400_000, 100_000)), 2_400_000))
    bar.show_frame(0, 24, "")
    qtbot.addWidget(window)
    window.show()
    yield bar


def _hover(bar: ScrubBar) -> HoverPicture:
    hover = bar.window().findChild(HoverPicture, "hoverPicture")
    assert isinstance(hover, HoverPicture)
    return hover


def test_the_pointer_shows_the_picture_and_the_time_of_its_place(bar: ScrubBar) -> None:
    QTest.mouseMove(bar, QPoint(1 + 125, 20))
    hover = _hover(bar)
    assert hover.isVisible() and hover.text == "0:01.20 · frame 12"
    assert hover.picture.size().toTuple() == (128, 72) and hover.picture.pixelColor(5, 5).red() == 6 * 20
    place = hover.geometry()
    assert place.bottom() < 200 and abs(place.center().x() - (100 + 126)) <= 1
    QTest.mouseMove(bar, QPoint(240, 20))
    assert hover.text == "0:02.30 · frame 23" and hover.picture.pixelColor(5, 5).red() == 11 * 20
    assert bar.window().rect().contains(hover.geometry())
    QApplication.sendEvent(bar, QEvent(QEvent.Type.Leave))
    assert not hover.isVisible()


def test_the_picture_gives_way_to_scrubbing(bar: ScrubBar) -> None:
    QTest.mouseMove(bar, QPoint(60, 20))
    QTest.mousePress(bar, LEFT, NONE, QPoint(60, 20))
    assert not _hover(bar).isVisible(), "the frame itself is shown"
    QTest.mouseMove(bar, QPoint(90, 20))
    assert not _hover(bar).isVisible()
    QTest.mouseRelease(bar, LEFT, NONE, QPoint(90, 20))
    QTest.mouseMove(bar, QPoint(91, 20))
    assert _hover(bar).isVisible()


def test_nothing_is_shown_while_no_clip_is_open(bar: ScrubBar) -> None:
    QTest.mouseMove(bar, QPoint(60, 20))
    bar.show_times(None)
    assert not _hover(bar).isVisible()
    QTest.mouseMove(bar, QPoint(61, 20))
    assert not _hover(bar).isVisible()
