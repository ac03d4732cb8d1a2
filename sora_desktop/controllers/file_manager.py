"""Shows a file in the system's file manager."""

from __future__ import annotations

import sys
from pathlib import Path

from PySide6.QtCore import QProcess, QUrl
from PySide6.QtGui import QDesktopServices


def command_to_show(file: Path, platform: str = sys.platform) -> list[str]:
    """The command that opens the folder with the file selected."""
    if platform == "win32":
        return ["explorer", f"/select,{file}"]
    if platform == "darwin":
        return ["open", "-R", str(file)]
    return [
        "dbus-send",
        "--session",
        "--dest=org.freedesktop.FileManager1",
        "--type=method_call",
        "/org/freedesktop/FileManager1",
        "org.freedesktop.FileManager1.ShowItems",
        f"array:string:{QUrl.fromLocalFile(str(file)).toString(QUrl.ComponentFormattingOption.FullyEncoded)}",
        "string:",
    ]


def show_in_folder(file: Path) -> None:
    """Open the file manager with the file selected. If its command is missing, open the folder without a selection."""
    program, *arguments = command_to_show(file)
    if not QProcess.startDetached(program, arguments):
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(file.parent)))
