"""Maps keys to player commands."""

from __future__ import annotations

from enum import Enum, auto

from PySide6.QtCore import Qt


class PlayerCommand(Enum):
    """What a key or a menu item does with the open clip."""

    PLAY_PAUSE = auto()
    SHUTTLE_BACK = auto()
    SHUTTLE_FORWARD = auto()
    FRAME_BACK = auto()
    FRAME_FORWARD = auto()
    LOOP = auto()
    SLOWER = auto()
    FASTER = auto()
    HALF_SPEED = auto()
    DOUBLE_SPEED = auto()
    NORMAL_SPEED = auto()
    RANGE_START = auto()
    RANGE_END = auto()
    CLEAR_RANGE = auto()
    MUTE = auto()
    FULL_SCREEN = auto()
    COPY_FRAME = auto()
    SAVE_FRAME = auto()
    CONTINUE = auto()
    STAR = auto()


#: By character, since the position of brackets depends on the keyboard layout.
_BY_CHARACTER = {
    ",": PlayerCommand.FRAME_BACK,
    ".": PlayerCommand.FRAME_FORWARD,
    "[": PlayerCommand.SLOWER,
    "]": PlayerCommand.FASTER,
    "{": PlayerCommand.HALF_SPEED,
    "}": PlayerCommand.DOUBLE_SPEED,
}

_BY_KEY = {
    Qt.Key.Key_Space: PlayerCommand.PLAY_PAUSE,
    Qt.Key.Key_K: PlayerCommand.PLAY_PAUSE,
    Qt.Key.Key_J: PlayerCommand.SHUTTLE_BACK,
    Qt.Key.Key_L: PlayerCommand.SHUTTLE_FORWARD,
    Qt.Key.Key_Backspace: PlayerCommand.NORMAL_SPEED,
    Qt.Key.Key_I: PlayerCommand.RANGE_START,
    Qt.Key.Key_O: PlayerCommand.RANGE_END,
    Qt.Key.Key_M: PlayerCommand.MUTE,
    Qt.Key.Key_F: PlayerCommand.FULL_SCREEN,
    Qt.Key.Key_S: PlayerCommand.STAR,
}

_WHILE_PAUSED = {Qt.Key.Key_Left: PlayerCommand.FRAME_BACK, Qt.Key.Key_Right: PlayerCommand.FRAME_FORWARD}

_WITH_MODIFIERS = {
    (Qt.KeyboardModifier.ShiftModifier, Qt.Key.Key_L): PlayerCommand.LOOP,
    (Qt.KeyboardModifier.AltModifier, Qt.Key.Key_X): PlayerCommand.CLEAR_RANGE,
    (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier, Qt.Key.Key_C): PlayerCommand.COPY_FRAME,
    (Qt.KeyboardModifier.ControlModifier, Qt.Key.Key_Right): PlayerCommand.CONTINUE,
}


def command_for(key: int, modifiers: Qt.KeyboardModifier, text: str, *, paused: bool) -> PlayerCommand | None:
    """The command of a key, or None. Arrow keys step only while paused; otherwise they scroll lists."""
    modifiers &= ~Qt.KeyboardModifier.KeypadModifier
    qt_key = Qt.Key(key)
    command = _WITH_MODIFIERS.get((modifiers, qt_key))
    if command is not None:
        return command
    shortcut_modifiers = (
        Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.MetaModifier
    )
    if not modifiers & shortcut_modifiers and text in _BY_CHARACTER:
        return _BY_CHARACTER[text]
    if modifiers != Qt.KeyboardModifier.NoModifier:
        return None
    return _BY_KEY.get(qt_key) or (_WHILE_PAUSED.get(qt_key) if paused else None)
