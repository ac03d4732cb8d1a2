"""Controls over pictures on the whole screen, which fade when they have not been used for a while."""

from __future__ import annotations

from PySide6.QtCore import QAbstractAnimation, QEvent, QObject, QPropertyAnimation, Qt, QTimer, SignalInstance
from PySide6.QtGui import QCursor, QResizeEvent
from PySide6.QtWidgets import QApplication, QFrame, QGraphicsOpacityEffect, QVBoxLayout, QWidget

from sora_desktop.ui.theme import Theme

#: Milliseconds without the mouse after which the controls fade, and for which they do so.
FADE_AFTER, FADE_TIME = 2000, 200
#: Pixels: the widest controls, and the gap below them.
_WIDEST, _GAP = 1100, 24


class FadingControls(QFrame):
    """Parts above each other, at the bottom of a view that fills the screen."""

    def __init__(self, theme: Theme, part: QWidget, view: QWidget, used: SignalInstance) -> None:
        """`used` is emitted when the user moves the mouse over the view, or the focus."""
        super().__init__(view)
        self._theme = theme
        self._view = view
        self.setObjectName("fullScreenControls")
        self.setAccessibleName("Controls")
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        lowest = QVBoxLayout()
        lowest.setContentsMargins(16, 12, 16, 12)
        lowest.addWidget(part)
        self._column.addLayout(lowest)
        self._effect = QGraphicsOpacityEffect(self)
        self.setGraphicsEffect(self._effect)
        self._fading = QPropertyAnimation(self._effect, b"opacity", self)
        self._fading.setDuration(FADE_TIME)
        self._fading.finished.connect(self._end_fading)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(FADE_AFTER)
        self._timer.timeout.connect(self._fade_if_unused)
        used.connect(self.reveal)
        view.installEventFilter(self)
        self.reveal()

    def add_above(self, part: QWidget) -> None:
        """Show one more part above those that are there. A hidden one stays hidden."""
        is_shown = not part.isHidden()
        self._column.insertWidget(0, part)
        part.setVisible(is_shown)
        self.raise_()

    def reveal(self) -> None:
        """Show the controls for a while."""
        self._fading.stop()
        self._effect.setEnabled(False)  # which costs time with each picture
        self._effect.setOpacity(1.0)
        self.show()
        self._view.unsetCursor()
        self._timer.start()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QResizeEvent):
            self._place()
        return super().eventFilter(watched, event)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest:
            self._place()  # a part needs another height
        return super().event(event)

    def _place(self) -> None:
        room = self._view.size()
        width = min(room.width() - 2 * _GAP, _WIDEST)
        height = self.sizeHint().height()
        self.setGeometry((room.width() - width) // 2, room.height() - height - _GAP, width, height)

    def _fade_if_unused(self) -> None:
        focus = QApplication.focusWidget()
        is_pointed_at = self.rect().contains(self.mapFromGlobal(QCursor.pos()))  # Qt keeps it of parts shown under it
        is_used = is_pointed_at or (focus is not None and self.isAncestorOf(focus))
        if is_used or QApplication.activePopupWidget() is not None:
            self._timer.start()
        elif self._theme.animates:
            self._effect.setEnabled(True)
            self._fading.setStartValue(1.0)
            self._fading.setEndValue(0.0)
            self._fading.start(QAbstractAnimation.DeletionPolicy.KeepWhenStopped)
        else:
            self._end_fading()

    def _end_fading(self) -> None:
        self.hide()
        self._view.setCursor(Qt.CursorShape.BlankCursor)
