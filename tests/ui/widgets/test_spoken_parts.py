"""What screen readers are told of tab bars and lists, beside what Qt would say."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QItemSelectionModel, QStringListModel
from PySide6.QtGui import QAccessible, QAccessibleEvent, QAccessibleInterface
from PySide6.QtWidgets import QLineEdit, QTabBar, QTreeView, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from sora_desktop.ui.widgets import spoken_parts
from sora_desktop.ui.widgets.announcement import SPOKEN_ROLE

Told = list[tuple[str, int]]


class Parts:
    """A field that has the focus, three tabs, and a list of one column that is made from a tree view."""

    def __init__(self, qtbot: QtBot) -> None:
        self.window = QWidget()
        qtbot.addWidget(self.window)
        self.field, self.bar, self.view = QLineEdit(), QTabBar(), QTreeView()
        for title in ("All 3", "Done 2", "Trash"):
            self.bar.addTab(title)
        self.bar.setAccessibleTabName(0, "All videos: 3")
        self.model = QStringListModel([f"row {number}" for number in range(100)])
        self.view.setModel(self.model)
        self.view.setSelectionMode(QTreeView.SelectionMode.ExtendedSelection)
        self.view.setProperty(SPOKEN_ROLE, "List")
        column = QVBoxLayout(self.window)
        for part in (self.field, self.bar, self.view):
            column.addWidget(part)
        self.field.setFocus()
        with qtbot.waitActive(self.window):
            self.window.show()
            self.window.activateWindow()

    def interface(self, part: QWidget) -> QAccessibleInterface:
        found = spoken_parts._interface_of("", part)
        assert found is not None
        return found


@pytest.fixture
def parts(qtbot: QtBot) -> Iterator[Parts]:
    parts = Parts(qtbot)
    yield parts
    parts.view.setModel(None)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Told:
    """The kind of every event that is told of, and the number of the row that it is about; -1 for the list."""
    told: Told = []

    def note(event: QAccessibleEvent) -> None:
        told.append((event.type().name, event.child()))

    monkeypatch.setattr(QAccessible, "updateAccessibility", staticmethod(note))
    return told


def names(interface: QAccessibleInterface, state: str) -> list[str]:
    """The items in this state."""
    items = [interface.child(number) for number in range(interface.childCount())]
    return [item.text(QAccessible.Text.Name) for item in items if getattr(item.state(), state)]


def test_only_the_item_of_the_part_that_has_the_focus_is_focused(parts: Parts) -> None:
    bar, rows = parts.interface(parts.bar), parts.interface(parts.view)
    parts.view.setCurrentIndex(parts.model.index(1))
    assert (bar.role(), rows.role()) == (QAccessible.Role.PageTabList, QAccessible.Role.List)
    assert names(bar, "selected") == ["All videos: 3"] and names(rows, "selected") == ["row 1"]
    assert names(bar, "focused") == names(rows, "focused") == [] and rows.focusChild() is None
    parts.view.setFocus()
    assert names(bar, "focused") == [] and names(rows, "focused") == ["row 1"]
    parts.bar.setFocus()
    assert names(bar, "focused") == ["All videos: 3"] and names(rows, "focused") == []
    viewport = parts.interface(parts.view.viewport())
    parts.view.setFocus()
    assert not viewport.state().focused, "the list has the focus, no part of it"


def test_rows_keep_who_they_are_and_are_gone_with_their_row(parts: Parts) -> None:
    rows = parts.interface(parts.view)
    second, third = rows.child(1), rows.child(2)
    parts.model.removeRow(1)
    assert not second.isValid() and second.state().invalid and rows.indexOfChild(third) == 1
    assert rows.child(1) is third and third.text(QAccessible.Text.Name) == "row 2" and rows.childCount() == 99
    third.actionInterface().doAction("SetFocus")
    assert parts.view.hasFocus() and parts.view.currentIndex().row() == 1
    last = rows.child(98)
    assert last.state().offscreen and not third.state().offscreen
    assert rows.child(99) is None and rows.childAt(*third.rect().center().toTuple()) is third


def test_a_change_of_the_current_row_is_told_of_once_and_only_with_the_focus(parts: Parts, told: Told) -> None:
    rows = parts.interface(parts.view)
    parts.view.setCurrentIndex(parts.model.index(3))
    assert rows.childCount() == 100 and told == [("SelectionAdd", 3)]
    parts.view.setFocus()
    del told[:]
    parts.view.setCurrentIndex(parts.model.index(4))
    assert sorted(told) == [("Focus", 4), ("SelectionAdd", 4), ("SelectionRemove", 3)]
    del told[:]
    parts.view.selectAll()
    assert told == [("SelectionWithin", -1)], "a hundred rows at once"
    parts.view.selectionModel().select(parts.model.index(7), QItemSelectionModel.SelectionFlag.Deselect)
    assert told[1:] == [("SelectionRemove", 7)]


def test_tabs_are_chosen_and_named(parts: Parts) -> None:
    bar = parts.interface(parts.bar)
    tabs = [bar.child(number) for number in range(3)]
    assert [tab.text(QAccessible.Text.Name) for tab in tabs] == ["All videos: 3", "Done 2", "Trash"]
    tabs[2].actionInterface().doAction("SetFocus")
    assert parts.bar.currentIndex() == 2 and parts.bar.hasFocus() and bar.focusChild() is tabs[2]
    parts.bar.removeTab(0)
    assert not tabs[2].isValid() and bar.childCount() == 2


def test_other_parts_stay_as_qt_describes_them(parts: Parts) -> None:
    plain = QWidget(parts.window)
    assert spoken_parts._interface_of("", plain) is None and spoken_parts._interface_of("", None) is None
    plain.setProperty(SPOKEN_ROLE, "Graphic")
    assert parts.interface(plain).role() == QAccessible.Role.Graphic
