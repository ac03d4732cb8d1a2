"""Text fields for the prompt and the negative prompt."""

from __future__ import annotations

from PySide6.QtCore import QMimeData, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent, QTextCursor
from PySide6.QtWidgets import QPlainTextEdit

from sora_desktop.ui.compose.image_offer import accept_copy, may_offer_image


class PromptEdit(QPlainTextEdit):
    """Plain text of any length. An image or file that is pasted or dropped is emitted, not inserted."""

    edited = Signal(str)  # by the user
    image_offered = Signal(QMimeData)

    def __init__(self, name: str, title: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setAccessibleName(title)
        self.setTabChangesFocus(True)
        #: The text last shown, and what the field made of it: Qt replaces no-break spaces by plain ones.
        self._shown = ("", "")
        self.textChanged.connect(self._changed)

    def show_text(self, text: str) -> None:
        """Show the text. If it is shown already, cursor, selection and undo history do not change."""
        current = self.toPlainText()
        if text == current or (text, current) == self._shown:
            return
        with QSignalBlocker(self):
            cursor = QTextCursor(self.document())
            cursor.select(QTextCursor.SelectionType.Document)
            cursor.insertText(text)  # setPlainText would clear the undo history
        self._shown = (text, self.toPlainText())
        self.moveCursor(QTextCursor.MoveOperation.End)

    def canInsertFromMimeData(self, source: QMimeData) -> bool:
        return source.hasText() or may_offer_image(source)

    def insertFromMimeData(self, source: QMimeData) -> None:
        if may_offer_image(source):
            self.image_offered.emit(source)
        elif source.hasText():
            self.insertPlainText(source.text())

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if may_offer_image(event.mimeData()):
            accept_copy(event)
        else:
            super().dragEnterEvent(event)

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        if may_offer_image(event.mimeData()):
            accept_copy(event)
        else:
            super().dragMoveEvent(event)

    def dropEvent(self, event: QDropEvent) -> None:
        if may_offer_image(event.mimeData()):
            accept_copy(event)
            self.image_offered.emit(event.mimeData())
        else:
            super().dropEvent(event)

    def _changed(self) -> None:
        self.edited.emit(self.toPlainText())


class GrowingEdit(PromptEdit):
    """Grows from one line to three with its content."""

    def __init__(self, name: str, title: str) -> None:
        super().__init__(name, title)
        self.document().documentLayout().documentSizeChanged.connect(self._fit_height)
        self._fit_height()

    def _fit_height(self) -> None:
        needed = int(self.document().size().height())
        lines = max(1, min(3, needed))
        policy = Qt.ScrollBarPolicy
        self.setVerticalScrollBarPolicy(policy.ScrollBarAsNeeded if needed > 3 else policy.ScrollBarAlwaysOff)
        frame = 2 * int(self.document().documentMargin()) + 14  # padding and border of the stylesheet
        self.setFixedHeight(lines * self.fontMetrics().lineSpacing() + frame)
