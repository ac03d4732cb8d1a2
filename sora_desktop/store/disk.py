"""Whether clips can be written, and how much room is left."""

from __future__ import annotations

import logging
import os
import shutil
import tempfile
from pathlib import Path

from sora_desktop.store.errors import StoreError

log = logging.getLogger(__name__)

#: Bytes that must be free before anything is bought: three clips at a generous rate.
ROOM_BEFORE_BUYING = 500 * 1024 * 1024


def free_bytes(folder: Path) -> int:
    """Bytes free where the folder is, or where it would be made."""
    there = folder
    while not there.exists() and there != there.parent:
        there = there.parent
    return shutil.disk_usage(there).free


def check_library(folder: Path) -> None:
    """Make the folder and try to write in it. Raises StoreProblem."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):  # leaves nothing behind, also after a kill
            pass
    except OSError as error:
        raise StoreError(
            f"The library folder {folder} cannot be written ({error.strerror or error}). Choose another in Settings."
        ) from error


def need_room(folder: Path, size: int = ROOM_BEFORE_BUYING) -> None:
    """Raises StoreProblem when fewer than `size` bytes are free."""
    try:
        free = free_bytes(folder)
    except OSError as error:
        raise StoreError(f"The library folder {folder} cannot be reached ({error.strerror or error}).") from error
    if free < size:
        raise StoreError(
            f"Only {free // 2**20:,} MB are free in {folder}; {size // 2**20:,} MB are needed. "
            "Make room or choose another library folder in Settings."
        )


def flush_folder(folder: Path) -> None:
    """The names in the folder are on disk when this returns, where the system can say so."""
    if os.name == "nt":
        return
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    except OSError as error:
        log.debug("%s cannot be flushed: %s", folder, error)
    finally:
        os.close(opened)
