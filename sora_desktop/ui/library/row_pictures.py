"""Pictures of rows as they were painted last, so that rows that only move are not painted again."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import NamedTuple

from PySide6.QtCore import QPoint, QRect
from PySide6.QtGui import QColor, QPainter, QPixmap

from sora_desktop.domain.job import JobId
from sora_desktop.ui.theme import Theme

#: Rows that are kept: those of a high screen. A row has 130 kB at a density of 1.
KEPT = 40


def covers_ground(density: float) -> bool:
    """Whether rows are painted from pictures, which hide all behind them.

    On screens whose density is no whole number a row may begin within a pixel, and is painted each time.
    """
    return density == round(density)


class _Kept(NamedTuple):
    content: object
    picture: QPixmap


class RowPictures:
    """The latest picture of each row."""

    def __init__(self, theme: Theme, ground: Callable[[], QColor]) -> None:
        """`ground`: the color behind the rows."""
        self._ground = ground
        self._kept: OrderedDict[JobId, _Kept] = OrderedDict()
        theme.changed.connect(self._kept.clear)

    def paint(
        self, painter: QPainter, place: QRect, id: JobId, content: object, paint: Callable[[QPainter, QRect], None]
    ) -> None:
        """Show the row's picture. It is painted by `paint` if the content is another one than last time.

        `content`: everything but theme and size that the row's looks depend on.
        """
        density = painter.device().devicePixelRatioF()
        if not covers_ground(density):
            paint(painter, place)
            return
        kept = self._kept.get(id)
        if (
            kept is None
            or kept.content != content
            or kept.picture.deviceIndependentSize() != place.size().toSizeF()
            or kept.picture.devicePixelRatio() != density
        ):
            picture = QPixmap(place.size() * density)
            picture.setDevicePixelRatio(density)
            picture.fill(self._ground())  # not clear: letters may be smoothed for the colors beneath
            row_painter = QPainter(picture)
            paint(row_painter, QRect(QPoint(), place.size()))
            row_painter.end()
            kept = self._kept[id] = _Kept(content, picture)
            if len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(id)
        painter.drawPixmap(place.topLeft(), kept.picture)
