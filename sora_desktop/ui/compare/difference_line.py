"""What differs between two clips, in one line."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QAction, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QWidget

from sora_desktop.state.compare_view import CompareView
from sora_desktop.ui.theme import Theme
from sora_desktop.ui.widgets.action_button import bind_button
from sora_desktop.ui.widgets.letter_chip import small_font
from sora_desktop.ui.widgets.tool_tip import set_tip

_TITLE = "What differs"


class DifferenceLine(QWidget):
    """Pairs of values with arrows between them, and a button for the table."""

    def __init__(self, theme: Theme, show_table: QAction) -> None:
        super().__init__()
        self.setObjectName("differenceLine")
        self._text = _Changes(theme)
        self._all = QPushButton()
        self._all.setObjectName("showTableButton")
        self._all.setProperty("kind", "link")
        self._all.setProperty("fontSize", "small")
        self._all.setAutoDefault(False)
        self._all.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        bind_button(self._all, show_table)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(16)
        row.addWidget(self._text, 1)
        row.addWidget(self._all)

    def show_changes(self, view: CompareView, clip: int, other: int) -> None:
        """Show what differs between two of the clips."""
        changes = view.differences.between(clip, other)
        tip = "\n".join(f"{before} → {after}" for before, after in changes)
        spoken = "; ".join(f"{before} becomes {after}" for before, after in changes)
        pieces = [((f"{before} → ", "muted"), (after, "text")) for before, after in changes]
        self._show(pieces, tip, spoken, len(view.differences.differing))

    def show_names(self, view: CompareView) -> None:
        """Show in what more than two clips differ."""
        names = [row.name for row in view.differences.differing]
        self._show([((name, "text"),) for name in names], "", ", ".join(names), len(names))

    def tab_order(self) -> list[QWidget]:
        """The focusable widgets from left to right."""
        return [self._all]

    def _show(self, pieces: Sequence[Sequence[tuple[str, str]]], tip: str, spoken: str, rows: int) -> None:
        self._text.show_pieces(pieces, tip)
        self.setAccessibleName(f"{_TITLE}: {spoken or 'nothing'}")
        self._all.setText("Show table" if rows == 1 else f"Show all {rows}")
        self._all.setVisible(rows > 0)


class _Changes(QWidget):
    """Paints as many differences as fit: of each its texts and their tones."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._pieces: Sequence[Sequence[tuple[str, str]]] = ()
        self.setFont(small_font(self.font()))
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(16)
        theme.changed.connect(self.update)

    def show_pieces(self, pieces: Sequence[Sequence[tuple[str, str]]], tip: str) -> None:
        self._pieces = pieces
        set_tip(self, tip)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setFont(self.font())
        metrics, left = QFontMetrics(self.font()), 0
        pieces: list[tuple[str, str]] = [(_TITLE + "   ", "muted")]
        for number, difference in enumerate(self._pieces):
            pieces += [("  ·  ", "faint")] if number else []
            pieces += difference
        if not self._pieces:
            pieces.append(("nothing", "muted"))
        for text, tone in pieces:
            room = self.width() - left
            if room <= 12:
                return
            shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, room)
            painter.setPen(self._theme.color(tone))
            place = QRect(left, 0, room, self.height())
            painter.drawText(place, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), shown)
            if shown != text:
                return
            left += metrics.horizontalAdvance(text)
