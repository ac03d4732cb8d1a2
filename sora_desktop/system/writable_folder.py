"""Finds out whether files can be kept in a folder, before anything is paid for that would be kept there."""

from __future__ import annotations

import tempfile
from contextlib import suppress
from pathlib import Path

from sora_desktop.system.path_names import shown, unreadable_name


def folder_problem(folder: Path) -> str:
    """Create the folder and try to write in it. Why that is not possible, for a message; empty if it is."""
    try:
        if name := unreadable_name(folder):
            return f"the name “{name}” is not valid Unicode"
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):  # leaves nothing behind, not even after a kill
            pass
    except OSError as error:
        return obstacle_to(folder) or error.strerror or str(error)
    return ""


def obstacle_to(folder: Path) -> str:
    """What stands where the folder or one above it would be, for a message; empty if nothing is found."""
    with suppress(OSError):  # a place that nobody may look at
        for place in (folder, *folder.parents):
            if place.is_dir():
                break
            if place.is_symlink() and not place.exists():
                return f"{shown(place)} is a link that leads nowhere"
            if place.exists():
                return "it is not a folder" if place == folder else f"{shown(place)} is not a folder"
    return ""
