"""Finds out whether files can be kept in a folder, before anything is paid for that would be kept there."""

from __future__ import annotations

import tempfile
from pathlib import Path

from sora_desktop.system.path_names import unreadable_name


def folder_problem(folder: Path) -> str:
    """Create the folder and try to write in it. Why that is not possible, for a message; empty if it is."""
    try:
        if name := unreadable_name(folder):
            return f"the name “{name}” is not valid Unicode"
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):  # leaves nothing behind, not even after a kill
            pass
    except FileExistsError:
        return "it is not a folder"
    except OSError as error:
        return error.strerror or str(error)
    return ""
