"""Shows files and folders in the system's file manager, and opens files with the system's programs."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

#: Seconds after which a command that has not ended counts as done: some run as long as their window is open.
PATIENCE = 3.0


class ShowCommand(NamedTuple):
    """A command that shows a file or a folder."""

    arguments: tuple[str, ...]
    exit_code_is_true: bool = True  # the Explorer ends with 1 whatever happens


def show_commands(path: Path, is_folder: bool, platform: str = sys.platform) -> tuple[ShowCommand, ...]:
    """The commands to try one after the other: the first ones open the folder of a file with the file selected."""
    if platform == "win32":
        return (ShowCommand(("explorer", str(path) if is_folder else f"/select,{path}"), exit_code_is_true=False),)
    if platform == "darwin":
        return (ShowCommand(("open", str(path)) if is_folder else ("open", "-R", str(path))),)
    show = (
        "dbus-send",
        "--session",
        "--print-reply",  # the exit code says whether there is a file manager
        f"--reply-timeout={round(PATIENCE * 800)}",
        "--dest=org.freedesktop.FileManager1",
        "--type=method_call",
        "/org/freedesktop/FileManager1",
        f"org.freedesktop.FileManager1.{'ShowFolders' if is_folder else 'ShowItems'}",
        f"array:string:{path.as_uri().replace(',', '%2C')}",
        "string:",
    )
    return (ShowCommand(show), ShowCommand(("xdg-open", str(path if is_folder else path.parent))))


def show_in_file_manager(
    path: Path, platform: str = sys.platform, run: Callable[[tuple[str, ...]], int | None] | None = None
) -> bool:
    """Open the file manager with the file selected, or the folder. False if there is none. Blocks for some seconds.

    `run` runs a command and returns its exit code, or None if it has no such program.
    """
    return _has_run(show_commands(path, path.is_dir(), platform), run)


def open_commands(path: Path, platform: str = sys.platform) -> tuple[ShowCommand, ...]:
    """The commands to try one after the other to open a file with the program that the system has for it."""
    if platform == "win32":
        return (ShowCommand(("explorer", str(path)), exit_code_is_true=False),)
    if platform == "darwin":
        return (ShowCommand(("open", str(path))),)
    return (ShowCommand(("xdg-open", str(path))), ShowCommand(("gio", "open", str(path))))


def open_in_system(
    path: Path, platform: str = sys.platform, run: Callable[[tuple[str, ...]], int | None] | None = None
) -> bool:
    """Open a file with the program that the system has for it. False if there is none. Blocks for some seconds."""
    return _has_run(open_commands(path, platform), run)


def _has_run(commands: tuple[ShowCommand, ...], run: Callable[[tuple[str, ...]], int | None] | None) -> bool:
    """Run commands until one of them succeeds."""
    run = run or _exit_code
    for command in commands:
        code = run(command.arguments)
        if code == 0 or (code is not None and not command.exit_code_is_true):
            return True
    return False


def _exit_code(arguments: tuple[str, ...]) -> int | None:
    nowhere = subprocess.DEVNULL
    try:
        process = subprocess.Popen(arguments, stdin=nowhere, stdout=nowhere, stderr=nowhere, start_new_session=True)
    except OSError:
        return None
    try:
        return process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        return 0
