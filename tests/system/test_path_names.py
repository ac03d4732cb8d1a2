"""Names in paths that are not valid Unicode."""

from __future__ import annotations

from pathlib import Path

import pytest

from sora_desktop.system.path_names import shown, unreadable_name


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/a/b\udcff/c\udce9", r"b\xff"),
        ("a\ud800", r"a\ud800"),  # Windows
        ("/Möwe 🐦/\u202e\ufffd", ""),
    ],
)
def test_the_first_name_that_is_not_unicode_is_found(path: str, name: str) -> None:
    assert unreadable_name(Path(path)) == name


def test_a_name_is_shown_with_its_bytes_on_one_line() -> None:
    assert shown("a\nb\r\x1b[31m\x7f\x85\u2028 \u202e\u00a0ü") == r"a\x0ab\x0d\x1b[31m\x7f\x85\u2028 " + "\u202e\u00a0ü"
    assert shown("/a/b\udcff/Möwe\udc80") == r"/a/b\xff/Möwe\x80"
