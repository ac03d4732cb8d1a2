"""The table of what differs among the clips: a bar, the letters of the clips, and rows that scroll below them."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QToolButton, QVBoxLayout, QWidget

from sora_desktop.state.compare_view import CompareView
from sora_desktop.ui.compare.difference_rows import MOST_PROSE_LINES, DifferenceRows, LetterRow
from sora_desktop.ui.theme import Theme, set_property
from sora_desktop.ui.widgets.action_button import bind_button
from sora_desktop.ui.widgets.announcement import SPOKEN_ROLE
from sora_desktop.ui.widgets.key_scroll_area import KeyScrollArea
from sora_desktop.ui.widgets.tool_tip import set_tip

_TITLE, _BELOW_TITLE, _HEAD = 32, 4, 32  # heights in pixels; the title stands at the height of those of the panes
_READABLE_ROWS = 4  # that are seen without scrolling wherever the table stands beneath pictures


class DifferenceTable(QWidget):
    """A column for each clip, a row for each fact. Shows the rows that differ, or all on request."""

    resized = Signal()  # other rows are shown: the table needs another height

    def __init__(self, theme: Theme, hide_table: QAction) -> None:
        super().__init__()
        self._theme = theme
        self._view = CompareView()
        self._current = 0
        self._shows_all = False
        self._heights: dict[int, tuple[int, int]] = {}  # by width: of all rows, and of the first ones
        self._fitted = QSize()  # the size that the prompts have been cut for
        self.setObjectName("differenceTable")
        self.setProperty(SPOKEN_ROLE, "Grouping")
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
        self._all.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._all.setCheckable(True)
        self._all.toggled.connect(self._toggle_all)
        self._fold = QToolButton()
        self._fold.setObjectName("foldTableButton")
        self._fold.setAccessibleName("Hide the table")
        set_tip(self._fold, "Hide the table: larger pictures, and what differs in a line")
        self._fold.setIconSize(QSize(14, 14))
        self._fold.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        bind_button(self._fold, hide_table)
        top = QHBoxLayout()
        top.setContentsMargins(0, 0, 0, _BELOW_TITLE)
        top.setSpacing(8)
        for part in (title, self._count):
            top.addWidget(part)
        top.addStretch(1)
        top.addWidget(self._all)
        top.addWidget(self._fold)
        bar = QWidget()
        bar.setFixedHeight(_TITLE)
        bar.setLayout(top)
        self._head = LetterRow(theme, _HEAD)
        self._scroll = KeyScrollArea(theme, self._fold)
        self._scroll.setObjectName("differenceRows")
        self._scroll.setAccessibleName("Rows of the table")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(bar)
        column.addWidget(self._head)
        column.addWidget(self._scroll, 1)
        theme.changed.connect(self._theme_changed)
        self._theme_changed()

    def show_view(self, view: CompareView, current: int) -> None:
        """Show the rows of these clips, and which clip is current."""
        self._current = current
        if view != self._view:
            self._view = view
            self._build()
        else:
            self._head.show_current(current)

    def heights_for(self, width: int) -> tuple[int, int]:
        """The heights in pixels that all rows need at that width, and that the first of them need."""
        rows = self._scroll.widget()
        if not isinstance(rows, DifferenceRows):
            return _TITLE, _TITLE
        if width not in self._heights:
            above = _TITLE + (_HEAD if rows.count else 0)
            rows.set_prose_lines(MOST_PROSE_LINES)
            whole = above + rows.height_for(width)
            rows.set_prose_lines(2)
            self._fitted = QSize()
            self._heights[width] = whole, min(above + rows.height_for(width, _READABLE_ROWS), whole)
        return self._heights[width]

    def fit(self, place: QRect, *, can_fold: bool) -> None:
        """Stand at this place, with fewer lines of the prompts if the rows need more height."""
        rows = self._scroll.widget()
        if isinstance(rows, DifferenceRows) and place.size() != self._fitted:
            self._fitted = place.size()
            above = _TITLE + (_HEAD if rows.count else 0)
            for lines in range(MOST_PROSE_LINES, 1, -1):
                rows.set_prose_lines(lines)
                if above + rows.height_for(place.width()) <= place.height():
                    break
        self._fold.setVisible(can_fold)
        self.setGeometry(place)

    def tab_order(self) -> list[QWidget]:
        """The focusable widgets from left to right; the rows follow by themselves."""
        return [self._all, self._fold]

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
        self._heights, self._fitted = {}, QSize()
        rows = DifferenceRows(self._theme, self._view, differences.rows if self._shows_all else differing)
        rows.columns_moved.connect(self._head.place_columns)
        self._scroll.setWidget(rows)
        self._head.setVisible(bool(rows.count))  # no letters without rows
        self._head.show_letters([pane.letter for pane in self._view.panes], self._current)

    def _theme_changed(self) -> None:
        self._heights, self._fitted = {}, QSize()
        self._fold.setIcon(self._theme.icon("caret-down", "muted"))
        self.update()
