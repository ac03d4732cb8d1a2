"""A label that elides text that does not fit."""

from __future__ import annotations

import re
from collections.abc import Sequence

from PySide6.QtCore import QEvent, QRect, QSize, Qt
from PySide6.QtGui import (
    QFont,
    QFontMetrics,
    QFontMetricsF,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QTextLayout,
    QTextOption,
)
from PySide6.QtWidgets import QLabel, QSizePolicy

from sora_desktop.state.plain_text import is_right_to_left
from sora_desktop.ui.widgets.tool_tip import set_tip

SEPARATOR = " · "  # between two facts
#: Where no line breaks: the space in "100 credits" or "62 %", and the thin space that older rows have in "4 900".
_IN_AMOUNT = re.compile(r"(?<=\d)(?: (?=[^\W\d]|%)|\u2009(?=\d))")


class ElidedLabel(QLabel):
    """Fits any width and uses at most `max_lines` lines. Its tool tip shows the whole text."""

    def __init__(self, max_lines: int = 1) -> None:
        super().__init__()
        self._max_lines = max_lines
        self._facts: tuple[str, ...] = ()  # of which the text consists; empty for prose
        self._lines: list[str] = []
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def show_text(self, text: str) -> None:
        self._show(text, ())

    def show_facts(self, facts: Sequence[str]) -> None:
        """Show facts with dots between them. Lines break at the dots only."""
        plain = tuple(map(_in_one_line, facts))
        self._show(SEPARATOR.join(plain), plain)

    def set_max_lines(self, lines: int) -> bool:
        """Use at most so many lines from the next text on. True if it is another number."""
        before, self._max_lines = self._max_lines, lines
        return lines != before

    @property
    def lines(self) -> list[str]:
        """The lines shown, wrapped and elided."""
        return self._lines

    def height_of(self, lines: int) -> int:
        """Height of that many lines in pixels: text of 13 pixels has lines of 18, small text of 12 has lines of 16."""
        return lines * max(self.fontMetrics().height(), -(-self.font().pixelSize() * 4 // 3))

    def height_for(self, width: int) -> int:
        """The height in pixels at that width."""
        return self.height_of(max(len(self._wrapped(width)), 1))

    def minimumSizeHint(self) -> QSize:
        return QSize(40, self.height_of(1))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._update_lines()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._update_lines()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setPen(self.palette().color(self.foregroundRole()))
        line_height = self.height_of(1)
        flags = left_flags(self.text())
        for number, line in enumerate(self._lines):
            rect = QRect(0, number * line_height, self.width(), line_height)
            painter.drawText(rect, flags, line)

    def _show(self, text: str, facts: tuple[str, ...]) -> None:
        self._facts = facts
        self.setText(text)
        set_tip(self, text)
        self._update_lines()

    def _update_lines(self) -> None:
        self._lines = self._wrapped(self.width())
        self.setFixedHeight(self.height_of(max(len(self._lines), 1)))
        self.update()

    def _wrapped(self, width: int) -> list[str]:
        if self._facts:
            return wrapped_facts(self._facts, self.font(), width, self._max_lines)
        return wrapped(self.text(), self.font(), width, self._max_lines)


def left_flags(text: str) -> int:
    """The flags that draw a line of the text: left, or right if it is written from right to left."""
    return int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter) | _direction_of(text)


def centered_flags(text: str) -> int:
    """The flags that draw a line of the text in the middle of its place, in its own direction."""
    return int(Qt.AlignmentFlag.AlignCenter) | _direction_of(text)


def _direction_of(text: str) -> int:
    return int(Qt.TextFlag.TextForceRightToLeft) if is_right_to_left(text) else 0


def wrapped(text: str, font: QFont, width: int, lines: int) -> list[str]:
    """The text wrapped to at most `lines` lines, not between a number and its unit.

    Text that does not fit is elided in the last line.
    """
    plain = _in_one_line(text)
    units = plain.encode("utf-16-le")  # Qt counts UTF-16 units: an emoji has two
    layout = QTextLayout(_IN_AMOUNT.sub("\N{NO-BREAK SPACE}", plain), font)
    option = QTextOption()
    option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
    layout.setTextOption(option)
    wrapped_lines: list[str] = []
    layout.beginLayout()
    while len(wrapped_lines) < lines:
        line = layout.createLine()
        if not line.isValid():
            break
        line.setLineWidth(max(width, 1))
        start = line.textStart() * 2
        if len(wrapped_lines) == lines - 1:
            rest = units[start:].decode("utf-16-le").strip()
            wrapped_lines.append(QFontMetrics(font).elidedText(rest, Qt.TextElideMode.ElideRight, max(width, 1)))
        else:
            wrapped_lines.append(units[start : start + line.textLength() * 2].decode("utf-16-le").strip())
    layout.endLayout()
    return wrapped_lines


def wrapped_facts(facts: Sequence[str], font: QFont, width: int, lines: int) -> list[str]:
    """The facts in at most `lines` lines, with a separator after each but the last one.

    Lines break between facts only, whatever their letters. Facts that do not fit are left out, for "…": half a number
    is another number. Only a fact that needs more than a line is cut.
    """
    metrics, room = QFontMetricsF(font), max(width, 1)
    dot = SEPARATOR.rstrip()
    placed: list[str] = []
    line = ""
    for number, fact in enumerate(facts):
        end = "" if number == len(facts) - 1 else dot
        longer = f"{line} {fact}{end}" if line else f"{fact}{end}"
        is_last = len(placed) == lines - 1
        if line and not is_last and metrics.horizontalAdvance(longer) > room:
            placed.append(line)
            longer = f"{fact}{end}"
        elif line and is_last and metrics.horizontalAdvance(f"{longer} …" if end else longer) > room:
            line = f"{line} …"
            break
        line = longer
    return [metrics.elidedText(line, Qt.TextElideMode.ElideRight, room) for line in (*placed, line)]


def _in_one_line(text: str) -> str:
    return re.sub(r"[\r\n\t\v\f\x85\u2028\u2029]+", " ", text).strip()
