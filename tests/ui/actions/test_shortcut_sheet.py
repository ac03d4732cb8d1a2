"""The list of shortcuts: searched, changed in place, conflicts named, everything set back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QLabel, QLineEdit, QMainWindow, QScrollArea, QWidget
from pytestqt.qtbot import QtBot

from sora_desktop.ui.actions.action_list import ActionList, new_action
from sora_desktop.ui.actions.action_table import ACTION_TABLE, FIXED_KEYS
from sora_desktop.ui.actions.shortcut_sheet import ShortcutSheet
from sora_desktop.ui.theme import Theme

NONE, CTRL = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ControlModifier


class Sheet:
    """The open list over a window with every action."""

    def __init__(self, qtbot: QtBot, theme: Theme) -> None:
        self.window = QMainWindow()
        qtbot.addWidget(self.window)
        self.window.show()
        self.actions = ActionList(self.window)
        self.actions.add(*(new_action(spec.id, self.window) for spec in ACTION_TABLE))
        self.actions["clip.reject"].setText("Remove reject")  # as it says while the open clip is rejected
        self.dialog = ShortcutSheet(self.window, theme, self.actions)
        with qtbot.waitActive(self.dialog):
            self.dialog.open()
            self.dialog.activateWindow()

    def part(self, name: str) -> QWidget:
        found = self.dialog.findChild(QWidget, name)
        assert isinstance(found, QWidget), name
        return found

    def click(self, name: str) -> None:
        part = self.part(name)
        assert isinstance(part, QAbstractButton) and part.isVisible() and part.isEnabled(), name
        part.click()

    def press(self, key: Qt.Key, modifier: Qt.KeyboardModifier = NONE) -> None:
        focused = self.dialog.focusWidget()
        assert focused is not None
        QTest.keyClick(focused, key, modifier)

    def keys(self, id: str) -> list[str]:
        return [key.toString() for key in self.actions[id].shortcuts()]

    @property
    def question(self) -> str:
        text = self.part("keyRecorderText")
        assert isinstance(text, QLabel)
        return text.text()

    @property
    def is_recording(self) -> bool:
        return self.dialog.findChild(QWidget, "keyRecorder") is not None

    def shown(self) -> set[str]:
        """The ids of the actions whose rows are visible, and that can be changed."""
        buttons = self.dialog.findChildren(QAbstractButton)
        return {one.objectName().partition(":")[2] for one in buttons if one.text() == "Change" and one.isVisible()}


@pytest.fixture
def sheet(qtbot: QtBot, theme: Theme) -> Iterator[Sheet]:
    sheet = Sheet(qtbot, theme)
    yield sheet
    sheet.dialog.close()


def test_it_lists_every_action_and_what_widgets_do_themselves(sheet: Sheet) -> None:
    assert sheet.shown() == {spec.id for spec in ACTION_TABLE if not spec.fixed}
    (rows,) = sheet.dialog.findChildren(QScrollArea)
    table = rows.widget()
    assert table is not None and table.width() <= rows.viewport().width(), "the ends of the rows are cut off"
    texts = [label.text() for label in sheet.dialog.findChildren(QLabel)]
    for expected in (*(spec.text for spec in ACTION_TABLE), *(text for _, text, _ in FIXED_KEYS)):
        assert expected in texts
    assert sheet.part("keyButton:player.play").accessibleName() == "Change keys of Play or pause: Space or K"
    assert sheet.dialog.height() <= sheet.dialog.screen().availableSize().height()


def test_it_is_searched_by_words_and_by_keys(sheet: Sheet) -> None:
    field = sheet.part("keysSearch")
    assert isinstance(field, QLineEdit) and field.hasFocus()
    for typed, found in (("export", "clip.export"), ("ctrl+e", "clip.export"), ("[", "player.slower")):
        field.setText(typed)
        assert found in sheet.shown() and len(sheet.shown()) < 6, typed
    field.setText("nothing like this")
    assert sheet.shown() == set() and sheet.part("keysNone").isVisible()


def test_a_key_is_pressed_into_its_place(sheet: Sheet) -> None:
    sheet.press(Qt.Key.Key_Return)
    assert not sheet.is_recording, "Return in the search field presses nothing"
    sheet.part("keyButton:player.play").setFocus()
    sheet.press(Qt.Key.Key_Return)
    sheet.press(Qt.Key.Key_Q)
    assert sheet.keys("player.play") == ["Q"] and not sheet.is_recording
    assert sheet.part("keyButton:player.play").hasFocus(), "the keyboard goes on where it was"
    sheet.click("keyButton:player.play")
    sheet.click("keyAddCheck")
    sheet.part("keyRecorder").setFocus()
    sheet.press(Qt.Key.Key_Semicolon, CTRL)
    assert sheet.keys("player.play") == ["Ctrl+;", "Q"]
    sheet.click("keyReset:player.play")
    assert sheet.keys("player.play") == ["Space", "K"] and not sheet.part("keyReset:player.play").isVisible()
    sheet.click("keyButton:player.play")
    sheet.click("keyNoneButton")
    assert sheet.keys("player.play") == []


def test_a_key_of_another_action_is_taken_only_after_a_second_click(sheet: Sheet) -> None:
    sheet.click("keyButton:clip.star")
    sheet.press(Qt.Key.Key_E, CTRL)
    assert "“Export…”" in sheet.question and sheet.keys("clip.star") == ["S"]
    sheet.part("keyTakeButton").setFocus()
    sheet.press(Qt.Key.Key_Return)
    assert sheet.keys("clip.star") == ["Ctrl+E"] and sheet.keys("clip.export") == []
    assert sheet.actions.user_of(QKeySequence("Ctrl+E"), "") is sheet.actions["clip.star"]


def test_keys_that_belong_to_the_system_or_to_the_focus_are_refused(sheet: Sheet) -> None:
    sheet.click("keyButton:clip.star")
    for key, modifier, reason in (
        (Qt.Key.Key_C, CTRL, "always does the same"),
        (Qt.Key.Key_F10, Qt.KeyboardModifier.ShiftModifier, "moves the focus"),
        (Qt.Key.Key_Return, NONE, "moves the focus"),
    ):
        sheet.press(key, modifier)
        assert reason in sheet.question and sheet.is_recording
    sheet.press(Qt.Key.Key_Escape)
    assert not sheet.is_recording and sheet.dialog.isVisible() and sheet.keys("clip.star") == ["S"]


def test_all_keys_are_set_back_and_that_is_undone(sheet: Sheet) -> None:
    reset = sheet.part("keysResetAllButton")
    assert not reset.isEnabled()
    sheet.actions.choose_keys("clip.star", [QKeySequence("G")])
    sheet.actions.choose_keys("clip.export", [])
    chosen = sheet.actions.chosen_keys
    sheet.click("keysResetAllButton")
    assert sheet.actions.chosen_keys == {}
    sheet.click("keysResetAllButton")
    assert sheet.actions.chosen_keys == chosen


def test_the_default_keys_stay_in_sight_and_are_taken_back_only_after_a_second_click(sheet: Sheet) -> None:
    note = sheet.part("keyNote:clip.star")
    assert isinstance(note, QLabel) and not note.isVisible()
    sheet.actions.choose_keys("player.mute", [QKeySequence("S")])
    assert note.isVisible() and note.text() == "default: S"
    sheet.click("keyReset:clip.star")
    assert note.text() == "S is the key of “Mute” now." and sheet.keys("player.mute") == ["S"]
    sheet.click("keyReset:clip.star")
    assert (sheet.keys("clip.star"), sheet.keys("player.mute"), note.isVisible()) == (["S"], [], False)
    sheet.click("keyReset:player.mute")
    assert sheet.keys("player.mute") == ["M"], "nothing has its key: it is set back at once"
