"""Which key means what to the player."""

from __future__ import annotations

from enum import Enum, auto

from PySide6.QtCore import Qt


class Deed(Enum):
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
    ",": Deed.FRAME_BACK,
    ".": Deed.FRAME_FORWARD,
    "[": Deed.SLOWER,
    "]": Deed.FASTER,
    "{": Deed.HALF,
    "}": Deed.DOUBLE,
}

_PLAIN = {
    Qt.Key.Key_Space: Deed.TOGGLE,
    Qt.Key.Key_K: Deed.TOGGLE,
    Qt.Key.Key_J: Deed.BACK,
    Qt.Key.Key_L: Deed.FORWARD,
    Qt.Key.Key_Backspace: Deed.OWN_SPEED,
    Qt.Key.Key_I: Deed.MARK_FIRST,
    Qt.Key.Key_O: Deed.MARK_LAST,
    Qt.Key.Key_M: Deed.MUTE,
    Qt.Key.Key_F: Deed.FULL_SCREEN,
    Qt.Key.Key_S: Deed.STAR,
}

_PAUSED = {Qt.Key.Key_Left: Deed.FRAME_BACK, Qt.Key.Key_Right: Deed.FRAME_FORWARD}

_CHORDS = {
    (Qt.KeyboardModifier.ShiftModifier, Qt.Key.Key_L): Deed.LOOP,
    (Qt.KeyboardModifier.AltModifier, Qt.Key.Key_X): Deed.CLEAR_MARKS,
    (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier, Qt.Key.Key_C): Deed.COPY_FRAME,
    (Qt.KeyboardModifier.ControlModifier, Qt.Key.Key_Right): Deed.CONTINUE,
}


def deed_of(key: int, modifiers: Qt.KeyboardModifier, text: str, *, paused: bool) -> Deed | None:
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
