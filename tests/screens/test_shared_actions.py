"""Buttons, menus and context menus are the actions that the palette and the list of shortcuts show."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QContextMenuEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QMenu, QTabBar, QToolButton, QWidget
from screens.sample_jobs import Clips
from screens.sample_window import SampleWindow
from screens.take import ScreenshotTaker

from sora_desktop.ui.actions.action_list import id_of
from sora_desktop.ui.app_theme import AppTheme

#: Buttons without an action, by the beginning of their names, and why.
WITHOUT_ACTION = {
    "modelChoice:": "a value of the form",
    "aspectRatioChoice": "a value of the form",
    "durationChoice": "a value of the form",
    "qualityChoice": "a value of the form",
    "serviceChoice": "opens a list, as the action does",
    "markFilter": "opens a menu with the options of its action",
    "volumeButton": "opens a slider",
    "showAllRowsButton": "unfolds a table",
    "queueButton": "does what helps against the present block",
    "notice": "about one message of several",
    "toast": "about one message of several",
    "messageLink": "does what the link of the row does",
}


@pytest.fixture
def taker(theme: AppTheme, tmp_path: Path) -> ScreenshotTaker:
    return ScreenshotTaker(theme, tmp_path, Clips.NONE)


def own_actions(sample: SampleWindow) -> list[QAction]:
    """The actions of the list, and their options."""
    listed = sample.window.actions_listed
    return [*listed, *(option for action in listed for option in listed.extra(id_of(action)).options())]


def buttons_without_action(sample: SampleWindow) -> list[str]:
    """Names of the buttons in sight that trigger no action of the list, though nothing says why.

    Those that open a menu are left out: `foreign_items` looks at what is in it.
    """
    actions = own_actions(sample)
    own: list[object] = [*actions, *map(id_of, actions)]  # a panel triggers the action of some buttons
    return [
        f"{button.objectName()} “{button.text()}”"
        for button in sample.window.findChildren(QAbstractButton)
        if button.isVisible()
        and button.property("action") not in own
        and not (isinstance(button, QToolButton) and button.menu())
        and not button.objectName().startswith(tuple(WITHOUT_ACTION))
        and not isinstance(button.parent(), QTabBar)
    ]


def items_of(menu: QMenu) -> Iterator[QAction]:
    for item in menu.actions():
        submenu = item.menu()
        if isinstance(submenu, QMenu):
            yield from items_of(submenu)
        elif not item.isSeparator():
            yield item


def foreign_items(sample: SampleWindow) -> list[str]:
    """Texts of the items of menus that are neither an action of the list nor an option of one."""
    own = own_actions(sample)
    return [
        f"{menu.objectName() or menu.title()}: {item.text()}"
        for menu in sample.window.findChildren(QMenu)
        for item in items_of(menu)
        if item not in own
    ]


def open_menu(part: QWidget) -> None:
    middle = part.rect().center()
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, middle, part.mapToGlobal(middle))
    QApplication.sendEvent(part, event)


@pytest.mark.parametrize(
    ("state", "context"),
    [
        ("failed", "jobList"),
        ("compare-difference", "compareStage"),
        ("compare-order", "jobList"),
        ("compare-review-four", "compareStage"),
    ],
)
async def test_buttons_and_menus_are_the_actions_of_the_palette(
    taker: ScreenshotTaker, state: str, context: str
) -> None:
    async with taker.opened(state, (1440, 900)) as sample:
        part = sample.window.findChild(QWidget, context)
        assert isinstance(part, QWidget)
        if part is sample.list:
            sample.select("sailboat")
            QTest.keyClick(part, Qt.Key.Key_F10, Qt.KeyboardModifier.ShiftModifier)
        else:
            open_menu(part)
        menu = QApplication.activePopupWidget()
        assert isinstance(menu, QMenu) and len(list(items_of(menu))) > 5
        foreign, without = foreign_items(sample), buttons_without_action(sample)
        menu.close()
        await sample.wait_until(lambda: QApplication.activePopupWidget() is None)
    assert foreign == []
    assert without == []
