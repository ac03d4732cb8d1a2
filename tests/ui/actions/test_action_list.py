"""Keys of actions: recognized, changed, kept, and never given to two actions."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QColor, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QApplication

from sora_desktop.ui.actions.action_list import ActionList, new_action
from sora_desktop.ui.actions.action_table import ACTION_TABLE, FIXED_KEYS
from sora_desktop.ui.actions.keys import is_plain, is_pressed, is_usable, key_texts, recorded, spoken_keys
from sora_desktop.ui.widgets.icons import IconFont

NONE, SHIFT, CTRL = (
    Qt.KeyboardModifier.NoModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.ControlModifier,
)
ALT_GR = CTRL | Qt.KeyboardModifier.AltModifier  # on Windows


@pytest.fixture
def actions(qapp: QApplication) -> ActionList:
    """A list with every action of the table."""
    listed = ActionList(qapp)
    listed.add(*(new_action(spec.id, listed) for spec in ACTION_TABLE))
    return listed


def press(key: Qt.Key | int, modifiers: Qt.KeyboardModifier = NONE, text: str = "") -> QKeyEvent:
    return QKeyEvent(QEvent.Type.KeyPress, int(key), modifiers, text)


def keys(*texts: str) -> list[QKeySequence]:
    return [QKeySequence(text) for text in texts]


def test_the_table_has_each_id_and_each_key_once(qapp: QApplication) -> None:
    ids = [spec.id for spec in ACTION_TABLE]
    every_key = [key for spec in ACTION_TABLE for key in spec.keys] + [key for *_, keys in FIXED_KEYS for key in keys]
    assert len(set(ids)) == len(ids)
    assert len(set(every_key)) == len(every_key)
    icons = IconFont()
    for spec in ACTION_TABLE:
        assert spec.text and spec.icon, spec.id
        icons.icon(spec.icon.removeprefix("ph."), QColor(), QColor())  # KeyError if the font has none of that name
        assert spec.fixed or all(map(is_usable, keys(*spec.keys))), spec.id


@pytest.mark.parametrize(
    ("key", "event", "is_it"),
    [
        ("[", press(Qt.Key.Key_BracketLeft, NONE, "["), True),
        ("[", press(Qt.Key.Key_BracketLeft, Qt.KeyboardModifier.GroupSwitchModifier, "["), True),
        ("[", press(Qt.Key.Key_8, ALT_GR, "["), True),
        ("[", press(Qt.Key.Key_8, ALT_GR, ""), False),
        ("?", press(Qt.Key.Key_Question, SHIFT, "?"), True),
        ("?", press(Qt.Key.Key_Slash, NONE, "/"), False),
        ("1", press(Qt.Key.Key_1, Qt.KeyboardModifier.KeypadModifier, "1"), True),
        ("L", press(Qt.Key.Key_L, NONE, "l"), True),
        ("L", press(Qt.Key.Key_L, SHIFT, "L"), False),
        ("Shift+L", press(Qt.Key.Key_L, SHIFT, "L"), True),
        ("L", press(Qt.Key.Key_L, CTRL, "\x0c"), False),
        ("Ctrl+,", press(Qt.Key.Key_Comma, CTRL, ","), True),
        (",", press(Qt.Key.Key_Comma, CTRL, ","), False),
    ],
)
def test_a_key_is_recognized_on_every_keyboard(key: str, event: QKeyEvent, is_it: bool) -> None:
    assert is_pressed(QKeySequence(key), event) is is_it


def test_what_the_user_presses_is_recorded() -> None:
    assert recorded(press(Qt.Key.Key_BraceLeft, SHIFT, "{")) == QKeySequence("{")
    assert recorded(press(Qt.Key.Key_L, SHIFT, "L")) == QKeySequence("Shift+L")
    assert recorded(press(Qt.Key.Key_E, CTRL | SHIFT, "\x05")) == QKeySequence("Ctrl+Shift+E")
    assert recorded(press(Qt.Key.Key_Control, CTRL)) is None
    usable = {"F10": False, "Tab": False, "Shift+Tab": False, "Return": False, "Ctrl+Return": True, "Del": True}
    assert {key: is_usable(QKeySequence(key)) for key in usable} == usable
    assert not is_usable(QKeySequence("A, B")) and not is_usable(QKeySequence("nonsense"))
    plain = {"S": True, "Shift+L": True, "Space": True, "Left": True, "F5": False, "Alt+X": False}
    assert {key: is_plain(QKeySequence(key)) for key in plain} == plain


def test_keys_are_written_as_on_the_keyboard() -> None:
    assert [key_texts(key) for key in keys("Ctrl+Shift+C", "Ctrl++", "Ctrl+Right", "Space", "+")] == [
        ("Ctrl", "Shift", "C"),
        ("Ctrl", "+"),
        ("Ctrl", "→"),
        ("Space",),
        ("+",),
    ]
    assert spoken_keys(keys("Space", "K")) == "Space or K"


def test_a_key_goes_from_one_action_to_another_and_is_kept(actions: ActionList) -> None:
    changes: list[bool] = []
    actions.keys_changed.connect(lambda: changes.append(True))
    assert actions.chosen_keys == {}
    actions.choose_keys("player.play", keys("F"))
    assert changes == [True]
    assert actions["player.full_screen"].shortcuts() == [] and actions["player.play"].shortcuts() == keys("F")
    assert actions.chosen_keys == {"player.play": "F", "player.full_screen": ""}
    user = actions.user_of(QKeySequence("F"), "clip.star")
    assert user is actions["player.play"] and actions.user_of(QKeySequence("F"), "player.play") is None

    other = ActionList(actions)
    other.add(*(new_action(spec.id, other) for spec in ACTION_TABLE))
    assert other.load_keys(actions.chosen_keys) == ""
    assert other.chosen_keys == actions.chosen_keys
    other.reset_keys("player.full_screen")
    assert other.chosen_keys == {"player.play": ""}, "the default key is taken back"
    other.reset_all_keys()
    assert other.chosen_keys == {}


def test_two_actions_change_their_keys_with_each_other(actions: ActionList) -> None:
    chosen = {"player.range_start": "O", "player.range_end": "I"}
    assert actions.load_keys(chosen) == "" and actions.chosen_keys == chosen


def test_what_cannot_be_used_of_the_settings_is_named_and_ignored(actions: ActionList) -> None:
    ignored = actions.load_keys(
        {"of.a.later.version": "Q", "clip.star": "Tab; G", "player.mute": "F", "edit.copy": "Y", "player.loop": "huh"}
    )
    assert all(name in ignored for name in ("of.a.later.version", "Tab", "huh", "player.mute"))
    assert "edit.copy" not in ignored, "an earlier version saved the system's keys for it: they were not the user's"
    assert actions["edit.copy"].shortcuts() == keys("Ctrl+C")
    assert actions.chosen_keys == {"clip.star": "G", "player.mute": "", "player.loop": ""}


def test_keys_with_and_without_modifiers_act_where_they_should(actions: ActionList) -> None:
    widget, window = Qt.ShortcutContext.WidgetShortcut, Qt.ShortcutContext.WindowShortcut
    contexts = {id: actions[id].shortcutContext() for id in ("clip.star", "clip.export", "player.clear_range")}
    assert contexts == {"clip.star": widget, "clip.export": window, "player.clear_range": window}
    actions.choose_keys("clip.export", keys("E"))
    assert actions["clip.export"].shortcutContext() == widget, "a letter must not act while a text field has the focus"
    assert actions.action_for(press(Qt.Key.Key_E, NONE, "e"), arrows=True) is actions["clip.export"]
    assert actions.action_for(press(Qt.Key.Key_Delete), arrows=True) is None, "rows are deleted by their list"
    assert actions.action_for(press(Qt.Key.Key_Left), arrows=False) is None
    assert actions.action_for(press(Qt.Key.Key_Left), arrows=True) is actions["player.frame_back"]


def test_an_action_is_in_the_table_and_listed_once(actions: ActionList) -> None:
    with pytest.raises(AssertionError):
        actions.add(new_action("clip.star", actions))
    with pytest.raises(KeyError):
        new_action("clip.unknown", QObject())
