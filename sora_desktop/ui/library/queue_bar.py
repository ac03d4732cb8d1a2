"""The line under the library while the queue is not sending: why, and a button that helps."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel

from sora_desktop.state.queue_text import QueueText
from sora_desktop.ui.widgets.spend_button import SpendButton


class QueueBar(QFrame):
    """Hidden while the queue is sending."""

    pressed = Signal()
    resized = Signal()  # also when the line comes or goes

    def __init__(self) -> None:
        super().__init__()
        self._text = QueueText()
        self._pressed_text = QueueText()
        self.setObjectName("queueBar")
        self._label = QLabel()
        self._label.setObjectName("queueLabel")
        self._label.setProperty("tone", "warn")
        self._label.setProperty("fontSize", "small")
        self._label.setTextFormat(Qt.TextFormat.PlainText)
        self._label.setWordWrap(True)
        self._button = SpendButton()
        self._button.setObjectName("queueButton")
        self._button.setProperty("kind", "link")
        self._button.setAutoDefault(False)
        self._button.pressed.connect(self._remember_pressed)
        self._button.clicked.connect(lambda _: self._follow())
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 7, 16, 7)
        row.setSpacing(10)
        row.addWidget(self._label, 1)
        row.addWidget(self._button)
        self.hide()

    def event(self, event: QEvent) -> bool:
        handled = super().event(event)
        if event.type() in (QEvent.Type.Resize, QEvent.Type.Show, QEvent.Type.Hide):
            self.resized.emit()
        return handled

    @property
    def shown_text(self) -> QueueText:
        """What is shown now."""
        return self._text

    def show_text(self, text: QueueText) -> None:
        """Show this line, or hide if its text is empty."""
        self._text = text
        self._label.setText(text.text)
        self._label.setAccessibleName(f"Queue: {text.text}")
        self._button.setText(text.button)
        self.setVisible(bool(text.text))

    def height_for(self, text: QueueText, width: int) -> int:
        """The height in pixels that the line would have in a column of that width."""
        if not text.text:
            return 0
        row = self.contentsMargins().top() * 2 + 14
        room = width - 42 - QFontMetrics(self._button.font()).horizontalAdvance(text.button)
        flags = int(Qt.TextFlag.TextWordWrap)
        lines = QFontMetrics(self._label.font()).boundingRect(0, 0, max(room, 40), 1000, flags, text.text)
        return max(lines.height(), self._button.sizeHint().height()) + row

    def _remember_pressed(self) -> None:
        self._pressed_text = self._text

    def _follow(self) -> None:
        if self._pressed_text == self._text:  # else the price has changed during the click
            self.pressed.emit()
