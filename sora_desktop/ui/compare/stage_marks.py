"""What is painted over and around the pictures of compared clips: messages, letters, the ring of the current one."""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QFont, QFontMetrics, QPainter, QPen

from sora_desktop.ui.theme import Theme
from sora_desktop.ui.widgets.elided_label import centered_flags, wrapped
from sora_desktop.ui.widgets.letter_chip import CHIP, letter_colors, paint_letter

_INSET = 12  # pixels from the corner of a picture to its letter
_MESSAGE_INSET = 12  # pixels from the edge of the pane to its message


def paint_message(painter: QPainter, area: QRect, message: str, font: QFont, theme: Theme) -> None:
    """Paint why there is no picture, in the middle of its pane."""
    painter.setPen(theme.color("line"))
    painter.setBrush(theme.color("panel"))
    painter.drawRoundedRect(QRectF(area).adjusted(0.5, 0.5, -0.5, -0.5), 8, 8)
    painter.setPen(theme.color("muted"))
    height, width = QFontMetrics(font).height(), area.width() - 2 * _MESSAGE_INSET
    lines = wrapped(message, font, width, max(area.height() // height - 1, 1))
    top = area.center().y() - height * len(lines) // 2
    for number, line in enumerate(lines):
        place = QRect(area.left() + _MESSAGE_INSET, top + number * height, width, height)
        painter.drawText(place, centered_flags(line), line)


def paint_ring(painter: QPainter, area: QRectF, theme: Theme, *, thick: bool) -> None:
    """Paint 2 pixels of the accent color, 2 outside of the picture of the current clip.

    `thick`: with those 2 between them and the picture, where the focus is to be seen.
    """
    painter.setBrush(Qt.BrushStyle.NoBrush)
    width, out = (4, 2) if thick else (2, 3)
    painter.setPen(QPen(theme.color("accent_text" if thick else "accent"), width))
    painter.drawRoundedRect(area.adjusted(-out, -out, out, out), 7 + out, 7 + out)


def paint_corner_letter(painter: QPainter, area: QRectF, letter: str, theme: Theme, *, current: bool) -> None:
    """Paint a letter over a picture: that of the current clip in its left upper corner, another one in the right."""
    ground, ink = letter_colors(theme, current=current, over_picture=True)
    left = area.left() + _INSET if current else area.right() - _INSET - CHIP
    paint_letter(painter, QRectF(left, area.top() + _INSET, CHIP, CHIP), letter, ground, ink, theme)
