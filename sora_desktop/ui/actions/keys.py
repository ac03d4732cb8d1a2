"""Keys of actions: which can be used, how a pressed key is recognized, and how keys are written."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QKeyCombination, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence

_Key = Qt.Key
_Modifier = Qt.KeyboardModifier
_SHORTCUT_MODIFIERS = _Modifier.ControlModifier | _Modifier.AltModifier | _Modifier.MetaModifier
_ALT_GR = _Modifier.ControlModifier | _Modifier.AltModifier  # as Windows reports it
#: Keys that only change what other keys do.
_MODIFIER_KEYS = (_Key.Key_Shift, _Key.Key_Control, _Key.Key_Alt, _Key.Key_AltGr, _Key.Key_Meta, _Key.Key_CapsLock)
#: Keys that move the focus, press what has it, close or open a menu: without modifiers, or with Shift.
_RESERVED = frozenset(
    {_Key.Key_Tab, _Key.Key_Backtab, _Key.Key_Escape, _Key.Key_Return, _Key.Key_Enter, _Key.Key_Menu, _Key.Key_F10}
)
_ARROWS = (_Key.Key_Left, _Key.Key_Right, _Key.Key_Up, _Key.Key_Down)
_SIGNS = {
    "Left": "←",
    "Right": "→",
    "Up": "↑",
    "Down": "↓",
    "Return": "⏎",
    "Enter": "⏎",
}


def sequences_of(keys: Sequence[str]) -> list[QKeySequence]:
    """Keys as they stand in the table of actions."""
    return [QKeySequence(key) for key in keys]


def is_plain(sequence: QKeySequence) -> bool:
    """True for a key that a text field or a list may need: it acts only if the focused widget ignores it."""
    key, modifiers = _parts(sequence)
    return not modifiers & _SHORTCUT_MODIFIERS and not _Key.Key_F1 <= key <= _Key.Key_F35


def is_usable(sequence: QKeySequence) -> bool:
    """True for one key, with or without modifiers, that does nothing else everywhere."""
    if sequence.count() != 1:
        return False
    key, modifiers = _parts(sequence)
    if key in (_Key.Key_unknown, 0) or key in _MODIFIER_KEYS:
        return False
    return bool(modifiers & _SHORTCUT_MODIFIERS) or key not in _RESERVED


def is_pressed(sequence: QKeySequence, event: QKeyEvent) -> bool:
    """True if the event is this key. Signs such as `[` are compared by character: their place depends on the layout."""
    key, modifiers = _parts(sequence)
    pressed = _modifiers_of(event)
    if _is_sign(key) and modifiers == _Modifier.NoModifier:
        return event.text() == chr(key) and not pressed & _SHORTCUT_MODIFIERS
    return event.key() == key and pressed == modifiers


def is_plain_arrow(event: QKeyEvent) -> bool:
    """True for an arrow key alone, which steps through frames while paused and otherwise scrolls."""
    return event.key() in _ARROWS and _modifiers_of(event) == _Modifier.NoModifier


def recorded(event: QKeyEvent) -> QKeySequence | None:
    """The key that the user has pressed to give it to an action; None while only modifiers are held."""
    key, modifiers, text = event.key(), _modifiers_of(event), event.text()
    if key in _MODIFIER_KEYS or key in (_Key.Key_unknown, 0):
        return None
    if not modifiers & _SHORTCUT_MODIFIERS and len(text) == 1 and _is_sign(ord(text)):
        return QKeySequence(text)
    return QKeySequence(QKeyCombination(modifiers, _Key(key)))


def key_texts(sequence: QKeySequence) -> tuple[str, ...]:
    """The keys of a sequence as they are printed on a keyboard, such as ("Ctrl", "Shift", "C")."""
    text = sequence.toString(QKeySequence.SequenceFormat.NativeText)
    modifiers, plus, last = text[:-1].rpartition("+")
    last += text[-1:]
    return (*filter(None, modifiers.split("+") if plus else ()), _SIGNS.get(last, last))


def spoken_keys(keys: Sequence[QKeySequence]) -> str:
    """Such as "Space or K"."""
    return " or ".join(key.toString(QKeySequence.SequenceFormat.NativeText) for key in keys)


def _parts(sequence: QKeySequence) -> tuple[int, Qt.KeyboardModifier]:
    combination = sequence[0]  # type: ignore[index]  # missing in the stubs
    return combination.key(), combination.keyboardModifiers()


def _modifiers_of(event: QKeyEvent) -> Qt.KeyboardModifier:
    modifiers = event.modifiers() & ~(_Modifier.KeypadModifier | _Modifier.GroupSwitchModifier)
    if modifiers & _ALT_GR == _ALT_GR and len(event.text()) == 1 and event.text().isprintable():
        modifiers &= ~_ALT_GR
    return modifiers


def _is_sign(key: int) -> bool:
    """True for the code of a character that is neither a letter nor a space."""
    return 0x20 < key < 0x01000000 and chr(key).isprintable() and not chr(key).isalpha()
