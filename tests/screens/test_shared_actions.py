"""Buttons, menus and context menus are the actions that the palette and the list of shortcuts show."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QContextMenuEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QMenu, QTabBar, QWidget
from screens.sample_jobs import Clips
from screens.sample_window import SampleWindow
from screens.take import ScreenshotTaker

from sora_desktop.ui.actions.action_list import id_of
from sora_desktop.ui.theme import Theme

#: Buttons without an action, by the beginning of their names, and why.
WITHOUT_ACTION = {
    "modelChoice:": "a value of the form",
    "aspectRatioChoice": "a value of the form",
    "durationChoice": "a value of the form",
    "qualityChoice": "a value of the form",
    "serviceChoice": "opens a list, as the action does",
    "speedButton": "opens a menu with the options of its action",
    "gainButton": "opens a menu with the options of its action",
    "markFilter": "opens a menu with the options of its action",
    "serviceFilter": "opens a menu with the options of its action",
    "frameLockButton": "opens a menu of actions",
    "volumeButton": "opens a slider",
    "reviewPickMore": "opens a menu with the options of its action",
    "against:": "a chip for an option of an action",
    "reviewAtOnce:": "an option of an action",
    "showAllRowsButton": "unfolds a table",
    "queueButton": "does what helps against the present block",
    "notice": "about one message of several",
    "toast": "about one message of several",
    "expandComposeButton": "unfolds a column",
    "composeButton": "unfolds a column",
}


@pytest.fixture
def taker(theme: Theme, tmp_path: Path) -> ScreenshotTaker:
    return ScreenshotTaker(theme, tmp_path, Clips.NONE)


def buttons_without_action(sample: SampleWindow) -> list[str]:
    """Names of the buttons in sight that trigger no action of the list, though nothing says why."""
    ids = {id_of(action) for action in sample.window.actions_listed}
    return [
        f"{button.objectName()} “{button.text()}”"
        for button in sample.window.findChildren(QAbstractButton)
        if button.isVisible()
        and button.property("action") not in ids
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
    listed = sample.window.actions_listed
    own = [*listed]
    for action in listed:
        own += listed.extra(id_of(action)).options()
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
