"""The line between the pictures and the table, which can be dragged or moved by keys."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRect, QRectF, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QEnterEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractSlider, QWidget

from sora_desktop.ui.theme import Theme
from sora_desktop.ui.widgets.tool_tip import set_tip

_STEPS = 1000  # of the height of the stage
_GRIP = 36  # pixels


class TableDivider(QAbstractSlider):
    """Its value is the part of the height that the table has, in thousandths."""

    share_chosen = Signal(object)  # float, 0-1; None: as it suits
    settled = Signal()  # the user has chosen, and does not drag any more

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._whole = 1  # pixels of the stage
        self._bottom = 0  # of the table
        self._is_near = False  # the pointer is over it
        self.setObjectName("tableDivider")
        self.setAccessibleName("Height of the table")
        set_tip(self, "Drag to give the table more room; double-click: as it suits")
        self.setRange(0, _STEPS)
        self.setSingleStep(_STEPS // 40)
        self.setPageStep(_STEPS // 8)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.SplitVCursor)
        self.valueChanged.connect(lambda value: self._choose(value / _STEPS))  # by a key or a screen reader
        theme.changed.connect(self.update)

    def place(self, place: QRect, table: QRect, whole: int) -> None:
        """Stand above a table, on a stage of this height."""
        self._whole, self._bottom = max(whole, 1), table.bottom() + 1
        self.setGeometry(place)
        with QSignalBlocker(self):
            self.setValue(round(table.height() * _STEPS / self._whole))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            middle = self.mapToParent(event.position()).y() + self.height() / 2
            self.share_chosen.emit(min(max((self._bottom - middle) / self._whole, 0.0), 1.0))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self.settled.emit()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self._choose(None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            event.ignore()  # the line moves up and down only
        else:
            super().keyPressEvent(event)

    def enterEvent(self, event: QEnterEvent) -> None:
        self._is_near = True
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        self._is_near = False
        self.update()

    def _choose(self, share: float | None) -> None:
        self.share_chosen.emit(share)
        self.settled.emit()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        height = 4 if self.hasFocus() else 2
        painter.setBrush(self._theme.color("accent" if self.hasFocus() else "muted" if self._is_near else "line"))
        width = self.width() if self.hasFocus() else _GRIP
        grip = QRectF((self.width() - width) / 2, (self.height() - height) / 2, width, height)
        painter.drawRoundedRect(grip, height / 2, height / 2)
