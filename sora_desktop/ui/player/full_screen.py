"""The picture of the player on the whole screen, with its controls while they are used."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter

from sora_desktop.ui.player.transport import Transport
from sora_desktop.ui.player.video_view import VideoView
from sora_desktop.ui.theme import Theme

if TYPE_CHECKING:  # the first paint needs no frames
    from sora_desktop.domain.frames import Picture
    from sora_desktop.ui.player.screen_cover import ScreenCover


class _FullScreenView(VideoView):
    """The picture on the whole screen."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme)
        self.setObjectName("fullScreenView")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)

    @property
    def ground(self) -> QColor:
        return QColor(Qt.GlobalColor.black)

    def _paint_edge(self, painter: QPainter) -> None:
        """The picture has no round corners."""


class FullScreen(QObject):
    """Shows what a view in the window shows, on the whole of its screen, from `open` to `close`.

    Esc and a double click close it, and the key of the action that opened it.
    """

    opened = Signal(Transport)
    covers = Signal(object)  # QWidget that covers the screen, or None: the window is in sight again
    closed = Signal()
    clicked = Signal()
    wheel_turned = Signal(bool)  # True: to the next frame
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
        self._cover: ScreenCover | None = None

    @property
    def view(self) -> VideoView | None:
        """The picture, while it is open."""
        return self._view

    @property
    def is_open(self) -> bool:
        return self._view is not None

    def open(self, picture: Picture | None, shape: QSize) -> None:
        """Cover the screen with a picture whose full size is `shape`."""
        from sora_desktop.ui.player.screen_cover import ScreenCover  # not before the first paint

        view = self._view = _FullScreenView(self._theme)
        view.clicked.connect(self.clicked)
        view.wheel_turned.connect(self.wheel_turned)
        view.double_clicked.connect(self.double_clicked)
        view.menu_requested.connect(self.menu_requested)
        view.size_needed.connect(self.size_needed)
        view.begin_shape(shape)
        if picture is not None:
            view.show_picture(picture)
        transport = self._make_transport()
        cover = self._cover = ScreenCover(self._theme, view, transport)
        cover.exit_requested.connect(self.close)
        cover.key_pressed.connect(self.key_pressed)
        cover.show_on(self._in_window.screen())
        view.setFocus()
        self.opened.emit(transport)
        self.covers.emit(view)

    def close(self) -> None:
        """Go back to the window, if the picture covers the screen."""
        cover, self._view, self._cover = self._cover, None, None
        if cover is not None:
            self.closed.emit()
            self.covers.emit(None)
            cover.end()
            self._in_window.window().activateWindow()

    def begin_shape(self, shape: QSize) -> None:
        """Set the full size of the pictures that follow, while it is open."""
        if self._view is not None:
            self._view.begin_shape(shape)

    def show_picture(self, picture: Picture) -> None:
        """Show another picture, while it is open."""
        if self._view is not None:
            self._view.show_picture(picture)
