"""The window: it folds, its menus work, its keys reach the parts they name."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QDialog,
    QFrame,
    QLabel,
    QLineEdit,
    QMenu,
    QPlainTextEdit,
    QPushButton,
    QTabBar,
    QVBoxLayout,
    QWidget,
)
from pytestqt.qtbot import QtBot

from sora_desktop.ui.compose.compose_panel import ComposePanel
from sora_desktop.ui.theme import Theme
from sora_desktop.ui.window.columns import Fold, fold_for
from sora_desktop.ui.window.main_window import MainWindow


class Desk:
    """The window with stand-ins for player and library that have the parts it reaches for."""

    def __init__(self, qtbot: QtBot, theme: Theme, *, width: int = 1440, height: int = 900) -> None:
        self.compose = ComposePanel(theme)
        self.player, self.jobs = QFrame(), QFrame()
        self.pressed: list[str] = []
        column = QVBoxLayout(self.player)
        for name in ("playButton", "loopButton", "reuseButton", "extendButton", "exportButton"):
            button = QPushButton(name)
            button.setObjectName(name)
            button.clicked.connect(lambda _checked=False, name=name: self.pressed.append(name))
            column.addWidget(button)
        self.search = QLineEdit()
        self.search.setObjectName("searchEdit")
        QVBoxLayout(self.jobs).addWidget(self.search)
        self.window = MainWindow(theme, self.compose, self.player, self.jobs, version="9.9")
        qtbot.addWidget(self.window)
        self.window.resize(width, height)
        with qtbot.waitActive(self.window):
            self.window.show()
            self.window.activateWindow()

    def part(self, name: str) -> QWidget:
        found = self.window.findChild(QWidget, name)
        assert isinstance(found, QWidget), name
        return found

    def action(self, text: str) -> QAction:
        for menu in self.window.findChildren(QMenu):
            menu.aboutToShow.emit()
        return next(action for action in self.window.findChildren(QAction) if action.text().split("\t")[0] == text)

    def key(self, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.ControlModifier) -> None:
        QTest.keyClick(self.window.focusWidget() or self.window, key, modifier)


@pytest.fixture
def desk(qtbot: QtBot, theme: Theme) -> Desk:
    return Desk(qtbot, theme)


@pytest.mark.parametrize(
    ("width", "fold"),
    [
        (1440, Fold.WIDE),
        (1100, Fold.WIDE),
        (1099, Fold.MIDDLE),
        (800, Fold.MIDDLE),
        (799, Fold.NARROW),
        (720, Fold.NARROW),
    ],
)
def test_where_it_folds(width: int, fold: Fold) -> None:
    assert fold_for(width) is fold


def test_three_columns_then_two_then_one_and_back(desk: Desk, qtbot: QtBot) -> None:
    def left(widget: QWidget) -> int:
        return widget.mapTo(desk.window, widget.rect().topLeft()).x()

    assert left(desk.compose) < left(desk.player) < left(desk.jobs)
    assert (desk.compose.width(), desk.jobs.width()) == (343, 404)
    desk.window.resize(1000, 700)
    qtbot.waitUntil(lambda: left(desk.player) == left(desk.jobs) > left(desk.compose))
    assert desk.compose.isVisible()
    desk.window.resize(740, 560)
    tabs = desk.part("narrowTabs")
    assert isinstance(tabs, QTabBar) and tabs.isVisible()
    assert desk.compose.isVisible() and not desk.player.isVisible()
    QTest.mouseClick(tabs, Qt.MouseButton.LeftButton, pos=tabs.tabRect(1).center())
    assert not desk.compose.isVisible() and desk.player.isVisible() and desk.jobs.isVisible()
    desk.window.resize(1440, 900)
    assert desk.compose.isVisible() and not tabs.isVisible()
    qtbot.waitUntil(lambda: left(desk.compose) < left(desk.player) < left(desk.jobs))


def test_it_is_no_larger_than_the_screen(desk: Desk) -> None:
    desk.window.fit_into(QSize(1280, 740))
    assert (desk.window.width(), desk.window.height()) == (1280, 740)
    desk.window.fit_into(QSize(2000, 2000))
    assert (desk.window.width(), desk.window.height()) == (1280, 740)


def test_it_stays_large_enough_to_use(desk: Desk) -> None:
    desk.window.resize(100, 100)
    assert (desk.window.width(), desk.window.height()) == (720, 560)


def test_the_badges_and_the_bottom_line_say_what_they_are_told(desk: Desk) -> None:
    desk.window.set_service("Sandbox · offline demo", "ok")
    desk.window.set_balance("1 240 credits")
    desk.window.set_activity("3 active · 1 queued")
    desk.window.set_totals("Library 128 videos")
    desk.window.set_money("Balance: 1 240 credits\nReserved: 200 credits", "Reserved 200")
    texts = {label.objectName(): label.text() for label in desk.window.findChildren(QLabel)}
    assert texts["serviceBadge"] == "Sandbox · offline demo"
    assert texts["balanceLabel"] == "1 240 credits"
    assert desk.part("serviceBadge").accessibleName() == "Service: Sandbox · offline demo"
    shown = [label.text() for label in desk.part("statusBar").findChildren(QLabel)]
    assert shown == ["3 active · 1 queued", "Reserved 200", "Library 128 videos"]
    assert desk.part("balanceLabel").toolTip().endswith("Reserved: 200 credits")
    desk.window.set_balance("")
    assert not desk.part("balanceLabel").isVisible()


def test_a_notice_stays_until_it_is_dismissed(desk: Desk) -> None:
    bar = desk.part("noticeBar")
    assert not bar.isVisible()
    desk.window.show_notice("The disk is full.", "error")
    assert bar.isVisible()
    desk.part("noticeLabel")
    QTest.mouseClick(desk.part("noticeDismissButton"), Qt.MouseButton.LeftButton)
    assert not bar.isVisible()


@pytest.mark.parametrize(
    ("key", "signal"),
    [
        (Qt.Key.Key_Comma, "settings_asked"),
        (Qt.Key.Key_Q, "close_asked"),
    ],
)
def test_keys_ask(desk: Desk, qtbot: QtBot, key: Qt.Key, signal: str) -> None:
    desk.compose.focus_prompt()
    with qtbot.waitSignal(getattr(desk.window, signal), timeout=1000):
        desk.key(key)


@pytest.mark.parametrize("width", [1440, 740])
def test_control_return_sends_wherever_the_focus_is(qtbot: QtBot, theme: Theme, width: int) -> None:
    desk = Desk(qtbot, theme, width=width)
    asked: list[bool] = []
    desk.compose.submitted.connect(lambda: asked.append(True))
    desk.compose.focus_prompt()
    desk.key(Qt.Key.Key_Return)
    desk.key(Qt.Key.Key_F)
    assert desk.window.focusWidget() is desk.search and desk.search.isVisible()
    desk.key(Qt.Key.Key_Return)
    desk.key(Qt.Key.Key_Enter)
    assert asked == [True] * 3


def test_find_and_back_to_the_prompt(desk: Desk) -> None:
    desk.key(Qt.Key.Key_F)
    QTest.keyClicks(desk.window.focusWidget(), "boat")
    assert desk.search.text() == "boat"
    desk.key(Qt.Key.Key_L)
    assert isinstance(desk.window.focusWidget(), QPlainTextEdit)


def test_the_menus_press_what_the_player_shows(desk: Desk) -> None:
    desk.action("Play or pause").trigger()
    desk.action("Reuse this request").trigger()
    assert desk.pressed == ["playButton", "reuseButton"]
    button = desk.player.findChild(QAbstractButton, "extendButton")
    assert button is not None
    button.setEnabled(False)
    assert not desk.action("Extend from the last frame").isEnabled()


def test_export_presses_the_player_s_button_or_says_what_is_missing(desk: Desk) -> None:
    desk.compose.focus_prompt()
    desk.key(Qt.Key.Key_E)
    assert desk.pressed == ["exportButton"]
    desk.part("exportButton").setEnabled(False)
    desk.key(Qt.Key.Key_E)
    assert desk.pressed == ["exportButton"]
    notice = desk.part("noticeLabel")
    assert isinstance(notice, QLabel) and notice.isVisible() and "finished video" in notice.text()


def test_the_look_is_asked_for_and_shown(desk: Desk, theme: Theme) -> None:
    asked: list[str] = []
    desk.window.theme_asked.connect(asked.append)
    desk.window.theme_asked.connect(theme.choose)
    desk.action("Light").trigger()
    assert asked == ["light"]
    assert desk.action("Light").isChecked()
    assert not desk.action("Dark").isChecked()


def test_help_opens_and_does_not_hold_up(desk: Desk) -> None:
    desk.key(Qt.Key.Key_F1, Qt.KeyboardModifier.NoModifier)
    sheet = desk.window.findChild(QDialog, "keysDialog")
    assert sheet is not None and sheet.isVisible()
    sheet.close()
    desk.action("About Sora Desktop").trigger()
    about = desk.window.findChild(QDialog, "aboutDialog")
    assert about is not None and about.isVisible()
    about.close()


def test_place_and_columns_come_back(desk: Desk, qtbot: QtBot, theme: Theme) -> None:
    desk.window.resize(1500, 850)
    text = desk.window.save_geometry()
    other = Desk(qtbot, theme)
    other.window.restore_geometry(text)
    other.window.resize(1500, 850)  # the screen of this test is too small for it
    qtbot.waitUntil(lambda: other.compose.width() == desk.compose.width())
    for nonsense in ("", "x", "e30=", "bnVsbA=="):
        other.window.restore_geometry(nonsense)


def test_closing_is_told(desk: Desk, qtbot: QtBot) -> None:
    with qtbot.waitSignal(desk.window.close_asked, timeout=1000):
        desk.window.close()


def test_a_picture_of_the_window_changes_with_the_look(desk: Desk, theme: Theme) -> None:
    dark = desk.window.grab().toImage().pixelColor(5, 60).name()
    theme.choose("light")
    assert dark == "#161920"
    assert desk.window.grab().toImage().pixelColor(5, 60).name() == "#ffffff"
