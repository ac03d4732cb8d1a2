"""The tabs over the library, with counts."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QStyle, QStyleOptionTab, QStylePainter, QTabBar

from sora_desktop.domain.library import Counts, Tab
from sora_desktop.state.plain_text import plain_tip
from sora_desktop.ui.theme import Theme

_TITLES = {
    Tab.ALL: "All videos",
    Tab.ACTIVE: "Videos in progress",
    Tab.DONE: "Finished videos",
    Tab.FAILED: "Failed videos",
    Tab.STARRED: "Starred videos",
}
_GAP = 5  # pixels between a name and its count


class FilterTabs(QTabBar):
    """One tab for each `Tab`."""

    tab_chosen = Signal(object)  # Tab

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.setObjectName("filterTabs")
        self.setAccessibleName("Library tabs")
        self.setExpanding(False)
        self.setDrawBase(False)
        self._order = list(Tab)
        self._counts: Counts | None = None
        self._is_tight = False  # there is no room for the counts
        for number, tab in enumerate(self._order):
            self.addTab(tab.label)
            self.setTabToolTip(number, plain_tip(_TITLES[tab]))
            self.setAccessibleTabName(number, _TITLES[tab])
        self.currentChanged.connect(lambda number: self.tab_chosen.emit(self._order[number]))
        theme.changed.connect(self.update)

    def show_counts(self, counts: Counts) -> None:
        """Show the counts beside the names. The star tab shows none."""
        if counts == self._counts:
            return
        self._counts = counts
        for number, tab in enumerate(self._order):
            count = counts.on(tab)
            text = tab.label if tab is Tab.STARRED else f"{tab.label} {count}"
            if self.tabText(number) != text:
                self.setTabText(number, text)
            title = f"{_TITLES[tab]}: {count}"
            if self.accessibleTabName(number) != title:  # Qt lays out all tabs again with each change
                self.setTabToolTip(number, plain_tip(title))
                self.setAccessibleTabName(number, title)

    def tabSizeHint(self, index: int) -> QSize:
        """Where not all tabs fit, the counts go first, then the space around the names: no tab is cut off."""
        size = super().tabSizeHint(index)
        overflow = self._overflow()
        self._is_tight = overflow > 0
        if self._is_tight:
            counts = [self._count_width(number) for number in range(self.count())]
            missing = max(overflow - sum(counts), 0)
            size.setWidth(max(size.width() - counts[index] - -(-missing // self.count()), 1))
        return size

    def _overflow(self) -> int:
        """Pixels that the tabs with their counts lack; negative if there is room."""
        return sum(super(FilterTabs, self).tabSizeHint(number).width() for number in range(self.count())) - self.width()

    def _count_width(self, number: int) -> int:
        _, _, count = self.tabText(number).partition(" ")
        return _GAP + self.fontMetrics().horizontalAdvance(count) if count else 0

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint as the style does, with the counts fainter than the names."""
        painter = QStylePainter(self)
        for number in range(self.count()):
            option = QStyleOptionTab()
            self.initStyleOption(option, number)
            painter.drawControl(QStyle.ControlElement.CE_TabBarTabShape, option)
            self._paint_text(painter, number, self.tabRect(number))

    def _paint_text(self, painter: QStylePainter, number: int, tab: QRect) -> None:
        name, _, count = self.tabText(number).partition(" ")
        if self._is_tight:
            count = ""
        metrics = self.fontMetrics()
        name_width, count_width = metrics.horizontalAdvance(name), metrics.horizontalAdvance(count)
        left = tab.left() + (tab.width() - name_width - (_GAP + count_width if count else 0)) // 2
        flags = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        chosen = number == self.currentIndex()
        hovered = self.underMouse() and tab.contains(self.mapFromGlobal(self.cursor().pos()))  # asks the X server: 1 ms
        painter.setPen(self._theme.color("text" if chosen or hovered else "muted"))
        painter.drawText(QRect(left, tab.top(), name_width + 1, tab.height()), flags, name)
        painter.setPen(self._theme.color("muted" if chosen else "faint"))
        painter.drawText(QRect(left + name_width + _GAP, tab.top(), count_width + 1, tab.height()), flags, count)
