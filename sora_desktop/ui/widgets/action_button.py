"""Connects a button to a QAction that menus and shortcuts share."""

from __future__ import annotations

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QAbstractButton


def bind_button(button: QAbstractButton, action: QAction) -> None:
    """A click triggers the action; the button's enabled and checked state follow it.

    Text, icon and tool tip stay the button's own, unlike with `QToolButton.setDefaultAction`.
    """
    button.setCheckable(action.isCheckable())
    button.setChecked(action.isChecked())
    button.setEnabled(action.isEnabled())
    name_action(button, action)
    button.clicked.connect(action.trigger)
    action.toggled.connect(button.setChecked)
    action.enabledChanged.connect(button.setEnabled)


def name_action(button: QAbstractButton, action: QAction) -> None:
    """Note for tests which action a click triggers."""
    button.setProperty("action", action)
