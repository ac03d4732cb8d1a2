"""Writes small files in one step, and moves damaged ones aside."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from pathlib import Path

from sora_desktop.system.replaced_file import replaced_file


def write_atomically(file: Path, content: bytes) -> None:
    """Replace `file` in one step. After a crash it has either the old or the new content. Raises OSError."""
    with replaced_file(file, is_flushed=True) as part:
        part.write_bytes(content)


def file_identity(file: Path) -> tuple[int, int] | None:
    """What tells this file from another one of the same name: device and file number. None: there is no such file."""
    try:
        status = file.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def is_same_file(one: Path, other: Path) -> bool:
    """True if both paths lead to one file, for which the folder of `other` is written to; False if that fails.

    A file that appears in both folders proves it where device and file number differ, as on a network drive that is
    mounted twice.
    """
    identity = file_identity(one)
    if identity is not None and identity[1] and identity == file_identity(other):
        return True
    if one.name != other.name:
        return False
    token = f".same-{os.urandom(8).hex()}"
    try:
        (other.parent / token).touch()
        return (one.parent / token).exists()
    except OSError:
        return False
    finally:
        with suppress(OSError):
            (other.parent / token).unlink(missing_ok=True)


def move_aside(file: Path) -> Path:
    """Rename a damaged file and return its new path. Raises OSError."""
    damaged = file.with_name(f"{file.name}.damaged-{time.time_ns()}")
    file.replace(damaged)
    return damaged


def move_damaged_aside(file: Path, what: str) -> str:
    """Rename a damaged file and return a message about it for the user. `what` names the content. Never raises."""
    try:
        return f"The {what} could not be read. The damaged file was moved to {move_aside(file).name}."
    except OSError:
        return f"The {what} in {file} could not be read."
