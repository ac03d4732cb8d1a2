"""A text with marked words."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPaintEvent, QResizeEvent, QTextCharFormat, QTextLayout, QTextOption
from PySide6.QtWidgets import QSizePolicy, QWidget

from sora_desktop.state.plain_text import is_right_to_left
from sora_desktop.state.word_diff import Span, Spans, excerpt
from sora_desktop.ui.theme import Theme
from sora_desktop.ui.widgets.announcement import SPOKEN_ROLE
from sora_desktop.ui.widgets.letter_chip import marked_ground, small_font
from sora_desktop.ui.widgets.tool_tip import set_tip

_LINE = 16  # pixels from one line to the next
_ASIDE = 2.0  # pixels of a mark beside its words


class SpanLabel(QWidget):
    """Shows at most so many lines: of a text that needs more, the marked words with what stands around them."""

    def __init__(self, theme: Theme, spans: Spans, max_lines: int) -> None:
        super().__init__()
        self._theme = theme
        self._all = spans
        self._max_lines = max_lines
        self._spans: Spans = spans
        self._layout = QTextLayout()
        self._width = -1
        text = "".join(span.text for span in spans)
        self.setProperty(SPOKEN_ROLE, "StaticText")
        self.setAccessibleName(text)
        set_tip(self, text)
        self.setFont(small_font(self.font()))
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setMinimumHeight(_LINE)
        theme.changed.connect(self._theme_changed)

    @property
    def shown(self) -> Spans:
        """What is shown of the text."""
        return self._spans

    def set_max_lines(self, lines: int) -> None:
        """Show at most so many lines."""
        if lines != self._max_lines:
            self._max_lines, self._width = lines, -1
            self.setFixedHeight(self.height_for(max(self.width(), 60)))
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(120, self.height_for(max(self.width(), 60)))

    def height_for(self, width: int) -> int:
        """The height in pixels at that width."""
        self._lay_out(width)
        return _LINE * max(self._layout.lineCount(), 1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self.width() != self._width:
            self.setFixedHeight(self.height_for(self.width()))
            self.updateGeometry()

    def paintEvent(self, event: QPaintEvent) -> None:
        self._lay_out(self.width())
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(marked_ground(self._theme))
        place = 0
        for span in self._spans:
            end = place + _units(span.text)
            if span.is_changed and span.text:
                for rect in self._rects(place, end):
                    painter.drawRoundedRect(rect, 4, 4)
            place = end
        painter.setPen(self._theme.color("muted"))
        self._layout.draw(painter, QPointF(0, 0))

    def _theme_changed(self) -> None:
        self._width = -1
        self.update()

    def _rects(self, start: int, end: int) -> list[QRectF]:
        """Behind the words between two places of the text, one for each line."""
        rects = []
        for number in range(self._layout.lineCount()):
            line = self._layout.lineAt(number)
            first, last = max(start, line.textStart()), min(end, line.textStart() + line.textLength())
            if first < last:
                one, other = line.cursorToX(first)[0], line.cursorToX(last)[0]  # type: ignore[index]
                left, right = min(one, other), max(one, other)
                rects.append(QRectF(left - _ASIDE, number * _LINE - 0.5, right - left + 2 * _ASIDE, _LINE))
        return rects

    def _lay_out(self, width: int) -> None:
        if width == self._width:
            return
        self._width = width
        if self._fit(self._all, width) <= self._max_lines:
            return
        average = max(QFontMetricsF(self.font()).averageCharWidth(), 1.0)
        room = max(int(width / average * self._max_lines * 1.2), 8)
        while self._fit(excerpt(self._all, room), width) > self._max_lines and room > 8:
            room = room * 9 // 10

    def _fit(self, spans: Spans, width: int) -> int:
        """Lay the text out; the number of its lines."""
        self._spans = spans
        text = "".join(span.text for span in spans)
        layout = self._layout = QTextLayout(text, self.font())
        option = QTextOption()
        option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        if is_right_to_left(text):
            option.setTextDirection(Qt.LayoutDirection.RightToLeft)
        layout.setTextOption(option)
        layout.setFormats(list(self._formats(spans)))
        base = QFontMetricsF(self.font()).ascent()
        layout.beginLayout()
        while (line := layout.createLine()).isValid():
            line.setLineWidth(max(width - 2 * _ASIDE, 20))
            # by the base line: a font of another script is higher
            top = (layout.lineCount() - 1) * _LINE + base - line.ascent()
            line.setPosition(QPointF(_ASIDE if is_right_to_left(text) else 0.0, top))
        layout.endLayout()
        return layout.lineCount()

    def _formats(self, spans: tuple[Span, ...]) -> list[QTextLayout.FormatRange]:
        formats, place = [], 0
        for span in spans:
            length = _units(span.text)
            if span.is_changed and length:
                one = QTextLayout.FormatRange()
                one.start, one.length = place, length
                marked = QTextCharFormat()
                marked.setFontWeight(self._theme.weighted(self.font(), "medium").weight())
                marked.setForeground(self._theme.color("text"))
                one.format = marked
                formats.append(one)
            place += length
        return formats


def _units(text: str) -> int:
    """The length as Qt counts it: an emoji has two units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
