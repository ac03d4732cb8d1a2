"""Gives the focus back when the part that has it disappears."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication, QWidget
from shiboken6 import isValid

from sora_desktop.ui.widgets.spend_button import SpendButton

_REMEMBERED = 8  # parts that had the focus


class FocusReturn(QObject):
    """When a focused part of the window is hidden, the part that had the focus before gets it again.

    Qt gives it to whatever comes next, such as the button that dismisses a notice: the next Space would press that.
    Of a view that was opened, it is the part that had the focus then, wherever the user has been in the meantime. A
    button that spends gets it only from the user.
    """

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._before: list[QWidget] = []  # the latest last
        self._openers: dict[QWidget, QWidget] = {}  # by view, what had the focus when it was opened
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        application.focusChanged.connect(self._focus_changed)

    def note_opener(self, view: QWidget) -> None:
        """A view is about to be shown: what has the focus now gets it again when the view is left."""
        focused = self._window.focusWidget()
        if focused is not None and not view.isAncestorOf(focused):
            self._openers[view] = focused

    @contextmanager
    def leaving(self, view: QWidget) -> Iterator[None]:
        """The view is left within the block. A stack of pages moves the focus to the next page by itself."""
        focused, opener = self._window.focusWidget(), self._openers.pop(view, None)
        yield
        if focused is None or not view.isAncestorOf(focused) or opener is None or not isValid(opener):
            return
        if opener.isVisible() and opener.isEnabled():
            opener.setFocus()

    def _focus_changed(self, old: QWidget | None, new: QWidget | None) -> None:
        if old is None or new is None or not self._window.isAncestorOf(old) or not self._window.isAncestorOf(new):
            return
        if old.isVisible():
            self._before = [*(part for part in self._before if part is not old), old][-_REMEMBERED:]
            return
        self._before = [part for part in self._before if isValid(part)]
        for part in reversed(self._before):
            if part.isVisible() and part.isEnabled() and not isinstance(part, SpendButton):
                part.setFocus()
                return
        if isinstance(new, SpendButton):
            new.clearFocus()
