"""The order in which Tab reaches widgets."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget


def let_tab_reach_all() -> None:
    """Let Tab stop at every part that takes the focus, on every system.

    While "Keyboard navigation" is off in the settings of macOS, Qt stops at text fields and lists, and passes over all
    parts with `Qt.FocusPolicy.TabFocus`.
    """
    QGuiApplication.styleHints().setTabFocusBehavior(Qt.TabFocusBehavior.TabFocusAllControls)


def chain(parts: Iterable[QWidget]) -> None:
    """Let Tab reach these widgets one after the other. Those that take no focus stay where they are."""
    stops = (part for part in parts if part.focusPolicy() is not Qt.FocusPolicy.NoFocus)  # Qt ignores pairs with others
    for earlier, later in pairwise(stops):
        QWidget.setTabOrder(earlier, later)
