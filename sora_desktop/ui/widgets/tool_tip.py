"""Tool tips that screen readers can read, too."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from sora_desktop.state.plain_text import plain_tip


def set_tip(widget: QWidget, text: str) -> None:
    """Show the text as it is in a tool tip, and describe the widget with it.

    Without a description, screen readers read the tool tip with its tags.
    """
    widget.setToolTip(plain_tip(text))
    widget.setAccessibleDescription(text)
