"""The direction of a text."""

from __future__ import annotations

import pytest

from sora_desktop.state.plain_text import is_right_to_left


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A boat, שלום", False),
        ("שלום, a boat", True),
        ("مرحبا", True),
        ("(1) … “שלום”", True),
        ("35 mm!", False),
        ("", False),
        ("12 · 34", False),
    ],
)
def test_a_text_has_the_direction_of_its_first_letter(text: str, expected: bool) -> None:
    assert is_right_to_left(text) is expected
