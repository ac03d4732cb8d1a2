"""A number field with small arrows in the window's colours."""

from __future__ import annotations

from PySide6.QtCore import QPointF
from PySide6.QtGui import QPainter, QPaintEvent, QPolygonF
from PySide6.QtWidgets import QSpinBox

from sora_desktop.ui.theme import Theme


class StepSpin(QSpinBox):
    """Draws its own arrows: a stylesheet could only take them from picture files, which cannot be tinted."""

    def __init__(self, theme: Theme, name: str, title: str, lowest: int, highest: int) -> None:
        super().__init__()
        self._theme = theme
        self.setObjectName(name)
        self.setAccessibleName(title)
        self.setRange(lowest, highest)
        self.lineEdit().setTextMargins(10, 0, 0, 0)
        theme.changed.connect(self.update)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        x, y = self.width() - 20.0, self.height() / 2
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for way, open_end in ((-1, self.value() < self.maximum()), (1, self.value() > self.minimum())):
            painter.setBrush(self._theme.color("muted" if open_end else "line"))
            painter.setPen(self._theme.color("muted" if open_end else "line"))
            tip = QPointF(x, y + way * 6.5)
            base = y + way * 2.5
            painter.drawPolygon(QPolygonF([tip, QPointF(x - 3, base), QPointF(x + 3, base)]))
        painter.end()
