"""The line over the library while the queue is not sending: why, and a button that helps."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton

from sora_desktop.state.queue_text import QueueText


class QueueBar(QFrame):
    """Hidden while the queue is sending."""

    pressed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("queueBar")
        self._label = QLabel()
        self._label.setObjectName("queueLabel")
        self._label.setProperty("tone", "warn")
        self._label.setProperty("fontSize", "small")
        self._label.setTextFormat(Qt.TextFormat.PlainText)
        self._label.setWordWrap(True)
        self._button = QPushButton()
        self._button.setObjectName("queueButton")
        self._button.setProperty("kind", "link")
        self._button.setAutoDefault(False)
        self._button.clicked.connect(lambda _: self.pressed.emit())
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 6, 10, 6)
        row.setSpacing(10)
        row.addWidget(self._label, 1)
        row.addWidget(self._button)
        self.hide()

    def show_text(self, text: QueueText) -> None:
        """Show this line, or hide if its text is empty."""
        self._label.setText(text.text)
        self._label.setAccessibleName(f"Queue: {text.text}")
        self._button.setText(text.button)
        self.setVisible(bool(text.text))
