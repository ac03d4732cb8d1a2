"""Puts many pictures on one sheet."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QColor, QPainter, QPixmap

_CELL = 480  # pixels of width for a picture
_GAP, _TITLE = 12, 18  # pixels


def contact_sheet(rows: Sequence[Sequence[tuple[str, QPixmap]]]) -> QPixmap:
    """Pictures of equal size in rows, each with its title above it."""
    shape = rows[0][0][1].size()
    height = _CELL * shape.height() // shape.width()
    columns = max(map(len, rows))
    sheet = QPixmap(_GAP + columns * (_CELL + _GAP), _GAP + len(rows) * (_TITLE + height + _GAP))
    sheet.fill(QColor("#808080"))
    painter = QPainter(sheet)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    for line, row in enumerate(rows):
        for column, (title, picture) in enumerate(row):
            left, top = _GAP + column * (_CELL + _GAP), _GAP + line * (_TITLE + height + _GAP)
            painter.setPen(QColor("#ffffff"))
            painter.drawText(left, top + _TITLE - 5, title)
            smooth = Qt.TransformationMode.SmoothTransformation
            small = picture.scaled(_CELL, height, Qt.AspectRatioMode.IgnoreAspectRatio, smooth)
            small.setDevicePixelRatio(1)
            painter.drawPixmap(QRect(left, top + _TITLE, _CELL, height), small)
    painter.end()
    return sheet
