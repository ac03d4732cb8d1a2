"""What differs between two clips, in one line."""

from __future__ import annotations

from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QWidget

from sora_desktop.state.compare_view import CompareView
from sora_desktop.ui.theme import Theme
from sora_desktop.ui.widgets.letter_chip import small_font
from sora_desktop.ui.widgets.tool_tip import set_tip

_TITLE = "What differs"


class DifferenceLine(QWidget):
    """Pairs of values with arrows between them, and a button for the table."""

    all_requested = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("differenceLine")
        self._text = _Changes(theme)
        self._all = QPushButton()
        self._all.setObjectName("showTableButton")
        self._all.setProperty("kind", "link")
        self._all.setProperty("fontSize", "small")
        self._all.setAutoDefault(False)
        self._all.clicked.connect(self.all_requested)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(16)
        row.addWidget(self._text, 1)
        row.addWidget(self._all)

    def show_changes(self, view: CompareView, clip: int, other: int) -> None:
        """Show what differs between two of the clips."""
        changes = view.differences.between(clip, other)
        self._text.show_changes(changes)
        spoken = "; ".join(f"{before} becomes {after}" for before, after in changes) or "nothing"
        self.setAccessibleName(f"{_TITLE}: {spoken}")
        self._all.setText(f"Show all {len(view.differences.differing)}")
        self._all.setVisible(bool(view.differences.differing))


class _Changes(QWidget):
    """Paints as many pairs as fit: what was, muted, and what it has become."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._changes: tuple[tuple[str, str], ...] = ()
        self.setFont(small_font(self.font()))
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(16)
        theme.changed.connect(self.update)

    def show_changes(self, changes: tuple[tuple[str, str], ...]) -> None:
        self._changes = changes
        set_tip(self, "\n".join(f"{before} → {after}" for before, after in changes))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setFont(self.font())
        metrics, left = QFontMetrics(self.font()), 0
        pieces: list[tuple[str, str]] = [(_TITLE + "   ", "muted")]
        for number, (before, after) in enumerate(self._changes):
            pieces += [("  ·  ", "faint")] if number else []
            pieces += [(f"{before} → ", "muted"), (after, "text")]
        if not self._changes:
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
