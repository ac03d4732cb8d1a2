"""The text fields in which a prompt is written."""

from __future__ import annotations

from PySide6.QtCore import QMimeData, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QTextCursor
from PySide6.QtWidgets import QPlainTextEdit

from sora_desktop.ui.compose.image_drop import offered_in


class PromptEdit(QPlainTextEdit):
    """Plain text of any length. A picture or file that is pasted or dropped here is passed on, not inserted."""

    edited = Signal(str)  # by a person
    image_given = Signal(QMimeData)

    def __init__(self, name: str, title: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setAccessibleName(title)
        self.setTabChangesFocus(True)
        self._given = ("", "")  # a text that was shown, and what the field made of it (it turns no-break spaces plain)
        self.textChanged.connect(self._changed)

    def show_text(self, text: str) -> None:
        """Show this text. When it is there already, cursor, selection and undo stay as they are."""
        now = self.toPlainText()
        if text == now or (text, now) == self._given:
            return
        with QSignalBlocker(self):
            cursor = QTextCursor(self.document())
            cursor.select(QTextCursor.SelectionType.Document)
            cursor.insertText(text)  # not setPlainText: what was there can be had back with Ctrl+Z
        self._given = (text, self.toPlainText())
        self.moveCursor(QTextCursor.MoveOperation.End)

    def canInsertFromMimeData(self, source: QMimeData) -> bool:
        return source.hasText() or offered_in(source) is not None

    def insertFromMimeData(self, source: QMimeData) -> None:
        if offered_in(source) is not None and (source.hasUrls() or not source.hasText()):
            self.image_given.emit(source)
        elif source.hasText():
            self.insertPlainText(source.text())

    def _changed(self) -> None:
        self.edited.emit(self.toPlainText())


class GrowingEdit(PromptEdit):
    """One line high, and up to three as it fills."""

    def __init__(self, name: str, title: str) -> None:
        super().__init__(name, title)
        self.document().documentLayout().documentSizeChanged.connect(self._fit)
        self._fit()

    def _fit(self) -> None:
        wanted = int(self.document().size().height())
        lines = max(1, min(3, wanted))
        policy = Qt.ScrollBarPolicy
        self.setVerticalScrollBarPolicy(policy.ScrollBarAsNeeded if wanted > 3 else policy.ScrollBarAlwaysOff)
        around = 2 * int(self.document().documentMargin()) + 14  # the stylesheet's padding and border
        self.setFixedHeight(lines * self.fontMetrics().lineSpacing() + around)
