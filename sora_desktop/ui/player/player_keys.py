"""Which key means what to the player."""

from __future__ import annotations

from enum import Enum, auto

from PySide6.QtCore import Qt


class PlayerCommand(Enum):
    """What a key asks of the open clip."""

    TOGGLE = auto()
    BACK = auto()
    FORWARD = auto()
    FRAME_BACK = auto()
    FRAME_FORWARD = auto()
    LOOP = auto()
    SLOWER = auto()
    FASTER = auto()
    HALF = auto()
    DOUBLE = auto()
    OWN_SPEED = auto()
    MARK_FIRST = auto()
    MARK_LAST = auto()
    CLEAR_MARKS = auto()
    MUTE = auto()
    FULL_SCREEN = auto()
    COPY_FRAME = auto()
    CONTINUE = auto()
    STAR = auto()


#: Written characters, since where a bracket is differs from keyboard to keyboard.
_TYPED = {
    ",": PlayerCommand.FRAME_BACK,
    ".": PlayerCommand.FRAME_FORWARD,
    "[": PlayerCommand.SLOWER,
    "]": PlayerCommand.FASTER,
    "{": PlayerCommand.HALF,
    "}": PlayerCommand.DOUBLE,
}

_PLAIN = {
    Qt.Key.Key_Space: PlayerCommand.TOGGLE,
    Qt.Key.Key_K: PlayerCommand.TOGGLE,
    Qt.Key.Key_J: PlayerCommand.BACK,
    Qt.Key.Key_L: PlayerCommand.FORWARD,
    Qt.Key.Key_Backspace: PlayerCommand.OWN_SPEED,
    Qt.Key.Key_I: PlayerCommand.MARK_FIRST,
    Qt.Key.Key_O: PlayerCommand.MARK_LAST,
    Qt.Key.Key_M: PlayerCommand.MUTE,
    Qt.Key.Key_F: PlayerCommand.FULL_SCREEN,
    Qt.Key.Key_S: PlayerCommand.STAR,
}

_PAUSED = {Qt.Key.Key_Left: PlayerCommand.FRAME_BACK, Qt.Key.Key_Right: PlayerCommand.FRAME_FORWARD}

_CHORDS = {
    (Qt.KeyboardModifier.ShiftModifier, Qt.Key.Key_L): PlayerCommand.LOOP,
    (Qt.KeyboardModifier.AltModifier, Qt.Key.Key_X): PlayerCommand.CLEAR_MARKS,
    (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier, Qt.Key.Key_C): PlayerCommand.COPY_FRAME,
    (Qt.KeyboardModifier.ControlModifier, Qt.Key.Key_Right): PlayerCommand.CONTINUE,
}


def command_for(key: int, modifiers: Qt.KeyboardModifier, text: str, *, paused: bool) -> PlayerCommand | None:
    """What the key asks for, or None. Arrows step only while paused, as they scroll lists otherwise."""
    modifiers &= ~Qt.KeyboardModifier.KeypadModifier
    known = Qt.Key(key)
    chord = _CHORDS.get((modifiers, known))
    if chord is not None:
        return chord
    commanding = (
        Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.MetaModifier
    )
    if not modifiers & commanding and text in _TYPED:
        return _TYPED[text]
    if modifiers != Qt.KeyboardModifier.NoModifier:
        return None
    return _PLAIN.get(known) or (_PAUSED.get(known) if paused else None)
