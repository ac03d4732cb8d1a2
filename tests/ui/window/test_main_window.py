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

from sora_desktop.api.sora.profile import CAPABILITIES
from sora_desktop.ui.compose.compose_panel import ComposePanel
from sora_desktop.ui.theme import Theme
from sora_desktop.ui.window.columns import Fold, fold_for
from sora_desktop.ui.window.main_window import MainWindow


class ShownWindow:
    """The window with stand-ins for player and library that have the parts it reaches for."""

    def __init__(self, qtbot: QtBot, theme: Theme, *, width: int = 1440, height: int = 900) -> None:
        self.compose = ComposePanel(theme, CAPABILITIES)
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
def shown(qtbot: QtBot, theme: Theme) -> ShownWindow:
    return ShownWindow(qtbot, theme)


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


def test_three_columns_then_two_then_one_and_back(shown: ShownWindow, qtbot: QtBot) -> None:
    def left(widget: QWidget) -> int:
        return widget.mapTo(shown.window, widget.rect().topLeft()).x()

    assert left(shown.compose) < left(shown.player) < left(shown.jobs)
    assert (shown.compose.width(), shown.jobs.width()) == (343, 404)
    shown.window.resize(1000, 700)
    qtbot.waitUntil(lambda: left(shown.player) == left(shown.jobs) > left(shown.compose))
    assert shown.compose.isVisible()
    shown.window.resize(740, 560)
    tabs = shown.part("narrowTabs")
    assert isinstance(tabs, QTabBar) and tabs.isVisible()
    assert shown.compose.isVisible() and not shown.player.isVisible()
    QTest.mouseClick(tabs, Qt.MouseButton.LeftButton, pos=tabs.tabRect(1).center())
    assert not shown.compose.isVisible() and shown.player.isVisible() and shown.jobs.isVisible()
    shown.window.resize(1440, 900)
    assert shown.compose.isVisible() and not tabs.isVisible()
    qtbot.waitUntil(lambda: left(shown.compose) < left(shown.player) < left(shown.jobs))


def test_it_is_no_larger_than_the_screen(shown: ShownWindow) -> None:
    shown.window.fit_into(QSize(1280, 740))
    assert (shown.window.width(), shown.window.height()) == (1280, 740)
    shown.window.fit_into(QSize(2000, 2000))
    assert (shown.window.width(), shown.window.height()) == (1280, 740)


def test_it_stays_large_enough_to_use(shown: ShownWindow) -> None:
    shown.window.resize(100, 100)
    assert (shown.window.width(), shown.window.height()) == (720, 560)


def test_the_badges_and_the_bottom_line_say_what_they_are_told(shown: ShownWindow) -> None:
    shown.window.set_service("Sandbox · offline demo", "ok")
    shown.window.set_balance("1 240 credits")
    shown.window.set_activity("3 active · 1 queued")
    shown.window.set_totals("Library 128 videos")
    shown.window.set_money("Balance: 1 240 credits\nReserved: 200 credits", "Reserved 200")
    texts = {label.objectName(): label.text() for label in shown.window.findChildren(QLabel)}
    assert texts["serviceBadge"] == "Sandbox · offline demo"
    assert texts["balanceLabel"] == "1 240 credits"
    assert shown.part("serviceBadge").accessibleName() == "Service: Sandbox · offline demo"
    facts = [label.text() for label in shown.part("statusBar").findChildren(QLabel)]
    assert facts == ["3 active · 1 queued", "Reserved 200", "Library 128 videos"]
    assert shown.part("balanceLabel").toolTip().endswith("Reserved: 200 credits")
    shown.window.set_balance("")
    assert not shown.part("balanceLabel").isVisible()


def test_a_notice_stays_until_it_is_dismissed(shown: ShownWindow) -> None:
    bar = shown.part("noticeBar")
    assert not bar.isVisible()
    shown.window.show_notice("The disk is full.", "error")
    assert bar.isVisible()
    shown.part("noticeLabel")
    QTest.mouseClick(shown.part("noticeDismissButton"), Qt.MouseButton.LeftButton)
    assert not bar.isVisible()


@pytest.mark.parametrize(
    ("key", "signal"),
    [
        (Qt.Key.Key_Comma, "settings_requested"),
        (Qt.Key.Key_Q, "close_requested"),
    ],
)
def test_keys_ask(shown: ShownWindow, qtbot: QtBot, key: Qt.Key, signal: str) -> None:
    shown.compose.focus_prompt()
    with qtbot.waitSignal(getattr(shown.window, signal), timeout=1000):
        shown.key(key)


@pytest.mark.parametrize("width", [1440, 740])
def test_control_return_sends_wherever_the_focus_is(qtbot: QtBot, theme: Theme, width: int) -> None:
    shown = ShownWindow(qtbot, theme, width=width)
    asked: list[bool] = []
    shown.compose.submit_requested.connect(lambda: asked.append(True))
    shown.compose.focus_prompt()
    shown.key(Qt.Key.Key_Return)
    shown.key(Qt.Key.Key_F)
    assert shown.window.focusWidget() is shown.search and shown.search.isVisible()
    shown.key(Qt.Key.Key_Return)
    shown.key(Qt.Key.Key_Enter)
    assert asked == [True] * 3


def test_find_and_back_to_the_prompt(shown: ShownWindow) -> None:
    shown.key(Qt.Key.Key_F)
    QTest.keyClicks(shown.window.focusWidget(), "boat")
    assert shown.search.text() == "boat"
    shown.key(Qt.Key.Key_L)
    assert isinstance(shown.window.focusWidget(), QPlainTextEdit)


def test_the_menus_press_what_the_player_shows(shown: ShownWindow) -> None:
    shown.action("Play or pause").trigger()
    shown.action("Reuse this request").trigger()
    assert shown.pressed == ["playButton", "reuseButton"]
    button = shown.player.findChild(QAbstractButton, "extendButton")
    assert button is not None
    button.setEnabled(False)
    assert not shown.action("Extend from the last frame").isEnabled()


def test_export_presses_the_player_s_button_or_says_what_is_missing(shown: ShownWindow) -> None:
    shown.compose.focus_prompt()
    shown.key(Qt.Key.Key_E)
    assert shown.pressed == ["exportButton"]
    shown.part("exportButton").setEnabled(False)
    shown.key(Qt.Key.Key_E)
    assert shown.pressed == ["exportButton"]
    notice = shown.part("noticeLabel")
    assert isinstance(notice, QLabel) and notice.isVisible() and "finished video" in notice.text()


def test_the_look_is_asked_for_and_shown(shown: ShownWindow, theme: Theme) -> None:
    asked: list[str] = []
    shown.window.theme_requested.connect(asked.append)
    shown.window.theme_requested.connect(theme.choose)
    shown.action("Light").trigger()
    assert asked == ["light"]
    assert shown.action("Light").isChecked()
    assert not shown.action("Dark").isChecked()


def test_help_opens_and_does_not_hold_up(shown: ShownWindow) -> None:
    shown.key(Qt.Key.Key_F1, Qt.KeyboardModifier.NoModifier)
    sheet = shown.window.findChild(QDialog, "keysDialog")
    assert sheet is not None and sheet.isVisible()
    sheet.close()
    shown.action("About Sora Desktop").trigger()
    about = shown.window.findChild(QDialog, "aboutDialog")
    assert about is not None and about.isVisible()
    about.close()


def test_place_and_columns_come_back(shown: ShownWindow, qtbot: QtBot, theme: Theme) -> None:
    shown.window.resize(1500, 850)
    text = shown.window.save_geometry()
    other = ShownWindow(qtbot, theme)
    other.window.restore_geometry(text)
    other.window.resize(1500, 850)  # the screen of this test is too small for it
    qtbot.waitUntil(lambda: other.compose.width() == shown.compose.width())
    for nonsense in ("", "x", "e30=", "bnVsbA=="):
        other.window.restore_geometry(nonsense)


def test_closing_is_told(shown: ShownWindow, qtbot: QtBot) -> None:
    with qtbot.waitSignal(shown.window.close_requested, timeout=1000):
        shown.window.close()


def test_a_picture_of_the_window_changes_with_the_look(shown: ShownWindow, theme: Theme) -> None:
    dark = shown.window.grab().toImage().pixelColor(5, 60).name()
    theme.choose("light")
    assert dark == "#161920"
    assert shown.window.grab().toImage().pixelColor(5, 60).name() == "#ffffff"
