"""Moves files to the system's trash."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QFile, QStandardPaths


def move_to_system_trash(file: Path) -> None:
    """Move the file to the trash of the desktop, where the system can restore it. Blocks; needs no event loop.

    Raises OSError if it cannot be moved there, as from some drives: the file then stays where it is.
    """
    data = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.GenericDataLocation)
    Path(data).mkdir(parents=True, exist_ok=True)  # where the trash is on Linux; Qt fails without that folder
    handle = QFile(str(file))
    if not handle.moveToTrash():
        raise OSError(handle.errorString())
