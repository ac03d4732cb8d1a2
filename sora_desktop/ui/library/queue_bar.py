"""One line over the library while nothing is sent: why, and a button."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton

from sora_desktop.state.queue_text import QueueText


class QueueBar(QFrame):
    """Hidden while the queue sends."""

    pressed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("queueBar")
        self._words = QLabel()
        self._words.setObjectName("queueLabel")
        self._words.setProperty("tone", "warn")
        self._words.setProperty("fontSize", "small")
        self._words.setTextFormat(Qt.TextFormat.PlainText)
        self._words.setWordWrap(True)
        self._button = QPushButton()
        self._button.setObjectName("queueButton")
        self._button.setProperty("kind", "link")
        self._button.setAutoDefault(False)
        self._button.clicked.connect(lambda _: self.pressed.emit())
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 6, 10, 6)
        row.setSpacing(10)
        row.addWidget(self._words, 1)
        row.addWidget(self._button)
        self.hide()

    def show_text(self, words: QueueText) -> None:
        """Show this line, or none."""
        self._words.setText(words.text)
        self._words.setAccessibleName(f"Queue: {words.text}")
        self._button.setText(words.button)
        self.setVisible(bool(words.text))
