"""The picture of the player: in the window, or on the whole screen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint, QSize, QTimer, Signal
from PySide6.QtGui import QKeyEvent

from sora_desktop.ui.player.full_screen import FullScreen
from sora_desktop.ui.player.message_link import JobLink
from sora_desktop.ui.player.player_keys import PANS, PlayerCommand
from sora_desktop.ui.player.transport import Transport
from sora_desktop.ui.player.video_view import VideoView
from sora_desktop.ui.player.zoom import ZOOM_STEP
from sora_desktop.ui.theme import Theme

if TYPE_CHECKING:  # the first paint needs no frames
    from sora_desktop.domain.frames import Picture

#: Milliseconds for which the picture of the last clip stays while the next one is opened.
_OPENING = 150
#: In place of a picture.
NOT_DECODED = "This frame cannot be decoded."


class PictureArea(QObject):
    """Shows the same in the window and on the whole screen. Pictures are needed in the size of what is in sight."""

    clicked = Signal()
    wheel_turned = Signal(bool)  # True: to the next frame
    double_clicked = Signal()  # after the first click
    menu_requested = Signal(QPoint)  # at a place on the screen
    key_pressed = Signal(QKeyEvent)  # on the whole screen
    size_needed = Signal(QSize)  # device pixels that the whole picture is painted with
    open_requested = Signal()  # by another program, since the clip cannot be shown
    full_screen_opened = Signal(Transport)
    full_screen_closed = Signal()
    covers = Signal(object)  # QWidget that covers the screen, or None

    def __init__(self, theme: Theme, make_transport: Callable[[], Transport]) -> None:
        """`make_transport` makes the controls of the whole screen."""
        super().__init__()
        self.view = VideoView(theme)
        self._full_screen = FullScreen(theme, self.view, make_transport)
        self._shape = QSize()  # of the clip that is open or being opened
        self._awaits_picture = False
        self._opening = QTimer(self)
        self._opening.setSingleShot(True)
        self._opening.setInterval(_OPENING)
        self._opening.timeout.connect(lambda: self.show_message("", self._shape))
        for view in (self.view, self._full_screen):
            view.clicked.connect(self.clicked)
            view.wheel_turned.connect(self.wheel_turned)
            view.double_clicked.connect(self.double_clicked)
            view.menu_requested.connect(self.menu_requested)
        self.view.size_needed.connect(self._need_in_window)
        self.view.open_requested.connect(self.open_requested)
        self._full_screen.size_needed.connect(self.size_needed)
        self._full_screen.key_pressed.connect(self.key_pressed)
        self._full_screen.opened.connect(self.full_screen_opened)
        self._full_screen.closed.connect(self.full_screen_closed)
        self._full_screen.covers.connect(self.covers)
        self._full_screen.closed.connect(lambda: self._need_in_window(self.view.needed_size))

    @property
    def commands(self) -> Mapping[PlayerCommand, Callable[[], None]]:
        """What changes only how the picture is seen."""
        in_sight = self._full_screen.view or self.view
        return {
            PlayerCommand.FULL_SCREEN: self.toggle_full_screen,
            PlayerCommand.ZOOM_IN: lambda: in_sight.step_zoom(ZOOM_STEP),
            PlayerCommand.ZOOM_OUT: lambda: in_sight.step_zoom(1 / ZOOM_STEP),
            PlayerCommand.ZOOM_FIT: lambda: in_sight.choose_scale(None),
            PlayerCommand.ZOOM_FULL: lambda: in_sight.choose_scale(1.0),
            **{command: partial(in_sight.pan, *way) for command, way in PANS.items()},
        }

    def begin(self, shape: QSize) -> None:
        """A clip with pictures of this full size is being opened. The last picture stays until its first one."""
        self.view.keep_picture()
        self.view.remove_button()
        self._shape, self._awaits_picture = shape, True
        self._opening.start()
        self.size_needed.emit(self.view.size_for(shape))

    def end(self) -> None:
        """The clip is closed. Its last picture stays."""
        self.view.keep_picture()
        self._opening.stop()

    def show_picture(self, picture: Picture | None, shape: QSize) -> None:
        """Show a picture, or that it cannot be decoded. `shape` is its full size."""
        self._opening.stop()
        if self._awaits_picture:
            self._awaits_picture, self._shape = False, shape
            self.view.begin_shape(shape)
            self._full_screen.begin_shape(shape)
        if picture is None:
            self.show_error(NOT_DECODED)
            return
        self.view.show_picture(picture)
        self._full_screen.show_picture(picture)

    def show_message(self, message: str, shape: QSize | None = None) -> None:
        """Show a message in place of a picture, in an area with the proportions of `shape` if given."""
        self._opening.stop()
        self.view.show_message(message, shape)

    def show_state(self, message: str, shape: QSize, link: JobLink | None) -> None:
        """Show the state of a job without a clip, and a button for `link`."""
        self._opening.stop()
        self.view.show_message(message, shape, link=link)

    def show_error(self, message: str) -> None:
        """Say why there is no picture, and offer another program."""
        self._opening.stop()
        self.view.show_message(message, self._shape, offers_other=True)

    def toggle_full_screen(self) -> None:
        if self._full_screen.is_open:
            self._full_screen.close()
        else:
            self._full_screen.open(self.view.picture, self._shape)

    def close_full_screen(self) -> None:
        self._full_screen.close()

    def _need_in_window(self, size: QSize) -> None:
        if not self._full_screen.is_open:
            self.size_needed.emit(size)
