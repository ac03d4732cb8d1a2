"""The compared pictures on the whole screen, with the transport while it is used."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from sora_desktop.ui.player.screen_cover import ScreenCover
from sora_desktop.ui.player.transport import Transport
from sora_desktop.ui.theme import PartTheme, Theme

_MARGIN = 8  # pixels around the stage


class CompareFullScreen(QObject):
    """Borrows the stage, from `open` to `close`. Esc closes it, and the key of the action that opened it."""

    opened = Signal(Transport)
    closed = Signal()  # what was borrowed needs its place again
    covers = Signal(object)  # QWidget that covers the screen, or None: the window is in sight again
    key_pressed = Signal(QKeyEvent)

    def __init__(
        self, theme: Theme, stage_theme: PartTheme, make_transport: Callable[[], Transport], parent: QObject
    ) -> None:
        """`stage_theme`: of the stage alone. `make_transport` makes the controls."""
        super().__init__(parent)
        self._theme = theme
        self._stage_theme = stage_theme
        self._make_transport = make_transport
        self._cover: ScreenCover | None = None

    @property
    def is_open(self) -> bool:
        return self._cover is not None

    def open(self, stage: QWidget, bars: Sequence[QWidget]) -> None:
        """Cover the screen of the stage with it, on black. `bars` stand above the transport."""
        screen = stage.screen()
        ground = QFrame()
        ground.setObjectName("compareFullScreen")
        ground.setAccessibleName("Compared clips on the full screen")
        ground.setProperty("ground", "black")
        self._stage_theme.show_on_black(stage)
        column = QVBoxLayout(ground)
        column.setContentsMargins(_MARGIN, _MARGIN, _MARGIN, _MARGIN)
        column.addWidget(stage)
        transport = self._make_transport()
        cover = self._cover = ScreenCover(self._theme, ground, transport, bars)
        cover.exit_requested.connect(self.close)
        cover.key_pressed.connect(self.key_pressed)
        cover.show_on(screen)
        self.opened.emit(transport)
        self.covers.emit(ground)

    def reveal(self) -> None:
        """Show the controls for a while, as if the user had moved the mouse."""
        if self._cover is not None:
            self._cover.used.emit()

    def close(self) -> None:
        """Give back what was borrowed, if the screen is covered."""
        cover, self._cover = self._cover, None
        if cover is not None:
            self._stage_theme.show_on_black(None)
            self.closed.emit()
            self.covers.emit(None)
            cover.end()
