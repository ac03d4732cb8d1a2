"""The line between two pictures, which can be dragged or moved by keys."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractSlider, QWidget

from sora_desktop.ui.theme import Theme

KNOB = 32  # pixels, width and height
_STEPS = 1000  # from one edge of the picture to the other
_KNOB_AT = 0.83  # share of the height


class WipeLine(QAbstractSlider):
    """As wide as its knob and as high as the picture. It stays within its parent: `place_in` moves it."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._left, self._width = 0, 1
        self.setObjectName("wipeLine")
        self.setAccessibleName("Line between the pictures")
        self.setRange(0, _STEPS)
        self.setSingleStep(_STEPS // 100)
        self.setPageStep(_STEPS // 10)
        self.center()
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.SplitHCursor)
        self.valueChanged.connect(lambda _: self._move())
        theme.changed.connect(self.update)

    def center(self) -> None:
        """Stand in the middle of the picture."""
        self.setValue(_STEPS // 2)

    @property
    def x_in_parent(self) -> float:
        """Where the line stands."""
        return self._left + self._width * self.value() / _STEPS

    def place_in(self, rect: QRectF) -> None:
        """Stand over a picture at this place of the parent."""
        self._left, self._width = round(rect.left()), max(round(rect.width()), 1)
        self.setFixedSize(KNOB, max(round(rect.height()), KNOB))
        self.move(self.x(), round(rect.top()))
        self._move()

    def _move(self) -> None:
        self.move(round(self.x_in_parent) - KNOB // 2, self.y())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._drag_to(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._drag_to(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            event.ignore()  # the line moves to the left and right only
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        middle = KNOB / 2
        painter.fillRect(QRectF(middle - 1, 0, 2, self.height()), QColor("#ffffff"))
        knob = QRectF(1, self.height() * _KNOB_AT - middle, KNOB - 2, KNOB - 2)
        painter.setPen(QPen(self._theme.color("accent"), 3) if self.hasFocus() else Qt.PenStyle.NoPen)
        painter.setBrush(QColor("#ffffff"))
        painter.drawEllipse(knob)
        painter.setPen(QPen(QColor("#14161c"), 1.4))
        for sign in (-1, 1):  # an arrow to each side
            tip, tail = (
                knob.center() + QPointF(6.0 * sign, 3.0 * sign),
                knob.center() + QPointF(-6.0 * sign, 3.0 * sign),
            )
            painter.drawLine(tail, tip)
            painter.drawLine(tip, tip + QPointF(-3.0 * sign, -2.5))
            painter.drawLine(tip, tip + QPointF(-3.0 * sign, 2.5))

    def _drag_to(self, event: QMouseEvent) -> None:
        x = self.mapToParent(event.position()).x()
        self.setValue(round((x - self._left) * _STEPS / self._width))
