"""Blank space above the rows of a tree view, which makes room for nothing else there."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QHeaderView


class BlankHeader(QHeaderView):
    """A header without a look."""

    def __init__(self) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self.setStretchLastSection(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)

    def paintEvent(self, event: QPaintEvent) -> None:
        pass
