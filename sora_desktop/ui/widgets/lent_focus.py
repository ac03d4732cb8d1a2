"""Whether a widget has the focus, also while the keyboard is in the menu bar."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QFocusEvent
from PySide6.QtWidgets import QApplication, QMenuBar, QWidget


class LentFocus(QObject):
    """Watches one widget. Alt and F10 take the focus from it for the menu bar, which gives it back."""

    def __init__(self, widget: QWidget) -> None:
        super().__init__(widget)
        self._widget = widget
        self._is_lent = False
        widget.installEventFilter(self)

    def is_here(self) -> bool:
        """True if the widget has the focus, or has lent it to the menu bar."""
        return self._widget.hasFocus() or (self._is_lent and isinstance(QApplication.focusWidget(), QMenuBar))

    def eventFilter(self, _: QObject, event: QEvent) -> bool:
        if isinstance(event, QFocusEvent) and event.type() is QEvent.Type.FocusOut:
            self._is_lent = event.reason() is Qt.FocusReason.MenuBarFocusReason
        return False
