"""A window that covers a screen: its keys, its controls that fade, and its end."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent, QScreen
from PySide6.QtWidgets import QApplication, QWidget

from sora_desktop.ui.player.fading_controls import FadingControls
from sora_desktop.ui.player.place_note import PlaceNote
from sora_desktop.ui.player.transport import Transport
from sora_desktop.ui.theme import Theme

#: What shows that the controls are wanted. Qt's window has them wherever the mouse is: most parts do not track it.
_USES = (QEvent.Type.MouseMove, QEvent.Type.MouseButtonPress, QEvent.Type.Wheel)
#: Keys that move the focus.
_FOCUS_KEYS = (Qt.Key.Key_Tab, Qt.Key.Key_Backtab)


class ScreenCover(QObject):
    """Shows a window on the whole of a screen until `end`. Esc asks to end it; other keys are emitted."""

    exit_requested = Signal()
    key_pressed = Signal(QKeyEvent)
    used = Signal()  # the mouse was, or the focus is to move or was moved

    def __init__(self, theme: Theme, window: QWidget, transport: Transport, bars: Sequence[QWidget] = ()) -> None:
        """`bars` stand above the transport."""
        super().__init__(window)
        self._window = window
        window.setWindowTitle("Sora Desktop")
        window.installEventFilter(self)
        transport.key_pressed.connect(self.key_pressed)
        controls = FadingControls(theme, transport, window, self.used)
        for bar in bars:
            controls.add_above(bar)
        PlaceNote(controls, transport.stands_at, window)
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        application.focusChanged.connect(self._focus_changed)

    def show_on(self, screen: QScreen) -> None:
        """Cover this screen."""
        self._window.setGeometry(screen.geometry())
        self._window.showFullScreen()
        handle = self._window.windowHandle()
        if handle is not None:
            handle.installEventFilter(self)

    def end(self) -> None:
        """Close the window. Its parts that others own must have been taken back."""
        self._window.close()
        self._window.deleteLater()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in _USES:
            self.used.emit()
        if watched is not self._window or event.type() != QEvent.Type.KeyPress or not isinstance(event, QKeyEvent):
            return False
        if event.key() in _FOCUS_KEYS:
            self.used.emit()  # hidden controls cannot take the focus
            return False
        if event.key() == Qt.Key.Key_Escape:
            self.exit_requested.emit()
        else:
            self.key_pressed.emit(event)
        return True

    def _focus_changed(self, _: QWidget | None, focused: QWidget | None) -> None:
        if focused is not None and self._window.isAncestorOf(focused):
            self.used.emit()
