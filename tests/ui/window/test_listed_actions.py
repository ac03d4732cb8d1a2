"""Every action of the window: in a menu or on a button, in the palette, and harmless when nothing is open."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest
from builders import a_clip, a_job
from in_memory_library import InMemoryLibrary
from painted_frames import PaintedFrames
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QDialog, QLineEdit, QMenu, QMenuBar, QWidget
from pytestqt.qtbot import QtBot

from sora_desktop.api.sora.capabilities import CAPABILITIES
from sora_desktop.domain.job import Job, Ready
from sora_desktop.domain.money import Price, PriceTable
from sora_desktop.state.actions import Action
from sora_desktop.state.clip_text import facts_shown
from sora_desktop.state.job_list import JobList
from sora_desktop.ui.actions.action_list import id_of
from sora_desktop.ui.actions.action_table import ACTION_TABLE, ActionGroup, row_id
from sora_desktop.ui.actions.palette_rows import all_rows
from sora_desktop.ui.compose.compose_panel import ComposePanel
from sora_desktop.ui.library.library_panel import LibraryPanel
from sora_desktop.ui.player.player_panel import PlayerPanel
from sora_desktop.ui.theme import Theme
from sora_desktop.ui.window.main_window import MainWindow

NONE, CTRL = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ControlModifier
#: Actions that are in no menu themselves, and the button, or the menu with their options, that does the same.
ELSEWHERE = {"player.speed": "speedButton", "window.theme": "themeMenu"}
READY = a_job(Ready(a_clip()), 1)


class Shown:
    """The window with one finished video in its list, and nothing behind it."""

    def __init__(self, theme: Theme) -> None:
        self.compose = ComposePanel(theme, CAPABILITIES)
        self.player = PlayerPanel(theme, lambda job: facts_shown(job, CAPABILITIES), PaintedFrames())
        self.jobs = JobList(InMemoryLibrary([READY]), CAPABILITIES)
        self.library = LibraryPanel(theme, self.jobs, lambda _: None)
        self.window = MainWindow(theme, self.compose, self.player, self.library)
        self.listed = self.window.actions_listed
        self.asked: list[tuple[object, object]] = []
        self.library.action_requested.connect(lambda *request: self.asked.append(request))

    def key(self, key: Qt.Key, modifier: Qt.KeyboardModifier = NONE) -> None:
        QTest.keyClick(self.window.focusWidget() or self.window, key, modifier)

    def part(self, name: str) -> QWidget:
        found = self.window.findChild(QWidget, name)
        assert isinstance(found, QWidget), name
        return found


@pytest.fixture
def shown(qtbot: QtBot, theme: Theme) -> Iterator[Shown]:
    shown = Shown(theme)
    qtbot.addWidget(shown.window)
    shown.window.resize(1440, 900)
    with qtbot.waitActive(shown.window):
        shown.window.show()
        shown.window.activateWindow()
    yield shown
    shown.player.close_clip()


def in_menus(menu: QMenu | QMenuBar) -> Iterator[QAction]:
    for action in menu.actions():
        yield action
        submenu = action.menu()
        if isinstance(submenu, QMenu):
            yield from in_menus(submenu)


def test_every_action_of_the_table_is_listed_and_can_be_reached_with_the_mouse(shown: Shown) -> None:
    assert {id_of(action) for action in shown.listed} == {spec.id for spec in ACTION_TABLE}
    bar = shown.window.findChild(QMenuBar)
    assert isinstance(bar, QMenuBar)
    reached = {id_of(action) for action in in_menus(bar)} | set(ELSEWHERE)
    of_rows = {row_id(action) for action in Action}
    missing = [spec.id for spec in ACTION_TABLE if spec.id not in reached | of_rows]
    assert missing == []
    assert isinstance(shown.part("speedButton"), QAbstractButton)
    assert [action.text() for action in in_menus(bar)].count("Dark") == 1


def test_the_keys_of_a_new_window_are_the_default(shown: Shown) -> None:
    assert shown.listed.chosen_keys == {}, "the system has more keys for Undo than the table: they are not the user's"
    assert QKeySequence("Ctrl+Z") in shown.listed["edit.undo"].shortcuts()


def test_every_action_is_in_the_palette_once_with_text_and_icon(shown: Shown, theme: Theme) -> None:
    rows = all_rows(shown.listed)
    assert sorted(id_of(row.action) for row in rows) == sorted(
        spec.id for spec in ACTION_TABLE if spec.id != "window.palette"
    )
    for row in rows:
        assert row.text and row.group and not theme.icon(row.icon).isNull(), row
        assert row.enabled or row.detail, f"{row.text}: nothing says why it cannot be done"


def test_every_action_that_is_enabled_can_be_triggered(shown: Shown, clip_job: Job) -> None:
    shown.player.open_clip(clip_job, None)
    for action in shown.listed:
        if action.isEnabled() and id_of(action) != "player.full_screen":
            action.trigger()
    for dialog in shown.window.findChildren(QDialog):
        dialog.close()


def test_keys_follow_the_user_and_letters_never_act_in_a_text_field(shown: Shown) -> None:
    triggered: list[str] = []
    for id in ("library.find", "window.settings"):
        shown.listed[id].triggered.connect(lambda _, id=id: triggered.append(id))
    shown.listed.choose_keys("library.find", [QKeySequence("G")])
    shown.listed.choose_keys("window.settings", [QKeySequence("Ctrl+J")])
    shown.compose.focus_prompt()
    shown.key(Qt.Key.Key_G)
    assert triggered == []
    shown.key(Qt.Key.Key_J, CTRL)
    shown.part("generateButton").setFocus()
    shown.key(Qt.Key.Key_G)
    assert triggered == ["window.settings", "library.find"]
    shown.key(Qt.Key.Key_F, CTRL)
    shown.key(Qt.Key.Key_Comma, CTRL)
    assert triggered == ["window.settings", "library.find"], "the default keys are free"


def test_keys_of_rows_act_on_the_selected_rows_and_follow_the_user(shown: Shown) -> None:
    shown.library.focus_list()
    shown.key(Qt.Key.Key_S)
    shown.listed.choose_keys("clip.star", [QKeySequence("G")])
    shown.listed.choose_keys("video.remove", [QKeySequence("Ctrl+D")])
    for key in (Qt.Key.Key_S, Qt.Key.Key_Delete, Qt.Key.Key_G):
        shown.key(key)
    shown.key(Qt.Key.Key_D, CTRL)
    assert shown.asked == [(action, (READY.id,)) for action in (Action.STAR, Action.STAR, Action.TRASH)]


def test_ctrl_k_opens_the_palette_over_the_window_and_f1_the_shortcuts(shown: Shown) -> None:
    shown.key(Qt.Key.Key_K, CTRL)
    field = shown.part("paletteField")
    assert isinstance(field, QLineEdit) and field.hasFocus()
    QTest.keyClicks(field, "trash")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert shown.part("filterTabs").isVisible() and shown.library.selection() == ()
    shown.key(Qt.Key.Key_F1)
    sheet = shown.window.findChild(QDialog, "keysDialog")
    assert isinstance(sheet, QDialog) and sheet.isVisible()
    sheet.close()


def test_an_action_on_rows_that_spends_is_not_done_at_another_price_than_was_shown(shown: Shown) -> None:
    messages: list[str] = []
    shown.window.message_requested.connect(messages.append)
    shown.library.focus_list()
    shown.jobs.set_prices(PriceTable((Price(Decimal(100)),)))
    retry = {row.text: row for row in all_rows(shown.listed)}["Make another take"]
    assert (retry.spends, retry.group, retry.detail) == (True, ActionGroup.SELECTION, "costs 100 credits")
    retry.action.trigger()
    assert shown.asked == [(Action.RETRY, (READY.id,))]
    shown.jobs.set_prices(PriceTable((Price(Decimal(200)),)))
    retry.action.trigger()
    assert len(shown.asked) == 1 and "changed" in messages[0]
