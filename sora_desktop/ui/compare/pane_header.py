"""What stands above a compared clip: its letter, its headline and its marks."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import QAction, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from sora_desktop.state.compare_view import PaneView
from sora_desktop.state.marks import Mark
from sora_desktop.ui.theme import Theme
from sora_desktop.ui.widgets.announcement import SPOKEN_ROLE
from sora_desktop.ui.widgets.letter_chip import LetterChip
from sora_desktop.ui.widgets.mark_buttons import MarkButtons
from sora_desktop.ui.widgets.tool_tip import set_tip

_GAP = 8  # pixels


class PaneHeader(QWidget):
    """One line. `mirrored`: from right to left, for the clip at the right of a wipe."""

    mark_requested = Signal(Mark)

    def __init__(self, theme: Theme, mark_actions: Mapping[Mark, QAction], *, mirrored: bool = False) -> None:
        super().__init__()
        self.setObjectName("paneHeader")
        self.setProperty(SPOKEN_ROLE, "Grouping")
        self._chip = LetterChip(theme)
        self._headline = _Headline(theme, mirrored=mirrored)
        self._marks = MarkButtons(theme, mark_actions)
        self._marks.mark_requested.connect(self.mark_requested)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        parts: list[tuple[QWidget, int]] = [(self._chip, 0), (self._headline, 1), (self._marks, 0)]
        for part, stretch in reversed(parts) if mirrored else parts:
            row.addWidget(part, stretch)
        self._row, self._filler = row, 0 if mirrored else len(parts)
        row.insertStretch(self._filler, 0)

    def show_pane(self, pane: PaneView, *, current: bool) -> None:
        """Show this clip."""
        self._chip.show_letter(pane.letter, current=current)
        self._headline.show_texts(pane.headline, pane.short_headline, pane.length)
        self._marks.show_job(pane.job)
        self.setAccessibleName(pane.name)
        for button in self._marks.buttons():
            button.setAccessibleDescription(f"Clip {pane.letter}")

    def set_compact(self, compact: bool) -> None:
        """The marks beside the headline, not at the far end."""
        self._row.setStretchFactor(self._headline, 0 if compact else 1)
        self._row.setStretch(self._filler, 1 if compact else 0)

    def mark_buttons(self) -> tuple[QWidget, ...]:
        """The buttons from left to right, for the tab order."""
        return self._marks.buttons()


class _Headline(QWidget):
    """Paints a headline, or the short one where there is no room for it, and beside it a length if that has room."""

    def __init__(self, theme: Theme, *, mirrored: bool) -> None:
        super().__init__()
        self._theme = theme
        self._mirrored = mirrored
        self._texts = ("", "")
        self._short = ""
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        theme.changed.connect(self.update)

    def show_texts(self, headline: str, short: str, length: str) -> None:
        self._texts, self._short = (headline, length), short
        set_tip(self, headline)
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        medium = QFontMetrics(self._theme.weighted(self.font(), "medium"))
        width = medium.horizontalAdvance(self._texts[0]) + _GAP + self.fontMetrics().horizontalAdvance(self._texts[1])
        return QSize(width + 2, self.fontMetrics().height())

    def minimumSizeHint(self) -> QSize:
        return QSize(24, self.fontMetrics().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        side = Qt.AlignmentFlag.AlignRight if self._mirrored else Qt.AlignmentFlag.AlignLeft
        medium = self._theme.weighted(self.font(), "medium")
        left, right = 0, self.width()
        fits = QFontMetrics(medium).horizontalAdvance(self._texts[0]) <= right
        for text, tone, font in (
            (self._texts[0] if fits else self._short, "text", medium),
            (self._texts[1], "muted", self.font()),
        ):
            painter.setFont(font)
            painter.setPen(self._theme.color(tone))
            shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, right - left)
            if shown != text and text != self._texts[0]:
                return  # half a length or a number of changes says nothing, unlike half a name
            place = QRect(left, 0, right - left, self.height())
            painter.drawText(place, int(side | Qt.AlignmentFlag.AlignVCenter), shown)
            used = painter.fontMetrics().horizontalAdvance(shown) + _GAP
            left, right = (left, right - used) if self._mirrored else (left + used, right)
