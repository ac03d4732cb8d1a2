"""The base direction of a text: where its lines begin."""

from __future__ import annotations

from unicodedata import bidirectional

from PySide6.QtCore import Qt

_FIRST_STRONG = {
    "L": Qt.LayoutDirection.LeftToRight,
    "R": Qt.LayoutDirection.RightToLeft,
    "AL": Qt.LayoutDirection.RightToLeft,
}


def direction_of(text: str) -> Qt.LayoutDirection:
    """The direction of the first letter that has one, as in Unicode's rules P2 and P3; left to right without one."""
    strong = (_FIRST_STRONG.get(bidirectional(character)) for character in text)
    return next((direction for direction in strong if direction is not None), Qt.LayoutDirection.LeftToRight)
