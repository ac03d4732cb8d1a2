"""Which commands show a file on each platform, and what is believed of their exit codes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from sora_desktop.system.file_manager import show_commands, show_in_file_manager

FILE = Path("/videos/a, b & ü.mp4")


def test_a_file_is_selected_in_its_folder_on_each_platform() -> None:
    assert show_commands(FILE, False, "win32")[0].arguments == ("explorer", f"/select,{FILE}")
    assert show_commands(FILE, False, "darwin")[0].arguments == ("open", "-R", str(FILE))
    dbus, opener = show_commands(FILE, False, "linux")
    assert dbus.arguments[-3:] == (
        "org.freedesktop.FileManager1.ShowItems",
        "array:string:file:///videos/a%2C%20b%20%26%20%C3%BC.mp4",  # a comma would begin another item
        "string:",
    )
    assert "--print-reply" in dbus.arguments, "without it the exit code says nothing"
    assert opener.arguments == ("xdg-open", "/videos")


def test_a_folder_is_opened_itself() -> None:
    assert show_commands(Path("/videos"), True, "win32")[0].arguments == ("explorer", "/videos")
    assert show_commands(Path("/videos"), True, "darwin")[0].arguments == ("open", "/videos")
    dbus, opener = show_commands(Path("/videos"), True, "linux")
    assert dbus.arguments[-3].endswith("ShowFolders") and opener.arguments == ("xdg-open", "/videos")


@pytest.mark.parametrize(
    ("platform", "codes", "shown"),
    [
        ("linux", {"dbus-send": 0}, True),
        ("linux", {"dbus-send": 1, "xdg-open": 0}, True),
        ("linux", {"xdg-open": 0}, True),
        ("linux", {"dbus-send": 1, "xdg-open": 3}, False),
        ("linux", {}, False),
        ("darwin", {"open": 0}, True),
        ("darwin", {"open": 1}, False),
        ("win32", {"explorer": 1}, True),
        ("win32", {}, False),
    ],
)
def test_whether_a_file_manager_was_opened(platform: str, codes: dict[str, int], shown: bool) -> None:
    run: Callable[[tuple[str, ...]], int | None] = lambda arguments: codes.get(arguments[0])  # noqa: E731
    assert show_in_file_manager(FILE, platform, run) is shown


def test_a_program_that_does_not_exist_shows_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert show_in_file_manager(tmp_path / "clip.mp4", "linux") is False
