"""The rows of the table of what differs, and the letters above their columns."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from sora_desktop.state.compare_view import CompareView
from sora_desktop.state.differences import Row
from sora_desktop.state.word_diff import Span
from sora_desktop.ui.compare.span_label import SpanLabel
from sora_desktop.ui.compare.stage_places import PANE_GAP
from sora_desktop.ui.theme import Theme, set_property
from sora_desktop.ui.widgets.elided_label import ElidedLabel
from sora_desktop.ui.widgets.letter_chip import CHIP, LetterChip

_ROW = 24  # height in pixels
_ABOVE_SAME, _BELOW_SAME = 10, 2  # pixels
_NAMES = 88  # width of the column of names
_BESIDE, _BESIDE_SAME = 8, 4  # pixels from a letter to the word beside it, and from "Same in all" to the facts
#: A prompt has as many lines where there is room for them.
MOST_PROSE_LINES = 4
_PROSE_PADDING = 6  # pixels above and below


class LetterRow(QWidget):
    """The letters above the columns, with a word at the current one. It does not scroll with the rows."""

    def __init__(self, theme: Theme, height: int) -> None:
        super().__init__()
        self._theme = theme
        self._cells: list[tuple[QWidget, LetterChip, QLabel]] = []
        self._letters: Sequence[str] = ()
        self._lefts: Sequence[int] = ()
        self._current = 0
        self.setFixedHeight(height)
        theme.changed.connect(self.update)

    def show_letters(self, letters: Sequence[str], current: int) -> None:
        """Show these letters. Their places follow by `place_columns`."""
        while len(self._cells) < len(letters):
            self._cells.append(self._cell())
        for number, (cell, _, _) in enumerate(self._cells):
            cell.setVisible(number < len(letters))
        self._letters = letters
        self.show_current(current)

    def show_current(self, current: int) -> None:
        """Mark the letter of the current clip."""
        self._current = current
        for number, (letter, (_, chip, _)) in enumerate(zip(self._letters, self._cells, strict=False)):
            chip.show_letter(letter, current=number == current)
        self._place()

    def place_columns(self, lefts: Sequence[int]) -> None:
        """Set where each column begins."""
        self._lefts = lefts
        self._place()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setPen(self._theme.color("line"))
        painter.drawLine(0, 0, self.width(), 0)

    def _place(self) -> None:
        ends = [*self._lefts[1:], self.width() + PANE_GAP]
        for number, ((cell, _, label), left, end) in enumerate(zip(self._cells, self._lefts, ends, strict=False)):
            width = end - PANE_GAP - left
            label.setVisible(number == self._current and CHIP + _BESIDE + label.sizeHint().width() <= width)
            cell.setGeometry(left, 1, width, self.height() - 1)

    def _cell(self) -> tuple[QWidget, LetterChip, QLabel]:
        chip, label = LetterChip(self._theme, ""), QLabel("current")
        label.setTextFormat(Qt.TextFormat.PlainText)
        set_property(label, "fontSize", "small")
        cell = QWidget(self)
        line = QHBoxLayout(cell)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(_BESIDE)
        line.addWidget(chip)
        line.addWidget(label)
        line.addStretch(1)
        return cell, chip, label


class DifferenceRows(QFrame):
    """The rows with lines between them, and what is the same."""

    columns_moved = Signal(object)  # list[int]: where the column of each clip begins

    def __init__(self, theme: Theme, view: CompareView, rows: Sequence[Row]) -> None:
        super().__init__()
        self._theme = theme
        self.setObjectName("scrolled")
        self._prose: list[list[SpanLabel]] = []
        self._clips = len(view.panes)
        grid = self._grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(0)
        grid.setHorizontalSpacing(PANE_GAP)
        grid.setColumnMinimumWidth(0, _NAMES)
        #: Of the rows.
        self.count = len(rows)
        for column in range(len(view.panes)):
            grid.setColumnMinimumWidth(column + 1, 40)
        for number, row in enumerate(rows):
            self._add_row(number, row, view)
        same = view.differences.same
        which = "both" if len(view.panes) == 2 else "all"
        what = self._what = QLabel(f"Same in {which}:" if same else f"Nothing is the same in {which}.")
        what.setTextFormat(Qt.TextFormat.PlainText)
        set_property(what, "tone", "muted")
        self._same = ElidedLabel(max_lines=2)
        self._same.setObjectName("sameInAll")
        line = QHBoxLayout()
        line.setSpacing(_BESIDE_SAME)
        line.setContentsMargins(0, _ABOVE_SAME, 0, _BELOW_SAME)
        for stretch, label in enumerate((what, self._same)):
            set_property(label, "fontSize", "small")
            line.addWidget(label, stretch, Qt.AlignmentFlag.AlignTop)
        self._same.show_facts(same)
        grid.addLayout(line, self.count, 0, 1, len(view.panes) + 1)
        grid.setRowStretch(self.count + 1, 1)
        theme.changed.connect(self.update)

    def set_prose_lines(self, lines: int) -> None:
        """How many lines a prompt has at most."""
        for label in (label for row in self._prose for label in row):
            label.set_max_lines(lines)

    def height_for(self, width: int, first: int | None = None) -> int:
        """The height in pixels at that width of all rows and what is the same, or of the first rows alone."""
        cells = self._cells(width)
        heights = [
            max(label.height_for(cell) for label, cell in zip(row, cells, strict=True)) + 2 * _PROSE_PADDING
            for row in self._prose
        ]
        heights += [_ROW] * (self.count - len(heights))  # prompts stand above the others
        if first is not None:
            return sum(heights[:first]) + 1
        same = self._same.height_for(width - self._what.sizeHint().width() - _BESIDE_SAME)
        return sum(heights) + _ABOVE_SAME + same + _BELOW_SAME + 1

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        for column, cell in enumerate(self._cells(event.size().width()), start=1):
            self._grid.setColumnStretch(column, cell)
        self._grid.activate()
        self._report_columns()

    def event(self, event: QEvent) -> bool:
        done = super().event(event)
        if event.type() == QEvent.Type.LayoutRequest:  # a name may have become narrower: its font is set late
            self._report_columns()
        return done

    def _report_columns(self) -> None:
        self.columns_moved.emit([self._grid.cellRect(0, column + 1).left() for column in range(self._clips)])

    def _cells(self, width: int) -> list[int]:
        """The widths of the columns of the clips. Of two, each begins where its picture does, if there is room."""
        count = self._clips
        free = width - _NAMES - count * PANE_GAP
        if count == 2 and free >= 400:
            pane = (width - PANE_GAP) // 2
            return [free - pane, pane]
        return [max(free // count, 40)] * count

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setPen(self._theme.color("line"))
        for row in range(max(self.count, 1)):
            top = self._grid.cellRect(row, 0).top()
            painter.drawLine(0, top, self.width(), top)
        if self.count:
            below = self._grid.cellRect(self.count - 1, 0).bottom()
            painter.drawLine(0, below, self.width(), below)

    def _add_row(self, number: int, row: Row, view: CompareView) -> None:
        name = QLabel(row.name)
        name.setTextFormat(Qt.TextFormat.PlainText)
        set_property(name, "tone", "muted")
        set_property(name, "fontSize", "small")
        top = Qt.AlignmentFlag.AlignTop
        if row.is_prose:
            name.setContentsMargins(0, _PROSE_PADDING, 0, _PROSE_PADDING)
        else:
            self._grid.setRowMinimumHeight(number, _ROW)
        self._grid.addWidget(name, number, 0, top if row.is_prose else Qt.AlignmentFlag.AlignVCenter)
        labels: list[SpanLabel] = []
        for column, spans in enumerate(row.cells):
            like = row.like(column)
            if row.is_prose:
                words = (Span(f"as {view.panes[like].letter}"),) if like is not None else spans
                label = SpanLabel(self._theme, words if row.texts[column] else (Span("–"),), MOST_PROSE_LINES)
                text = "the same as " + view.panes[like].letter if like is not None else row.texts[column]
                label.setAccessibleName(f"{row.name}, {view.panes[column].letter}: {text or 'none'}")
                labels.append(label)
                holder = QVBoxLayout()
                holder.setContentsMargins(0, _PROSE_PADDING, 0, _PROSE_PADDING)
                holder.addWidget(label)
                holder.addStretch(1)
                self._grid.addLayout(holder, number, column + 1)
            else:
                cell = ElidedLabel()
                cell.show_text(row.texts[column] or "–")
                set_property(cell, "tone", "text" if like is None and row.texts[column] else "muted")
                set_property(cell, "fontSize", "small")
                cell.setAccessibleName(f"{row.name}, {view.panes[column].letter}: {row.texts[column] or 'none'}")
                self._grid.addWidget(cell, number, column + 1, Qt.AlignmentFlag.AlignVCenter)
        if labels:
            self._prose.append(labels)
