"""Checks whether clips can be written and how much disk space is left."""

from __future__ import annotations

import logging
import os
import shutil
from pathlib import Path

from sora_desktop.store.errors import StoreError
from sora_desktop.system.path_names import shown
from sora_desktop.system.writable_folder import folder_problem

log = logging.getLogger(__name__)

#: Bytes that must be free before a create is sent: three clips at a high bit rate.
MIN_FREE_SPACE = 500 * 1024 * 1024
#: Free bytes below which a disk counts as full: the index of the WAL of the database alone takes 32 KiB.
_FULL_BELOW = 1 << 20


def free_bytes(folder: Path) -> int:
    """Free bytes on the disk of the folder, which need not exist. Raises OSError."""
    existing = folder
    while not existing.exists() and existing != existing.parent:
        existing = existing.parent
    return shutil.disk_usage(existing).free


def is_full(folder: Path) -> bool:
    """True if so little space is left that a write error means a full disk. Raises OSError."""
    return free_bytes(folder) < _FULL_BELOW


def check_writable(folder: Path) -> None:
    """Create the folder and try to write in it. Raises StoreError, also for a name that cannot be stored."""
    if problem := folder_problem(folder):
        raise StoreError(
            f"The library folder {shown(folder)} cannot be used ({problem}). Choose another folder in Settings."
        )


def require_space(folder: Path, size: int = MIN_FREE_SPACE) -> None:
    """Raises StoreError if fewer than `size` bytes are free."""
    try:
        free = free_bytes(folder)
    except OSError as error:
        raise StoreError(
            f"The library folder {shown(folder)} cannot be reached ({error.strerror or error})."
        ) from error
    if free < size:
        raise StoreError(
            f"Only {free // 2**20:,} MB are free in {shown(folder)}; {size // 2**20:,} MB are needed. "
            "Free some space, or choose another library folder in Settings."
        )


def flush_folder(folder: Path) -> None:
    """Flush the names of the folder's files to disk. Does nothing on Windows and where it is not supported."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        log.debug("%s cannot be flushed: %s", folder, error)
    finally:
        os.close(descriptor)
