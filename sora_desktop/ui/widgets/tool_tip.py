"""Tool tips that screen readers can read, too, and that name the keys of actions."""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

from sora_desktop.state.plain_text import plain_tip


def set_tip(widget: QWidget, text: str) -> None:
    """Show the text as it is in a tool tip, and describe the widget with it.

    Without a description, screen readers read the tool tip with its tags.
    """
    widget.setToolTip(plain_tip(text))
    widget.setAccessibleDescription(text)


def key_of(action: QAction) -> str:
    """The first key of an action, such as "Ctrl+E"; empty if it has none."""
    return action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)


class KeyTip(QObject):
    """The tool tip of a widget, with the keys of actions, as long as the widget lives. It follows changed keys."""

    def __init__(self, widget: QWidget, text: str, actions: dict[str, QAction]) -> None:
        """`actions`: by what stands in the brackets, with "{}" for the key. Actions without keys are left out."""
        super().__init__(widget)
        self._widget = widget
        self._text = text
        self._actions = actions
        self._shown = ""
        for action in actions.values():
            action.changed.connect(self._show)
        self._show()

    def show_text(self, text: str) -> None:
        """Replace the text before the keys."""
        self._text = text
        self._show()

    def _show(self) -> None:
        keys = ", ".join(says.format(key_of(action)) for says, action in self._actions.items() if key_of(action))
        text = f"{self._text} ({keys})" if keys else self._text
        if text != self._shown:
            self._shown = text
            set_tip(self._widget, text)
