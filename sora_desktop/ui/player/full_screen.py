"""The picture of the player on the whole screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QImage, QKeyEvent, QPainter

from sora_desktop.ui.player.video_view import VideoView
from sora_desktop.ui.theme import Theme

if TYPE_CHECKING:  # importing QtMultimedia would slow the start down
    from PySide6.QtMultimedia import QVideoFrame


class _FullScreenView(VideoView):
    """The picture on the whole screen. Esc and F leave; other keys are emitted."""

    exit_requested = Signal()
    key_pressed = Signal(QKeyEvent)

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme)
        self.setObjectName("fullScreenView")
        self.setWindowTitle("Sora Desktop")
        self.setCursor(Qt.CursorShape.BlankCursor)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Escape, Qt.Key.Key_F):
            self.exit_requested.emit()
        else:
            self.key_pressed.emit(event)

    def _paint_picture(self, painter: QPainter, rect: QRectF, image: QImage) -> None:
        painter.fillRect(self.rect(), QColor("black"))
        painter.drawImage(rect, image)


class FullScreen(QObject):
    """Shows what a view in the window shows, on the whole of its screen, from `open` to `close`.

    Esc, F and a double click close it.
    """

    clicked = Signal()
    menu_requested = Signal(QPoint)  # at a place on the screen
    key_pressed = Signal(QKeyEvent)

    def __init__(self, theme: Theme, in_window: VideoView) -> None:
        super().__init__(in_window)
        self._theme = theme
        self._in_window = in_window
        self._view: _FullScreenView | None = None

    @property
    def is_open(self) -> bool:
        return self._view is not None

    def open(self) -> None:
        """Cover the screen with the picture."""
        view = self._view = _FullScreenView(self._theme)
        view.exit_requested.connect(self.close)
        view.double_clicked.connect(self.close)
        view.key_pressed.connect(self.key_pressed)
        view.clicked.connect(self.clicked)
        view.menu_requested.connect(self.menu_requested)
        view.show_image(self._in_window.image())
        view.setGeometry(self._in_window.screen().geometry())
        view.showFullScreen()
        view.setFocus()

    def close(self) -> None:
        """Go back to the window, if the picture covers the screen."""
        view, self._view = self._view, None
        if view is not None:
            view.close()
            view.deleteLater()
            self._in_window.window().activateWindow()

    def show_frame(self, frame: QVideoFrame) -> None:
        """Show another frame, while it is open."""
        if self._view is not None:
            self._view.show_frame(frame)

    def show_image(self, image: QImage) -> None:
        """Show another picture, while it is open."""
        if self._view is not None:
            self._view.show_image(image)
