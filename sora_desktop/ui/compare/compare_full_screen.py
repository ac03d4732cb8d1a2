"""The compared pictures on the whole screen, with the transport while it is used."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from sora_desktop.ui.player.fading_controls import FadingControls
from sora_desktop.ui.player.transport import Transport
from sora_desktop.ui.theme import Theme

_MARGIN = 8  # pixels around the stage
#: What shows that the controls are wanted.
_USES = (QEvent.Type.MouseMove, QEvent.Type.MouseButtonPress, QEvent.Type.Wheel)


class _Ground(QFrame):
    """The window that fills the screen. Esc leaves it; other keys are emitted."""

    exit_requested = Signal()
    key_pressed = Signal(QKeyEvent)
    used = Signal()  # the mouse, or a key that moves the focus

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("compareFullScreen")
        self.setAccessibleName("Compared clips on the full screen")
        self.setWindowTitle("Sora Desktop")
        self.setProperty("ground", "bg")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.exit_requested.emit()
        else:
            self.key_pressed.emit(event)

    def focusNextPrevChild(self, next: bool) -> bool:
        self.used.emit()
        return super().focusNextPrevChild(next)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Notice the mouse wherever it moves: most parts of the stage do not track it."""
        if event.type() in _USES:
            self.used.emit()
        return False


class CompareFullScreen(QObject):
    """Borrows the stage, from `open` to `close`. Esc closes it, and the key of the action that opened it."""

    opened = Signal(Transport)
    closed = Signal()  # what was borrowed needs its place again
    covers = Signal(object)  # QWidget that covers the screen, or None: the window is in sight again
    key_pressed = Signal(QKeyEvent)

    def __init__(self, theme: Theme, make_transport: Callable[[], Transport], parent: QObject) -> None:
        """`make_transport` makes the controls."""
        super().__init__(parent)
        self._theme = theme
        self._make_transport = make_transport
        self._ground: _Ground | None = None

    @property
    def is_open(self) -> bool:
        return self._ground is not None

    def open(self, stage: QWidget, bars: Sequence[QWidget]) -> None:
        """Cover the screen of the stage with it. `bars` stand above the transport."""
        screen = stage.screen().geometry()
        ground = self._ground = _Ground()
        ground.exit_requested.connect(self.close)
        ground.key_pressed.connect(self.key_pressed)
        column = QVBoxLayout(ground)
        column.setContentsMargins(_MARGIN, _MARGIN, _MARGIN, _MARGIN)
        column.addWidget(stage)
        transport = self._make_transport()
        transport.key_pressed.connect(self.key_pressed)
        controls = FadingControls(self._theme, transport, ground, ground.used)
        for bar in bars:
            controls.add_above(bar)
        ground.setGeometry(screen)
        ground.showFullScreen()
        handle = ground.windowHandle()
        if handle is not None:
            handle.installEventFilter(ground)
        self.opened.emit(transport)
        self.covers.emit(ground)

    def reveal(self) -> None:
        """Show the controls for a while, as if the user had moved the mouse."""
        if self._ground is not None:
            self._ground.used.emit()

    def close(self) -> None:
        """Give back what was borrowed, if the screen is covered."""
        ground, self._ground = self._ground, None
        if ground is not None:
            self.closed.emit()
            self.covers.emit(None)
            ground.close()
            ground.deleteLater()
