"""Files as they lie on the disk: their sizes, their sums, and pictures put in place whole or not at all."""

from __future__ import annotations

import contextlib
import hashlib
import os
from pathlib import Path

from sora_desktop.media.errors import MediaError

_PIECE = 1024 * 1024


def size_of(file: Path) -> int:
    """Bytes in a file that has some. Raises MediaTrouble when it is missing, a folder, empty or not a plain file."""
    try:
        if file.is_dir():
            raise MediaError(f"“{file.name}” is a folder, not a file.")
        size = file.stat().st_size
        plain = file.is_file()
    except FileNotFoundError:
        raise MediaError(f"“{file.name}” is not there any more.") from None
    except OSError as error:
        raise MediaError(f"“{file.name}” cannot be read: {error.strerror or error}.") from error
    if not plain:
        raise MediaError(f"“{file.name}” is not a plain file.")
    if size == 0:
        raise MediaError(f"“{file.name}” is empty (0 bytes).")
    return size


def head_of(file: Path, length: int) -> bytes:
    """The first bytes of a file. Raises MediaTrouble when it cannot be read."""
    try:
        with file.open("rb") as stream:
            return stream.read(length)
    except OSError as error:
        raise MediaError(f"“{file.name}” cannot be read: {error.strerror or error}.") from error


def sha256_of(file: Path) -> str:
    """The file's SHA-256 as 64 hexadecimal digits, read piece by piece. Raises MediaTrouble when it cannot be read."""
    digest = hashlib.sha256()
    try:
        with file.open("rb") as stream:
            while piece := stream.read(_PIECE):
                digest.update(piece)
    except OSError as error:
        raise MediaError(f"“{file.name}” cannot be read: {error.strerror or error}.") from error
    return digest.hexdigest()


def put_in_place(content: bytes, to: Path) -> None:
    """Writes a file so that no reader ever sees half of it. Raises MediaTrouble when the disk refuses."""
    part = to.with_name(f".{to.name}.{os.getpid()}.part")
    try:
        to.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(content)
        part.replace(to)
    except OSError as error:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
        raise MediaError(f"“{to.name}” cannot be written: {error.strerror or error}.") from error
