"""What the pointer takes along while rows are dragged."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRectF, QSize, Qt
from PySide6.QtGui import QDrag, QGuiApplication, QPainter, QPainterPath, QPalette, QPixmap

#: Pixels. Small, and below the pointer, so that the place where the rows are dropped stays in sight.
_SIZE, _BESIDE_POINTER, _RADIUS, _BADGE = QSize(72, 40), QPoint(14, 14), 4, 18
_OPACITY = 0.6


def show_dragged(drag: QDrag, poster: QPixmap, rows: int) -> None:
    """Let the pointer take along a poster, with the number of rows if they are several."""
    drag.setPixmap(_picture(poster, rows))
    drag.setHotSpot(-_BESIDE_POINTER)


def _picture(poster: QPixmap, rows: int) -> QPixmap:
    picture = QPixmap(_SIZE * poster.devicePixelRatio())
    picture.setDevicePixelRatio(poster.devicePixelRatio())
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
    place, shape = QRectF(0, 0, _SIZE.width(), _SIZE.height()), QPainterPath()
    shape.addRoundedRect(place, _RADIUS, _RADIUS)
    painter.setClipPath(shape)
    painter.setOpacity(_OPACITY)
    painter.drawPixmap(place.toRect(), poster)
    painter.setOpacity(1.0)
    painter.setClipping(False)
    if rows > 1:
        text, palette = str(rows), QGuiApplication.palette()  # that of the list has no ground
        width = max(_BADGE, painter.fontMetrics().horizontalAdvance(text) + 10)
        badge = QRectF(_SIZE.width() - width - 2, 2, width, _BADGE)
        painter.setPen(palette.color(QPalette.ColorRole.Text))
        painter.setBrush(palette.color(QPalette.ColorRole.Window))
        painter.drawRoundedRect(badge.adjusted(0.5, 0.5, -0.5, -0.5), _BADGE / 2, _BADGE / 2)
        painter.drawText(badge, Qt.AlignmentFlag.AlignCenter, text)
    painter.end()
    return picture
