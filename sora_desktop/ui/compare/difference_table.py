"""The table of what differs among the clips."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from sora_desktop.state.compare_view import CompareView
from sora_desktop.state.differences import Row
from sora_desktop.state.word_diff import Span
from sora_desktop.ui.compare.span_label import SpanLabel
from sora_desktop.ui.compare.stage_places import PANE_GAP
from sora_desktop.ui.theme import Theme, set_property
from sora_desktop.ui.widgets.elided_label import ElidedLabel
from sora_desktop.ui.widgets.letter_chip import LetterChip

TITLE, HEAD, ROW, SAME = 32, 32, 24, 36  # heights in pixels
_NAMES = 88  # width of the column of names
_PROSE_LINES = 4
_PROSE_PADDING = 6  # pixels above and below


class DifferenceTable(QWidget):
    """A column for each clip, a row for each fact. Shows the rows that differ, or all on request."""

    resized = Signal()  # other rows are shown: the table needs another height

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._view = CompareView()
        self._current = 0
        self._shows_all = False
        self._chips: list[tuple[LetterChip, QLabel]] = []
        self.setObjectName("differenceTable")
        self.setAccessibleName("What differs")
        title = QLabel("What differs")
        title.setTextFormat(Qt.TextFormat.PlainText)
        set_property(title, "weight", "medium")
        self._count = QLabel()
        self._count.setTextFormat(Qt.TextFormat.PlainText)
        self._count.setObjectName("differenceCount")
        set_property(self._count, "tone", "muted")
        self._all = QPushButton()
        self._all.setObjectName("showAllRowsButton")
        self._all.setProperty("kind", "link")
        self._all.setProperty("fontSize", "small")
        self._all.setAutoDefault(False)
        self._all.setCheckable(True)
        self._all.toggled.connect(self._toggle_all)
        top = QHBoxLayout()
        top.setContentsMargins(0, 0, 0, 0)
        top.setSpacing(8)
        for part in (title, self._count):
            top.addWidget(part)
        top.addStretch(1)
        top.addWidget(self._all)
        bar = QWidget()
        bar.setFixedHeight(TITLE)
        bar.setLayout(top)
        self._scroll = QScrollArea()
        self._scroll.setObjectName("differenceRows")
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(bar)
        column.addWidget(self._scroll, 1)
        theme.changed.connect(self.update)

    def show_view(self, view: CompareView, current: int) -> None:
        """Show the rows of these clips, and which clip is current."""
        self._current = current
        if view != self._view:
            self._view = view
            self._build()
        else:
            self._show_current()

    def needed_height(self, width: int) -> int:
        """The height in pixels that the rows need at that width."""
        rows = self._scroll.widget()
        return TITLE + (0 if not isinstance(rows, _Rows) else rows.height_for(width))

    def fit(self, place: QRect) -> None:
        """Stand at this place, with fewer lines of the prompts if the rows need more height."""
        rows = self._scroll.widget()
        if isinstance(rows, _Rows):
            for lines in range(_PROSE_LINES, 1, -1):
                rows.set_prose_lines(lines)
                if TITLE + rows.height_for(place.width()) <= place.height():
                    break
        self.setGeometry(place)

    def _toggle_all(self, all_rows: bool) -> None:
        self._shows_all = all_rows
        self._build()
        self.resized.emit()

    def _build(self) -> None:
        differences = self._view.differences
        differing = differences.differing
        self._count.setText(str(len(differing)))
        self._all.setText("Only what differs" if self._shows_all else f"Show all {len(differences.rows)}")
        self._all.setVisible(self._shows_all or len(differing) < len(differences.rows))
        self._chips = []
        rows = _Rows(self._theme, self._view, differences.rows if self._shows_all else differing, self._chips)
        self._scroll.setWidget(rows)
        self._show_current()

    def _show_current(self) -> None:
        for number, (chip, label) in enumerate(self._chips):
            chip.show_letter(self._view.panes[number].letter, current=number == self._current)
            label.setVisible(number == self._current)


class _Rows(QFrame):
    """The head with the letters, the rows with lines between them, and what is the same. Without rows, no head."""

    def __init__(
        self, theme: Theme, view: CompareView, rows: Sequence[Row], chips: list[tuple[LetterChip, QLabel]]
    ) -> None:
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
        self._count = len(rows)
        self._head = HEAD if rows else 0
        for column in range(len(view.panes)):
            grid.setColumnMinimumWidth(column + 1, 40)
            if rows:
                grid.addWidget(_head_cell(theme, view, column, chips), 0, column + 1)
        grid.setRowMinimumHeight(0, self._head)
        for number, row in enumerate(rows, start=1):
            self._add_row(number, row, view)
        same = view.differences.same
        which = "both" if len(view.panes) == 2 else "all"
        what = QLabel(f"Same in {which}:" if same else f"Nothing is the same in {which}.")
        what.setTextFormat(Qt.TextFormat.PlainText)
        set_property(what, "tone", "muted")
        self._same = ElidedLabel()
        self._same.setObjectName("sameInAll")
        self._same.show_text(same)
        line = QHBoxLayout()
        line.setSpacing(4)
        for stretch, label in enumerate((what, self._same)):
            set_property(label, "fontSize", "small")
            line.addWidget(label, stretch, Qt.AlignmentFlag.AlignVCenter)
        grid.addLayout(line, self._count + 1, 0, 1, len(view.panes) + 1)
        grid.setRowMinimumHeight(self._count + 1, SAME)
        grid.setRowStretch(self._count + 2, 1)
        theme.changed.connect(self.update)

    def set_prose_lines(self, lines: int) -> None:
        """How many lines a prompt has at most."""
        for label in (label for row in self._prose for label in row):
            label.set_max_lines(lines)

    def height_for(self, width: int) -> int:
        """The height in pixels at that width."""
        cells = self._cells(width)
        prose = sum(
            max(label.height_for(cell) for label, cell in zip(row, cells, strict=True)) + 2 * _PROSE_PADDING
            for row in self._prose
        )
        return self._head + prose + (self._count - len(self._prose)) * ROW + SAME + 1

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        for column, cell in enumerate(self._cells(event.size().width()), start=1):
            self._grid.setColumnStretch(column, cell)

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
        for row in range(self._count + 1):
            top = self._grid.cellRect(row, 0).top()
            painter.drawLine(0, top, self.width(), top)
        if self._count:
            below = self._grid.cellRect(self._count, 0).bottom()
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
            self._grid.setRowMinimumHeight(number, ROW)
        self._grid.addWidget(name, number, 0, top if row.is_prose else Qt.AlignmentFlag.AlignVCenter)
        labels: list[SpanLabel] = []
        for column, spans in enumerate(row.cells):
            like = row.like(column)
            if row.is_prose:
                words = (Span(f"as {view.panes[like].letter}"),) if like is not None else spans
                label = SpanLabel(self._theme, words if row.texts[column] else (Span("–"),), _PROSE_LINES)
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


def _head_cell(theme: Theme, view: CompareView, column: int, chips: list[tuple[LetterChip, QLabel]]) -> QWidget:
    chip = LetterChip(theme, view.panes[column].letter)
    label = QLabel("current")
    label.setTextFormat(Qt.TextFormat.PlainText)
    set_property(label, "fontSize", "small")
    chips.append((chip, label))
    cell = QWidget()
    line = QHBoxLayout(cell)
    line.setContentsMargins(0, 0, 0, 0)
    line.setSpacing(8)
    line.addWidget(chip)
    line.addWidget(label)
    line.addStretch(1)
    return cell
