"""Which arguments open the window directly, and which are left to the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from sora_desktop.app.window_arguments import parse_window_arguments


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], (None, False)),
        (["--sandbox"], (None, True)),
        (["--data", "somewhere"], (Path("somewhere"), False)),
        (["--data", "a" * 300], (Path("a" * 300), False)),  # longer than a name may be
        (["--data", "somewhere", "--sandbox"], (Path("somewhere"), True)),
        (["--data", "one", "--data", "two"], (Path("two"), False)),
    ],
)
def test_arguments_that_open_the_window(arguments: list[str], expected: tuple[Path | None, bool]) -> None:
    assert parse_window_arguments(arguments) == expected


@pytest.mark.parametrize(
    "arguments",
    [
        ["--data"],
        ["--data", ""],
        ["--data", "--sandbox"],
        ["--data=somewhere"],
        ["--help"],
        ["--version"],
        ["list"],
        ["--sandbox", "generate", "A fox"],
        ["--sandobx"],
        [""],
    ],
)
def test_all_other_arguments_are_left_to_the_command_line(arguments: list[str]) -> None:
    assert parse_window_arguments(arguments) is None
