"""Puts many pictures on one sheet."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QColor, QPainter, QPixmap

_CELL = 480  # pixels of width for a picture
_GAP, _TITLE = 12, 18  # pixels


def contact_sheet(pictures: Sequence[tuple[str, QPixmap]], columns: int) -> QPixmap:
    """Pictures of equal size in rows, each with its title above it."""
    shape = pictures[0][1].size()
    height = _CELL * shape.height() // shape.width()
    rows = -(-len(pictures) // columns)
    sheet = QPixmap(_GAP + columns * (_CELL + _GAP), _GAP + rows * (_TITLE + height + _GAP))
    sheet.fill(QColor("#808080"))
    painter = QPainter(sheet)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    for number, (title, picture) in enumerate(pictures):
        row, column = divmod(number, columns)
        left, top = _GAP + column * (_CELL + _GAP), _GAP + row * (_TITLE + height + _GAP)
        painter.setPen(QColor("#ffffff"))
        painter.drawText(left, top + _TITLE - 5, title)
        smooth = Qt.TransformationMode.SmoothTransformation
        small = picture.scaled(_CELL, height, Qt.AspectRatioMode.IgnoreAspectRatio, smooth)
        small.setDevicePixelRatio(1)
        painter.drawPixmap(QRect(left, top + _TITLE, _CELL, height), small)
    painter.end()
    return sheet
