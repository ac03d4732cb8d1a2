"""File sizes and hashes, and pictures that are written completely or not at all."""

from __future__ import annotations

import hashlib
from pathlib import Path

from sora_desktop.media.errors import MediaError, PassingMediaError
from sora_desktop.system.replaced_file import replaced_file

_CHUNK_SIZE = 1024 * 1024


def size_of(file: Path) -> int:
    """Size in bytes. Raises MediaError if the file is missing, unreadable, empty or not a regular file."""
    try:
        if file.is_dir():
            raise MediaError(f"“{file.name}” is a folder, not a file.")
        size = file.stat().st_size
        is_regular = file.is_file()
    except FileNotFoundError:
        if "\ufffd" in str(file):  # what Qt makes of a name that it cannot read
            raise MediaError(f"The name “{file.name}”, or that of its folder, cannot be read. Rename it.") from None
        raise MediaError(f"“{file.name}” cannot be found.") from None
    except OSError as error:
        raise MediaError(f"“{file.name}” cannot be read: {error.strerror or error}.") from error
    if not is_regular:
        raise MediaError(f"“{file.name}” is not a regular file.")
    if size == 0:
        raise MediaError(f"“{file.name}” is empty (0 bytes).")
    return size


def first_bytes(file: Path, length: int) -> bytes:
    """The first `length` bytes of a file, or fewer. Raises MediaError."""
    try:
        with file.open("rb") as stream:
            return stream.read(length)
    except OSError as error:
        raise MediaError(f"“{file.name}” cannot be read: {error.strerror or error}.") from error


def sha256_of(file: Path) -> str:
    """The file's SHA-256 as 64 hexadecimal digits. Raises MediaError."""
    digest = hashlib.sha256()
    try:
        with file.open("rb") as stream:
            while chunk := stream.read(_CHUNK_SIZE):
                digest.update(chunk)
    except OSError as error:
        raise MediaError(f"“{file.name}” cannot be read: {error.strerror or error}.") from error
    return digest.hexdigest()


def write_picture(content: bytes, to: Path) -> None:
    """Write a file in one step, so that no reader sees a part of it. Raises PassingMediaError."""
    try:
        to.parent.mkdir(parents=True, exist_ok=True)
        with replaced_file(to) as part:
            part.write_bytes(content)
    except OSError as error:
        raise PassingMediaError(f"“{to.name}” cannot be written: {error.strerror or error}.") from error
