"""A spin box with arrows in the colors of the theme."""

from __future__ import annotations

from PySide6.QtCore import QPointF
from PySide6.QtGui import QPainter, QPainterPath, QPaintEvent, QPolygonF
from PySide6.QtWidgets import QAbstractSpinBox, QSpinBox

from sora_desktop.ui.theme import Theme


class StepSpin(QSpinBox):
    """Draws its own arrows. A stylesheet can only use image files, which cannot follow the theme."""

    def __init__(self, theme: Theme, name: str, title: str, minimum: int, maximum: int) -> None:
        super().__init__()
        self._theme = theme
        self.setObjectName(name)
        self.setAccessibleName(title)
        self.setRange(minimum, maximum)
        self.lineEdit().setTextMargins(10, 0, 0, 0)
        theme.changed.connect(self.update)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        paint_arrows(self, self._theme, up=self.value() < self.maximum(), down=self.value() > self.minimum())


def paint_arrows(spin: QAbstractSpinBox, theme: Theme, *, up: bool, down: bool) -> None:
    """Draw the arrows of a number field; one that cannot be used is faint."""
    x, y = spin.width() - 20.0, spin.height() / 2
    painter = QPainter(spin)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for direction, enabled in ((-1, up), (1, down)):
        tip = QPointF(x, y + direction * 7)
        base = y + direction * 2
        path = QPainterPath()  # a polygon with an outline would be rounded differently up and down
        path.addPolygon(QPolygonF([tip, QPointF(x - 4, base), QPointF(x + 4, base)]))
        painter.fillPath(path, theme.color("muted" if enabled else "line"))
    painter.end()
