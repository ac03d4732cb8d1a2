"""Draws the rectangle that a size or an aspect ratio describes."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPixmap

from sora_desktop.domain.request import proportions_of

SHAPE_SIZE = QSize(24, 18)  # pixels; includes a margin to the right of the shape


def shape_pixmap(shape: str, color: QColor) -> QPixmap | None:
    """A rectangle of these proportions that fills the icon; None if the text, such as "16:9", describes none.

    A square is drawn smaller, since it looks larger.
    """
    proportions = proportions_of(shape)
    if proportions is None:
        return None
    width, height = proportions
    ratio = 2  # for high-density screens
    pixmap = QPixmap(SHAPE_SIZE * ratio)
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    longest = 17.0 if width > height else 14.0 if height > width else 11.0
    scale = longest / max(width, height)
    rect = QRectF(0, 0, width * scale, height * scale)
    rect.moveTo(SHAPE_SIZE.width() - 5 - rect.width(), (SHAPE_SIZE.height() - rect.height()) / 2)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(color, 1.2))
    painter.drawRoundedRect(rect, 2, 2)
    painter.end()
    return pixmap
