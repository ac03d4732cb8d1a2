"""The picture of the player on the whole screen, with its controls while they are used."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QAbstractAnimation, QEvent, QObject, QPoint, QPropertyAnimation, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QResizeEvent
from PySide6.QtWidgets import QApplication, QFrame, QGraphicsOpacityEffect, QVBoxLayout

from sora_desktop.ui.player.transport import Transport
from sora_desktop.ui.player.video_view import VideoView
from sora_desktop.ui.theme import Theme

if TYPE_CHECKING:  # the first paint needs no frames
    from sora_desktop.domain.frames import Picture

#: Milliseconds without the mouse after which the controls fade, and for which they do so.
FADE_AFTER, FADE_TIME = 2000, 200
#: Pixels: the widest controls, and the gap below them.
_WIDEST, _GAP = 1100, 24


class _FullScreenView(VideoView):
    """The picture on the whole screen. Esc leaves; other keys are emitted."""

    exit_requested = Signal()
    key_pressed = Signal(QKeyEvent)
    used = Signal()  # the mouse, or a key that moves the focus

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme)
        self.setObjectName("fullScreenView")
        self.setWindowTitle("Sora Desktop")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.exit_requested.emit()
        else:
            self.key_pressed.emit(event)

    def focusNextPrevChild(self, next: bool) -> bool:
        self.used.emit()
        return super().focusNextPrevChild(next)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self.used.emit()
        super().mouseMoveEvent(event)

    def _paint_picture(self, painter: QPainter) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(Qt.GlobalColor.black)
        painter.drawRect(self.rect())
        super()._paint_picture(painter)

    def _paint_edge(self, painter: QPainter) -> None:
        """The picture has no round corners."""


class _Controls(QFrame):
    """The transport over the picture. It fades when it has not been used for a while."""

    def __init__(self, theme: Theme, transport: Transport, view: _FullScreenView) -> None:
        super().__init__(view)
        self._theme = theme
        self._view = view
        self.setObjectName("fullScreenControls")
        self.setAccessibleName("Controls")
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 12)
        column.addWidget(transport)
        self._effect = QGraphicsOpacityEffect(self)
        self.setGraphicsEffect(self._effect)
        self._fading = QPropertyAnimation(self._effect, b"opacity", self)
        self._fading.setDuration(FADE_TIME)
        self._fading.finished.connect(self._end_fading)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(FADE_AFTER)
        self._timer.timeout.connect(self._fade_if_unused)
        view.used.connect(self.reveal)
        view.installEventFilter(self)
        self.reveal()

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
            self._place(event.size())
        return super().eventFilter(watched, event)

    def _place(self, room: QSize) -> None:
        width = min(room.width() - 2 * _GAP, _WIDEST)
        height = self.sizeHint().height()
        self.setGeometry((room.width() - width) // 2, room.height() - height - _GAP, width, height)

    def _fade_if_unused(self) -> None:
        focus = QApplication.focusWidget()
        is_used = self.underMouse() or (focus is not None and self.isAncestorOf(focus))
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


class FullScreen(QObject):
    """Shows what a view in the window shows, on the whole of its screen, from `open` to `close`.

    Esc and a double click close it, and the key of the action that opened it.
    """

    opened = Signal(Transport)
    closed = Signal()
    clicked = Signal()
    double_clicked = Signal()
    menu_requested = Signal(QPoint)  # at a place on the screen
    key_pressed = Signal(QKeyEvent)
    size_needed = Signal(QSize)  # device pixels

    def __init__(self, theme: Theme, in_window: VideoView, make_transport: Callable[[], Transport]) -> None:
        super().__init__(in_window)
        self._theme = theme
        self._in_window = in_window
        self._make_transport = make_transport
        self._view: _FullScreenView | None = None

    @property
    def view(self) -> VideoView | None:
        """The picture, while it is open."""
        return self._view

    @property
    def is_open(self) -> bool:
        return self._view is not None

    def open(self, picture: Picture | None, shape: QSize) -> None:
        """Cover the screen with a picture whose full size is `shape`."""
        view = self._view = _FullScreenView(self._theme)
        view.exit_requested.connect(self.close)
        view.key_pressed.connect(self.key_pressed)
        view.clicked.connect(self.clicked)
        view.double_clicked.connect(self.double_clicked)
        view.menu_requested.connect(self.menu_requested)
        view.size_needed.connect(self.size_needed)
        view.begin_shape(shape)
        if picture is not None:
            view.show_picture(picture)
        transport = self._make_transport()
        transport.key_pressed.connect(self.key_pressed)
        _Controls(self._theme, transport, view)
        view.setGeometry(self._in_window.screen().geometry())
        view.showFullScreen()
        view.setFocus()
        self.opened.emit(transport)

    def close(self) -> None:
        """Go back to the window, if the picture covers the screen."""
        view, self._view = self._view, None
        if view is not None:
            self.closed.emit()
            view.close()
            view.deleteLater()
            self._in_window.window().activateWindow()

    def show_picture(self, picture: Picture) -> None:
        """Show another picture, while it is open."""
        if self._view is not None:
            self._view.show_picture(picture)
