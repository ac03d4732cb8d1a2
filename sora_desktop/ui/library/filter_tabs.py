"""The tabs over the library, with counts."""

from __future__ import annotations

from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QStyle, QStyleOptionTab, QStylePainter, QTabBar

from sora_desktop.domain.library import Counts, Tab
from sora_desktop.ui.theme import Theme

_SAID = {
    Tab.ALL: "All videos",
    Tab.ACTIVE: "Videos under way",
    Tab.DONE: "Finished videos",
    Tab.FAILED: "Failed videos",
    Tab.STARRED: "Starred videos",
}
_GAP = 5  # pixels between a name and its count


class FilterTabs(QTabBar):
    """One tab for each shelf."""

    tab_chosen = Signal(object)  # Shelf

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.setObjectName("filterTabs")
        self.setAccessibleName("Which videos are listed")
        self.setExpanding(False)
        self.setDrawBase(False)
        self._shelves = list(Tab)
        self._counts: Counts | None = None
        for number, tab in enumerate(self._shelves):
            self.addTab(tab.label)
            self.setTabToolTip(number, _SAID[tab])
            self.setAccessibleTabName(number, _SAID[tab])
        self.currentChanged.connect(lambda number: self.tab_chosen.emit(self._shelves[number]))
        theme.changed.connect(self.update)

    def show_counts(self, counts: Counts) -> None:
        """Write the counts beside the names; the star stands alone."""
        if counts == self._counts:
            return
        self._counts = counts
        for number, tab in enumerate(self._shelves):
            count = counts.on(tab)
            text = tab.label if tab is Tab.STARRED else f"{tab.label} {count}"
            if self.tabText(number) != text:
                self.setTabText(number, text)
            said = f"{_SAID[tab]}: {count}"
            if self.accessibleTabName(number) != said:  # Qt lays all tabs out again with each change
                self.setTabToolTip(number, said)
                self.setAccessibleTabName(number, said)

    def paintEvent(self, event: QPaintEvent) -> None:
        """As the style does it, but with the counts fainter than the names."""
        painter = QStylePainter(self)
        for number in range(self.count()):
            option = QStyleOptionTab()
            self.initStyleOption(option, number)
            painter.drawControl(QStyle.ControlElement.CE_TabBarTabShape, option)
            self._paint_words(painter, number, self.tabRect(number))

    def _paint_words(self, painter: QStylePainter, number: int, tab: QRect) -> None:
        name, _, count = self.tabText(number).partition(" ")
        metrics = self.fontMetrics()
        wide, counted = metrics.horizontalAdvance(name), metrics.horizontalAdvance(count)
        left = tab.left() + (tab.width() - wide - (_GAP + counted if count else 0)) // 2
        flags = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        chosen = number == self.currentIndex()
        hovered = self.underMouse() and tab.contains(self.mapFromGlobal(self.cursor().pos()))  # X is asked: 1 ms
        painter.setPen(self._theme.color("text" if chosen or hovered else "muted"))
        painter.drawText(QRect(left, tab.top(), wide + 1, tab.height()), flags, name)
        painter.setPen(self._theme.color("muted" if chosen else "faint"))
        painter.drawText(QRect(left + wide + _GAP, tab.top(), counted + 1, tab.height()), flags, count)
