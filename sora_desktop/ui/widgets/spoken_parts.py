"""What screen readers are told of parts that Qt would describe as something else."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QItemSelection, QModelIndex, QObject, QPersistentModelIndex, QRect, Qt
from PySide6.QtGui import (
    QAccessible,
    QAccessibleActionInterface,
    QAccessibleEvent,
    QAccessibleInterface,
    QWindow,
)
from PySide6.QtWidgets import QAbstractItemView, QAccessibleWidget, QTabBar, QWidget
from shiboken6 import VoidPtr, isValid

from sora_desktop.ui.widgets.announcement import SPOKEN_ROLE

#: Selected rows that are told of at once. A selection of thousands is told of as a whole.
_MOST_TOLD = 50
_VIEWPORT = "qt_scrollarea_viewport"  # Qt's name of what a scroll area shows


def describe_parts(window: QWidget) -> None:
    """From now on describe tab bars, parts with SPOKEN_ROLE, and as items the rows of lists that have it.

    `window`: whose parts Qt may have described already.
    """
    QAccessible.installFactory(_interface_of)
    if QAccessible.isActive():
        for part in window.findChildren(QWidget):
            if isinstance(part, QTabBar) or part.property(SPOKEN_ROLE) is not None:
                QAccessible.deleteAccessibleInterface(QAccessible.uniqueId(QAccessible.queryAccessibleInterface(part)))


def _interface_of(_class: str, part: QObject | None) -> QAccessibleInterface | None:
    if not isinstance(part, QWidget):
        return None
    if isinstance(part, QTabBar):
        return _SpokenTabs(part)
    if part.objectName() == _VIEWPORT:
        return _Viewport(part)
    role = part.property(SPOKEN_ROLE)
    if not isinstance(role, str):
        return None
    if isinstance(part, QAbstractItemView):
        return _SpokenList(part)
    return QAccessibleWidget(part, QAccessible.Role[role])


class _Viewport(QAccessibleWidget):
    """A part of a text field or list, which has the focus itself."""

    def state(self) -> QAccessible.State:
        state = super().state()
        state.focused = False
        return state


class _Item(QAccessibleInterface):
    """A row or a tab. It has the focus if it is the current one of a part that has it."""

    def __init__(self, of: _Items) -> None:
        super().__init__()
        self._of = of
        self._action = _Choose(self)

    @property
    def row(self) -> int:
        """-1 once it is gone."""
        raise NotImplementedError

    def choose(self) -> None:
        if self.isValid():
            self._of.part.setFocus()
            self._of.choose(self.row)

    def isValid(self) -> bool:
        return isValid(self._of.part) and self.row >= 0

    def object(self) -> None:  # type: ignore[override]
        return None

    def parent(self) -> QAccessibleInterface:
        return QAccessible.queryAccessibleInterface(self._of.part)

    def window(self) -> QWindow | None:  # type: ignore[override]
        return self._of.part.window().windowHandle()

    def role(self) -> QAccessible.Role:
        return self._of.item_role

    def text(self, text: QAccessible.Text) -> str:
        return self._of.name_of(self.row) if text is QAccessible.Text.Name else ""

    def setText(self, text: QAccessible.Text, value: str) -> None:
        """It cannot be changed."""

    def state(self) -> QAccessible.State:
        state, part = QAccessible.State(), self._of.part
        if not self.isValid():
            state.invalid = True
            return state
        state.selectable = state.focusable = True
        state.selected = self._of.is_selected(self.row)
        state.focused = part.hasFocus() and self._of.current == self.row
        state.disabled = not part.isEnabled()
        state.invisible = not part.isVisible()
        state.offscreen = not self._of.place_of(self.row).intersects(part.rect())
        return state

    def rect(self) -> QRect:
        place = self._of.place_of(self.row)
        return QRect(self._of.part.mapToGlobal(place.topLeft()), place.size())

    def child(self, index: int) -> None:  # type: ignore[override]
        return None

    def childAt(self, x: int, y: int) -> None:  # type: ignore[override]
        return None

    def childCount(self) -> int:
        return 0

    def indexOfChild(self, child: QAccessibleInterface) -> int:
        return -1

    def interface_cast(self, kind: QAccessible.InterfaceType) -> Any:
        return self._action if kind is QAccessible.InterfaceType.ActionInterface else VoidPtr(0)


class _Choose(QAccessibleActionInterface):
    """Makes an item the current one."""

    def __init__(self, item: _Item) -> None:
        super().__init__()
        self._item = item

    def actionNames(self) -> list[str]:
        return [QAccessibleActionInterface.setFocusAction()]

    def doAction(self, name: str) -> None:
        self._item.choose()

    def keyBindingsForAction(self, name: str) -> list[str]:
        return []


class _Items(QAccessibleWidget):
    """A part with items below each other or side by side."""

    item_role = QAccessible.Role.ListItem

    def __init__(self, part: QWidget, role: QAccessible.Role) -> None:
        super().__init__(part, role)
        self.part = part

    @property
    def current(self) -> int:
        """The number of the current item, or -1."""
        raise NotImplementedError

    def item(self, row: int) -> _Item:
        raise NotImplementedError

    def name_of(self, row: int) -> str:
        raise NotImplementedError

    def place_of(self, row: int) -> QRect:
        """Within the part."""
        raise NotImplementedError

    def is_selected(self, row: int) -> bool:
        return row == self.current

    def choose(self, row: int) -> None:
        raise NotImplementedError

    def child(self, index: int) -> QAccessibleInterface | None:  # type: ignore[override]
        return self.item(index) if 0 <= index < self.childCount() else None

    def indexOfChild(self, child: QAccessibleInterface) -> int:
        return child.row if isinstance(child, _Item) else -1

    def childAt(self, x: int, y: int) -> QAccessibleInterface | None:  # type: ignore[override]
        return next((self.item(row) for row in range(self.childCount()) if self.item(row).rect().contains(x, y)), None)

    def focusChild(self) -> QAccessibleInterface | None:  # type: ignore[override]
        return self.child(self.current) if self.part.hasFocus() else None


class _SpokenTabs(_Items):
    """A tab bar. Qt calls the current tab focused wherever the focus is."""

    item_role = QAccessible.Role.PageTab

    def __init__(self, bar: QTabBar) -> None:
        super().__init__(bar, QAccessible.Role.PageTabList)
        self._bar = bar
        self._tabs: list[_Tab] = []

    @property
    def current(self) -> int:
        return self._bar.currentIndex()

    def childCount(self) -> int:
        return self._bar.count()

    def item(self, row: int) -> _Item:
        self._tabs += (_Tab(self, number) for number in range(len(self._tabs), row + 1))
        return self._tabs[row]

    def name_of(self, row: int) -> str:
        return self._bar.accessibleTabName(row) or self._bar.tabText(row)

    def place_of(self, row: int) -> QRect:
        return self._bar.tabRect(row)

    def choose(self, row: int) -> None:
        self._bar.setCurrentIndex(row)


class _Tab(_Item):
    def __init__(self, of: _SpokenTabs, row: int) -> None:
        super().__init__(of)
        self._row = row

    @property
    def row(self) -> int:
        return self._row if self._row < self._of.childCount() else -1


class _SpokenList(_Items):
    """A list of one column, which Qt calls a tree if it is made from one, with a first row that is not there."""

    def __init__(self, view: QAbstractItemView) -> None:
        super().__init__(view, QAccessible.Role.List)
        self._view = view
        self._rows: dict[int, _Row] = {}
        model = view.model()
        for changed in (model.rowsInserted, model.rowsRemoved, model.rowsMoved, model.modelReset, model.layoutChanged):
            changed.connect(self._rows_changed)
        chosen = view.selectionModel()
        chosen.currentChanged.connect(self._tell_of_current)
        chosen.selectionChanged.connect(self._tell_of_selection)

    @property
    def current(self) -> int:
        return self._view.currentIndex().row()

    def childCount(self) -> int:
        return self._view.model().rowCount()

    def item(self, row: int) -> _Item:
        if row not in self._rows:
            self._rows[row] = _Row(self, QPersistentModelIndex(self._view.model().index(row, 0)))
        return self._rows[row]

    def name_of(self, row: int) -> str:
        index = self._view.model().index(row, 0)
        return str(index.data(Qt.ItemDataRole.AccessibleTextRole) or index.data(Qt.ItemDataRole.DisplayRole) or "")

    def place_of(self, row: int) -> QRect:
        return self._view.visualRect(self._view.model().index(row, 0))

    def is_selected(self, row: int) -> bool:
        return self._view.selectionModel().isSelected(self._view.model().index(row, 0))

    def choose(self, row: int) -> None:
        self._view.setCurrentIndex(self._view.model().index(row, 0))

    def _rows_changed(self) -> None:
        rows = list(self._rows.values())
        self._rows = {row.row: row for row in rows if row.row >= 0}

    def _tell_of_current(self, current: QModelIndex) -> None:
        if current.isValid() and self.part.hasFocus():
            self._tell(QAccessible.Event.Focus, current.row())

    def _tell_of_selection(self, selected: QItemSelection, deselected: QItemSelection) -> None:
        for kind, ranges in (
            (QAccessible.Event.SelectionAdd, selected),
            (QAccessible.Event.SelectionRemove, deselected),
        ):
            rows = [index.row() for index in ranges.indexes()]
            if len(rows) > _MOST_TOLD:
                QAccessible.updateAccessibility(QAccessibleEvent(self.part, QAccessible.Event.SelectionWithin))
            else:
                for row in rows:
                    self._tell(kind, row)

    def _tell(self, kind: QAccessible.Event, row: int) -> None:
        if row < self.childCount():
            event = QAccessibleEvent(self.part, kind)
            event.setChild(row)
            QAccessible.updateAccessibility(event)


class _Row(_Item):
    def __init__(self, of: _SpokenList, index: QPersistentModelIndex) -> None:
        super().__init__(of)
        self._index = index

    @property
    def row(self) -> int:
        return self._index.row() if self._index.isValid() else -1
