"""What opens the window at once, and what is left to the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from sora_desktop.app.window_arguments import parse_window_arguments


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ([], (None, False)),
        (["--sandbox"], (None, True)),
        (["--data", "somewhere"], (Path("somewhere"), False)),
        (["--data", "somewhere", "--sandbox"], (Path("somewhere"), True)),
        (["--data", "one", "--data", "two"], (Path("two"), False)),
    ],
)
def test_a_window_is_asked_for(words: list[str], found: tuple[Path | None, bool]) -> None:
    assert parse_window_arguments(words) == found


@pytest.mark.parametrize(
    "words",
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
def test_all_else_is_left_to_the_command_line(words: list[str]) -> None:
    assert parse_window_arguments(words) is None


def test_a_file_is_no_data_folder(tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.touch()
    assert parse_window_arguments(["--data", str(file)]) is None
