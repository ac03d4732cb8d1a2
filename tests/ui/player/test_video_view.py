"""Where the view of a clip paints."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QRect, QSize
from PySide6.QtGui import QColor, QImage, QRegion
from pytestqt.qtbot import QtBot

from sora_desktop.domain.frames import Picture
from sora_desktop.ui.player.video_view import VideoView
from sora_desktop.ui.theme import Theme

SHAPES = (QSize(1280, 720), QSize(720, 1280), QSize(1920, 1080), QSize(854, 480))
MAGENTA = QColor("magenta")
SIZES = tuple(QSize(400 + number, 300 + number * 3 // 2) for number in range(8))


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: f"{shape.width()}x{shape.height()}")
def test_the_picture_covers_its_place_and_nothing_else(qtbot: QtBot, theme: Theme, shape: QSize) -> None:
    """The view is opaque: what it leaves out keeps the pixels of before, here magenta."""
    view = VideoView(theme)
    qtbot.addWidget(view)
    for size in SIZES:
        view.resize(size)
        view.begin_shape(shape)
        view.show_picture(_white(view.needed_size))
        image = QImage(size, QImage.Format.Format_RGB32)
        image.fill(MAGENTA)
        view.render(image, QPoint(), QRegion(view.rect()), view.RenderFlag.DrawChildren)
        assert _part(image, MAGENTA) == QRect(), size
        assert _part(image, QColor("white")) == view.picture_rect(), size


def _white(size: QSize) -> Picture:
    width, height = size.toTuple()
    return Picture(0, width, height, width * 4, memoryview(b"\xff" * (width * height * 4)))


def _part(image: QImage, color: QColor) -> QRect:
    """The smallest rectangle around the pixels of a color."""
    width = image.width()
    pixels = memoryview(image.constBits()).cast("B").cast("I")
    places = [place for place, pixel in enumerate(pixels) if pixel == color.rgb()]
    if not places:
        return QRect()
    left, right = min(place % width for place in places), max(place % width for place in places)
    return QRect(QPoint(left, places[0] // width), QPoint(right, places[-1] // width))
