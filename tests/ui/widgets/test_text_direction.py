"""The side at which the lines of a text begin."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt

from sora_desktop.ui.widgets.text_direction import direction_of

LEFT, RIGHT = Qt.LayoutDirection.LeftToRight, Qt.LayoutDirection.RightToLeft


@pytest.mark.parametrize(
    ("text", "direction"),
    [
        ("A boat, שלום", LEFT),
        ("שלום, a boat", RIGHT),
        ("مرحبا", RIGHT),
        ("(1) … “שלום”", RIGHT),
        ("35 mm!", LEFT),
        ("", LEFT),
        ("12 · 34", LEFT),
    ],
)
def test_a_text_begins_where_its_first_letter_does(text: str, direction: Qt.LayoutDirection) -> None:
    assert direction_of(text) is direction
