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
        self._counts: Counts | None = None
        self._choices: list[QAction] = []
        self._is_tight = False  # there is no room for the counts
        self.setIconSize(QSize(_ICON, _ICON))
        for number, tab in enumerate(self._order):
            self.addTab(_text_of(tab, None))
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
        """Show the counts beside the names. The tab of starred videos shows none, nor does an empty Trash."""
        if counts == self._counts:
            return
        self._counts = counts
        for number, tab in enumerate(self._order):
            count = counts.on(tab)
            text = _text_of(tab, count)
            if self.tabText(number) != text:
                self.setTabText(number, text)
            tool_tip = f"{_TITLES[tab]}: {count}"
            if self.accessibleTabName(number) != tool_tip:  # Qt lays out all tabs again with each change
                self.setTabToolTip(number, tool_tip)
                self.setAccessibleTabName(number, tool_tip)

    def sizeHint(self) -> QSize:
        """With room for all counts, also while there is less."""
        return QSize(sum(map(self._full_width, range(self.count()))), super().sizeHint().height())

    def tabSizeHint(self, index: int) -> QSize:
        """Where not all tabs fit, some space around the names goes first, then the counts: no tab is cut off."""
        size = super().tabSizeHint(index)
        width, overflow = self._full_width(index), self._overflow()
        self._is_tight = overflow > _SPARE * self.count()
        if self._is_tight:
            counts = [self._count_width(number) for number in range(self.count())]
            width -= counts[index]
            overflow -= sum(counts)
        size.setWidth(max(width - -(-max(overflow, 0) // self.count()), 1))
        return size

    def _overflow(self) -> int:
        """Pixels that the tabs with their counts lack; negative if there is room."""
        return sum(map(self._full_width, range(self.count()))) - self.width()

    def _full_width(self, index: int) -> int:
        """Pixels with the count. Qt leaves a gap for the name that an icon stands for."""
        width = super().tabSizeHint(index).width()
        if self._order[index] in _ICONS:
            text = self.fontMetrics().horizontalAdvance
            width = super().tabSizeHint(0).width() - text(self.tabText(0)) + _ICON + text(self.tabText(index))
        return width

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

    def _paint_text(self, painter: QPainter, number: int, tab: QRect) -> None:
        name, _, count = self.tabText(number).partition(" ")
        if self._is_tight:
            count = ""
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


def _text_of(tab: Tab, count: int | None) -> str:
    """A name, a space and the count. `count`: None if it is not known yet."""
    name = "" if tab in _ICONS else tab.label
    hidden = count is None or tab is Tab.STARRED or (tab is Tab.TRASH and not count)
    return name if hidden else f"{name} {count}"
