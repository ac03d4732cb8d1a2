"""Text fields for the prompt and the negative prompt."""

from __future__ import annotations

from math import ceil

from PySide6.QtCore import QMimeData, QSignalBlocker, Qt, Signal
from PySide6.QtGui import (
    QDragEnterEvent,
    QDragMoveEvent,
    QDropEvent,
    QKeyEvent,
    QKeySequence,
    QPainter,
    QPaintEvent,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextFrameFormat,
)
from PySide6.QtWidgets import QTextEdit

from sora_desktop.state.plain_text import is_right_to_left
from sora_desktop.ui.compose.image_offer import accept_copy, may_offer_image

_LINE = 18  # pixels from line to line; those of other scripts may be higher
_ASIDE = 2  # pixels beside the text, within the padding of the stylesheet: the cursor stands there
_FRAME = 20  # pixels; padding and border of the stylesheet, above and below
_MOST_LINES = 3  # of a field that grows
#: Heights in pixels of the prompt, and of the panel in a window of 900 pixels. Before the form scrolls, the prompt
#: gives way down to the lowest.
_LOWEST_HEIGHT, _LEAST_HEIGHT, _MOST_HEIGHT, _COMMON_PANEL = 110, 150, 416, 834


class PromptEdit(QTextEdit):
    """Plain text of any length. An image or file that is pasted or dropped is emitted, not inserted.

    QPlainTextEdit does not know heights of lines.
    """

    edited = Signal(str)  # by the user
    image_offered = Signal(QMimeData)

    def __init__(self, name: str, title: str, placeholder: str) -> None:
        """`placeholder`: shown while the field is empty."""
        super().__init__()
        self._placeholder = placeholder
        self.setObjectName(name)
        self.setAccessibleName(title)
        self.setTabChangesFocus(True)
        self.setAcceptRichText(False)
        self._set_format()
        #: The text last shown, and what the field made of it: Qt replaces no-break spaces by plain ones.
        self._shown = ("", "")
        self.textChanged.connect(self._changed)

    def show_text(self, text: str) -> None:
        """Show the text. If it is shown already, cursor, selection and undo history do not change.

        Another text begins a new undo history: what replaces the whole form is undone as a whole.
        """
        current = self.toPlainText()
        if text == current or (text, current) == self._shown:
            return
        with QSignalBlocker(self):
            cursor = QTextCursor(self.document())
            cursor.select(QTextCursor.SelectionType.Document)
            cursor.insertText(text)  # not `setPlainText`: it would forget the margins
        self.document().clearUndoRedoStacks()
        self._fit_alignment()
        self._shown = (text, self.toPlainText())
        self.moveCursor(QTextCursor.MoveOperation.End)

    def canInsertFromMimeData(self, source: QMimeData) -> bool:
        return source.hasText() or may_offer_image(source)

    def insertFromMimeData(self, source: QMimeData) -> None:
        if may_offer_image(source):
            self.image_offered.emit(source)
        elif source.hasText():
            self.insertPlainText(source.text())

    def createMimeDataFromSelection(self) -> QMimeData:
        mime = QMimeData()
        mime.setText(self.textCursor().selection().toPlainText())
        return mime

    def paintEvent(self, event: QPaintEvent) -> None:
        """Qt would paint the placeholder above the line on which the text will stand."""
        super().paintEvent(event)
        if self.document().isEmpty() and not self.textCursor().block().layout().preeditAreaText():
            place = self.viewport().rect().adjusted(_ASIDE, _LINE - self.fontMetrics().height(), -_ASIDE, 0)
            painter = QPainter(self.viewport())
            painter.setPen(self.palette().placeholderText().color())
            painter.drawText(place, int(Qt.AlignmentFlag.AlignLeft) | int(Qt.TextFlag.TextWordWrap), self._placeholder)
            painter.end()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.InsertParagraphSeparator):
            self.textCursor().insertBlock()  # in an empty paragraph, Qt would end its format instead
            self.ensureCursorVisible()
        else:
            super().keyPressEvent(event)

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

    def _set_format(self) -> None:
        """Set margins and the height of lines, without a step that can be undone.

        Each new paragraph has the format of the one before. Without a margin above, whole lines are in sight at the
        end of a text that scrolls.
        """
        frame = QTextFrameFormat()
        frame.setLeftMargin(_ASIDE)
        frame.setRightMargin(_ASIDE)
        line = QTextBlockFormat()
        line.setLineHeight(_LINE, QTextBlockFormat.LineHeightTypes.MinimumHeight.value)
        cursor = QTextCursor(self.document())
        cursor.select(QTextCursor.SelectionType.Document)
        self.setUndoRedoEnabled(False)
        cursor.setBlockFormat(line)
        self.document().rootFrame().setFrameFormat(frame)
        self.setUndoRedoEnabled(True)

    def _changed(self) -> None:
        if self.document().firstBlock().blockFormat().lineHeight() != _LINE:
            self._make_plain()
        self._fit_alignment()
        self.edited.emit(self.toPlainText())

    def _make_plain(self) -> None:
        """Another program, such as one that takes dictation, has replaced the text, and may have formatted it."""
        with QSignalBlocker(self):
            self.setCurrentCharFormat(QTextCharFormat())
            self.setPlainText(self.toPlainText())
            self._set_format()

    def _fit_alignment(self) -> None:
        """Begin the lines on the side where the text begins.

        Qt gives each paragraph its own base direction, and aligns all of them alike.
        """
        right_to_left = is_right_to_left(self.toPlainText())
        alignment = Qt.AlignmentFlag.AlignRight if right_to_left else Qt.AlignmentFlag.AlignLeft
        option = self.document().defaultTextOption()
        if not option.alignment() & alignment:
            option.setAlignment(alignment | Qt.AlignmentFlag.AlignAbsolute)
            self.document().setDefaultTextOption(option)


class TallPromptEdit(PromptEdit):
    """Takes free space up to the height of its content, and more of it in a tall window."""

    def __init__(self, name: str, title: str, placeholder: str) -> None:
        super().__init__(name, title, placeholder)
        self._least = _LEAST_HEIGHT
        self.setMinimumHeight(_LOWEST_HEIGHT)
        self.textChanged.connect(self._fit_height)
        sizes = self.document().documentLayout().documentSizeChanged
        sizes.connect(self._fit_height, Qt.ConnectionType.QueuedConnection)  # Qt is still placing the scroll bar
        self._fit_height()

    def show_text(self, text: str) -> None:
        super().show_text(text)
        self._fit_height()

    def fit_panel(self, height: int) -> None:
        """Grow with the panel, whose height is given in pixels."""
        self._least = _LEAST_HEIGHT + max(0, height - _COMMON_PANEL)
        self._fit_height()

    def _fit_height(self) -> None:
        wanted = ceil(self.document().size().height()) + _FRAME  # of a long text, what has been laid out: enough
        self.setMaximumHeight(max(_LEAST_HEIGHT, min(max(wanted, self._least), _MOST_HEIGHT)))


class GrowingEdit(PromptEdit):
    """Grows from one line to three with its content."""

    def __init__(self, name: str, title: str, placeholder: str) -> None:
        super().__init__(name, title, placeholder)
        self.document().documentLayout().documentSizeChanged.connect(self._fit_height)
        self._fit_height()

    def _fit_height(self) -> None:
        needed, most = ceil(self.document().size().height()), _MOST_LINES * _LINE
        policy = Qt.ScrollBarPolicy
        self.setVerticalScrollBarPolicy(policy.ScrollBarAsNeeded if needed > most else policy.ScrollBarAlwaysOff)
        self.setFixedHeight(max(_LINE, min(needed, most)) + _FRAME)
