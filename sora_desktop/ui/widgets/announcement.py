"""Speaks what appears without the focus."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget


def announce(widget: QWidget, text: str) -> None:
    """Let screen readers speak a text that `widget` has begun to show."""
    from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent  # late: PySide builds many enums for them

    QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(widget, text))
