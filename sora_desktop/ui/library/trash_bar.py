"""The line over the tab Trash: what it holds, and a button that empties it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton

from sora_desktop.ui.widgets.action_button import bind_button


class TrashBar(QFrame):
    """Hidden while there is nothing to empty."""

    def __init__(self, empty_action: QAction) -> None:
        super().__init__()
        self.setObjectName("trashBar")
        self._label = QLabel()
        self._label.setObjectName("trashLabel")
        self._label.setProperty("tone", "muted")
        self._label.setProperty("fontSize", "small")
        self._label.setTextFormat(Qt.TextFormat.PlainText)
        self._button = QPushButton("Empty Trash…")
        self._button.setObjectName("emptyTrashButton")
        self._button.setProperty("kind", "link")
        self._button.setAutoDefault(False)
        bind_button(self._button, empty_action)
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 6, 10, 6)
        row.setSpacing(10)
        row.addWidget(self._label, 1)
        row.addWidget(self._button)
        self.hide()

    def show_text(self, text: str) -> None:
        """Show what the Trash holds, or hide if that is nothing."""
        self._label.setText(text)
        self._label.setAccessibleName(f"In the Trash: {text}")
        self.setVisible(bool(text))
