"""The tabs over the library, with counts."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import QAction, QPainter, QPaintEvent
from PySide6.QtWidgets import QStyle, QStyleOptionTab, QStylePainter, QTabBar

from sora_desktop.domain.library import Counts, Tab
from sora_desktop.ui.theme import Theme

_TITLES = {
    Tab.ALL: "All videos",
    Tab.ACTIVE: "Videos in progress",
    Tab.DONE: "Finished videos",
    Tab.FAILED: "Failed videos",
    Tab.STARRED: "Starred videos",
    Tab.TRASH: "Videos in the Trash",
}
#: Tabs with an icon in place of a name.
_ICONS = {Tab.TRASH: "trash"}
_ICON = 15  # pixels, width and height
_GAP = 5  # pixels between a name and its count
_SPARE = 12  # pixels around a name that go before its count does


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
        self._counts: dict[Tab, int] = {}  # those that are known
        self._choices: list[QAction] = []
        self._is_tight = False  # there is no room for the counts
        self.setIconSize(QSize(_ICON, _ICON))
        for number, tab in enumerate(self._order):
            self.addTab("" if tab in _ICONS else tab.label)
            tool_tip = _TITLES[tab]  # not made plain by tags, which screen readers would read
            self.setTabToolTip(number, tool_tip)
            self.setAccessibleTabName(number, tool_tip)
        self.currentChanged.connect(lambda number: self.tab_chosen.emit(self._order[number]))
        theme.changed.connect(self._set_icons)
        self._set_icons()

    def choose(self, tab: Tab) -> None:
        """Show that tab."""
        self.setCurrentIndex(self._order.index(tab))

    def choices(self) -> list[QAction]:
        """An action for each tab."""
        if not self._choices:
            for tab in self._order:
                choice = QAction(_TITLES[tab], self)
                choice.setCheckable(True)
                choice.triggered.connect(lambda _=False, tab=tab: self.choose(tab))
                self._choices.append(choice)
        for number, choice in enumerate(self._choices):
            choice.setChecked(number == self.currentIndex())
        return self._choices

    def show_counts(self, counts: Counts) -> None:
        """Show the counts beside the names. The tab of starred videos shows none, nor does an empty Trash.

        Counts change with each video. Qt does not know them: it would lay out the whole window again with each.
        """
        before = self._full_widths()
        changed = [number for number, tab in enumerate(self._order) if self._counts.get(tab) != counts.on(tab)]
        for number in changed:
            tab = self._order[number]
            self._counts[tab] = counts.on(tab)
            tool_tip = f"{_TITLES[tab]}: {counts.on(tab)}"
            self.setTabToolTip(number, tool_tip)
            self.setAccessibleTabName(number, tool_tip)
            self.update(self.tabRect(number))
        if changed and self._full_widths() != before:
            self.setTabText(0, self.tabText(0))  # lays out the tabs

    def shown_text(self, number: int) -> str:
        """The name of a tab and its count, as far as they are shown where there is room."""
        name, count = self.tabText(number), self._count_text(number)
        return f"{name} {count}".rstrip()

    def sizeHint(self) -> QSize:
        """With room for all counts, also while there is less."""
        return QSize(sum(self._full_widths()), super().sizeHint().height())

    def tabSizeHint(self, index: int) -> QSize:
        """Where not all tabs fit, some space around the names goes first, then the counts: no tab is cut off."""
        size, widths = super().tabSizeHint(index), self._full_widths()
        width, overflow = widths[index], sum(widths) - self.width()
        self._is_tight = overflow > _SPARE * self.count()
        if self._is_tight:
            counts = [self._count_width(number) for number in range(self.count())]
            width -= counts[index]
            overflow -= sum(counts)
        size.setWidth(max(width - -(-max(overflow, 0) // self.count()), 1))
        return size

    def _full_widths(self) -> list[int]:
        """Of each tab, with the count. Qt leaves a gap for the name that an icon stands for."""
        names = [super(FilterTabs, self).tabSizeHint(number).width() for number in range(self.count())]
        around = names[0] - self.fontMetrics().horizontalAdvance(self.tabText(0))
        for number, tab in enumerate(self._order[: len(names)]):
            names[number] = (around + _ICON if tab in _ICONS else names[number]) + self._count_width(number)
        return names

    def _count_text(self, number: int) -> str:
        """Empty if the tab shows none."""
        tab = self._order[number]
        count = self._counts.get(tab)
        hidden = count is None or tab is Tab.STARRED or (tab is Tab.TRASH and not count)
        return "" if hidden else str(count)

    def _count_width(self, number: int) -> int:
        """With the gap before it. The same for all counts of as many digits, so that tabs seldom move."""
        digits = len(self._count_text(number))
        return _GAP + self.fontMetrics().horizontalAdvance("0" * digits) if digits else 0

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint as the style does, with the counts fainter than the names."""
        painter = QStylePainter(self)
        for number in range(self.count()):
            tab = self.tabRect(number)
            if not event.region().intersects(tab):
                continue
            option = QStyleOptionTab()
            self.initStyleOption(option, number)
            painter.drawControl(QStyle.ControlElement.CE_TabBarTabShape, option)
            self._paint_text(painter, number, tab)

    def _paint_text(self, painter: QPainter, number: int, tab: QRect) -> None:
        name, count = self.tabText(number), "" if self._is_tight else self._count_text(number)
        icon = _ICONS.get(self._order[number])
        metrics = self.fontMetrics()
        name_width = metrics.horizontalAdvance(name) if icon is None else _ICON
        count_width = metrics.horizontalAdvance(count)
        left = tab.left() + (tab.width() - name_width - (_GAP + count_width if count else 0)) // 2
        flags = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        chosen = number == self.currentIndex()
        hovered = self.underMouse() and tab.contains(self.mapFromGlobal(self.cursor().pos()))  # asks the X server: 1 ms
        tone = "text" if chosen or hovered else "muted"
        if icon is None:
            painter.setPen(self._theme.color(tone))
            painter.drawText(QRect(left, tab.top(), name_width + 1, tab.height()), flags, name)
        else:
            place = QRect(left, tab.top() + (tab.height() - _ICON) // 2, _ICON, _ICON)
            self._theme.icon(icon, tone).paint(painter, place)
        painter.setPen(self._theme.color("muted" if chosen else "faint"))
        painter.drawText(QRect(left + name_width + _GAP, tab.top(), count_width + 1, tab.height()), flags, count)

    def _set_icons(self) -> None:
        """For the widths of the tabs; `paintEvent` paints them in the tone of the moment."""
        for number, tab in enumerate(self._order):
            if tab in _ICONS:
                self.setTabIcon(number, self._theme.icon(_ICONS[tab]))
        self.update()
