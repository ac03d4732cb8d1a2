"""A spin box with arrows in the colors of the theme."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QPointF, QSize, Qt
from PySide6.QtGui import QImage, QPainter, QPainterPath, QPaintEvent, QPolygonF, QWheelEvent
from PySide6.QtWidgets import QAbstractSpinBox, QSpinBox

from sora_desktop.ui.theme import Theme

_ARROW = QSize(8, 5)  # pixels
_GAP = 2  # pixels between an arrow and the middle


class StepSpin(QSpinBox):
    """Draws its own arrows. A stylesheet can only use image files, which cannot follow the theme.

    The wheel changes the number only while the field has the focus, as in all number fields of the window.
    """

    def __init__(self, theme: Theme, name: str, title: str, minimum: int, maximum: int) -> None:
        super().__init__()
        self._theme = theme
        self.setObjectName(name)
        self.setAccessibleName(title)
        self.setRange(minimum, maximum)
        self.lineEdit().setTextMargins(10, 0, 0, 0)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)  # not by the wheel
        theme.changed.connect(self.update)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()  # it scrolls what is around the field

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        paint_arrows(self, self._theme, up=self.value() < self.maximum(), down=self.value() > self.minimum())


def paint_arrows(spin: QAbstractSpinBox, theme: Theme, *, up: bool, down: bool) -> None:
    """Draw the arrows of a number field; one that cannot be used is faint."""
    scale = spin.devicePixelRatioF()
    left, middle = spin.width() - 24, spin.height() // 2
    painter = QPainter(spin)
    painter.drawImage(QPoint(left, middle - _GAP - _ARROW.height()), _arrow(theme, scale, enabled=up))
    painter.drawImage(
        QPoint(left, spin.height() - middle + _GAP),
        _arrow(theme, scale, enabled=down).flipped(Qt.Orientation.Vertical),  # Qt rounds a second shape differently
    )
    painter.end()


def _arrow(theme: Theme, scale: float, *, enabled: bool) -> QImage:
    """The upper arrow, in physical pixels."""
    image = QImage(_ARROW * scale, QImage.Format.Format_ARGB32_Premultiplied)
    image.setDevicePixelRatio(scale)
    image.fill(Qt.GlobalColor.transparent)
    width, height = _ARROW.width(), _ARROW.height()
    shape = QPainterPath()
    shape.addPolygon(QPolygonF([QPointF(width / 2, 0), QPointF(0, height), QPointF(width, height)]))
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.fillPath(shape, theme.color("muted" if enabled else "line"))
    painter.end()
    return image
