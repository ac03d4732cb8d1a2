"""Puts many pictures on one sheet."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPainter, QPixmap

_CELL = 480  # pixels of width for a picture
_GAP, _TITLE = 12, 18  # pixels


def in_cell(picture: QPixmap) -> QPixmap:
    """A picture as it is put on a sheet."""
    small = picture.scaledToWidth(_CELL, Qt.TransformationMode.SmoothTransformation)
    small.setDevicePixelRatio(1)
    return small


def contact_sheet(pictures: Sequence[tuple[str, QPixmap]], columns: int) -> QPixmap:
    """Pictures of equal size, from `in_cell`, in rows, each with its title above it."""
    height = pictures[0][1].height()
    rows = -(-len(pictures) // columns)
    sheet = QPixmap(_GAP + columns * (_CELL + _GAP), _GAP + rows * (_TITLE + height + _GAP))
    sheet.fill(QColor("#808080"))
    painter = QPainter(sheet)
    painter.setPen(QColor("#ffffff"))
    for number, (title, picture) in enumerate(pictures):
        row, column = divmod(number, columns)
        left, top = _GAP + column * (_CELL + _GAP), _GAP + row * (_TITLE + height + _GAP)
        painter.drawText(left, top + _TITLE - 5, title)
        painter.drawPixmap(left, top + _TITLE, picture)
    painter.end()
    return sheet
