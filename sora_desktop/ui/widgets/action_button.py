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
    button.clicked.connect(action.trigger)
    action.toggled.connect(button.setChecked)
    action.enabledChanged.connect(button.setEnabled)
