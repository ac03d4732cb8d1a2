"""Words that are cut with an ellipsis where there is no room."""

from __future__ import annotations

import re

from PySide6.QtCore import QEvent, QRect, QSize, Qt
from PySide6.QtGui import QFont, QFontMetrics, QPainter, QPaintEvent, QResizeEvent, QTextLayout, QTextOption
from PySide6.QtWidgets import QLabel, QSizePolicy


class ElidedLabel(QLabel):
    """Takes any width, and no more than so many lines; the whole text is in its tool tip."""

    def __init__(self, most: int = 1) -> None:
        super().__init__()
        self._most = most
        self._lines: list[str] = []
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def show_text(self, text: str) -> None:
        """Show these words."""
        self.setText(text)
        self.setToolTip(text)
        self._break()

    @property
    def lines(self) -> list[str]:
        """The words as they are broken and cut now."""
        return self._lines

    def height_of(self, lines: int) -> int:
        """What so many lines take, in pixels."""
        return lines * self.fontMetrics().height()

    def minimumSizeHint(self) -> QSize:
        return QSize(40, self.height_of(1))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._break()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._break()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setPen(self.palette().color(self.foregroundRole()))
        high = self.height_of(1)
        for number, line in enumerate(self._lines):
            place = QRect(0, number * high, self.width(), high)
            painter.drawText(place, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), line)

    def _break(self) -> None:
        self._lines = wrapped(self.text(), self.font(), self.width(), self._most)
        self.setFixedHeight(self.height_of(max(len(self._lines), 1)))
        self.update()


def wrapped(text: str, font: QFont, width: int, lines: int) -> list[str]:
    """The text in at most that many lines; the last one elided."""
    plain = re.sub(r"[\r\n\t\v\f\x85\u2028\u2029]+", " ", text).strip()
    units = plain.encode("utf-16-le")  # Qt counts in these: an emoji is two
    layout = QTextLayout(plain, font)
    option = QTextOption()
    option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
    layout.setTextOption(option)
    found: list[str] = []
    layout.beginLayout()
    while len(found) < lines:
        line = layout.createLine()
        if not line.isValid():
            break
        line.setLineWidth(max(width, 1))
        start = line.textStart() * 2
        if len(found) == lines - 1:
            rest = units[start:].decode("utf-16-le").strip()
            found.append(QFontMetrics(font).elidedText(rest, Qt.TextElideMode.ElideRight, max(width, 1)))
        else:
            found.append(units[start : start + line.textLength() * 2].decode("utf-16-le").strip())
    layout.endLayout()
    return found
