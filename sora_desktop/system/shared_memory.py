"""Memory that two processes share, on each platform."""

from __future__ import annotations

import contextlib
import mmap
import os
import secrets
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

#: Where Linux keeps files that are never written to a disk.
_MEMORY_FOLDER = Path("/dev/shm")
_ZEROS = bytes(1 << 20)


class SharedMemory:
    """Memory under a name. `pixels` stays mapped as long as anything refers to it."""

    def __init__(self, name: str, pixels: memoryview) -> None:
        self.name = name
        self.pixels = pixels

    @classmethod
    def create(
        cls,
        size: int,
        *,
        platform: str = sys.platform,
        folders: Sequence[Path] | None = None,
        reserve: Callable[[int, int], None] | None = None,
    ) -> SharedMemory:
        """New memory, in bytes. Raises OSError if there is not that much: later accesses cannot fail.

        `folders`, of which the first one with room is taken, and `reserve` are those of the platform unless given.
        """
        name = f"sora-desktop-{os.getpid()}-{secrets.token_hex(8)}"
        if platform == "win32":
            return cls(name, memoryview(mmap.mmap(-1, size, tagname=name)))  # type: ignore[call-arg, unused-ignore]
        *others, last = _folders() if folders is None else folders
        for folder in others:
            with contextlib.suppress(OSError):  # in a container it may be small
                return cls._in_file(folder / name, size, reserve or _reserve)
        return cls._in_file(last / name, size, reserve or _reserve)

    @classmethod
    def _in_file(cls, file: Path, size: int, reserve: Callable[[int, int], None]) -> SharedMemory:
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            reserve(descriptor, size)
            return cls(str(file), memoryview(mmap.mmap(descriptor, size)))
        except BaseException:
            file.unlink()
            raise
        finally:
            os.close(descriptor)

    @classmethod
    def open(cls, name: str, size: int, *, is_writable: bool = False, platform: str = sys.platform) -> SharedMemory:
        """Memory of another process. Raises OSError."""
        access = mmap.ACCESS_WRITE if is_writable else mmap.ACCESS_READ
        if platform == "win32":
            tagged = mmap.mmap(-1, size, tagname=name, access=access)  # type: ignore[call-arg, unused-ignore]
            return cls(name, memoryview(tagged))
        descriptor = os.open(name, os.O_RDWR if is_writable else os.O_RDONLY)
        try:
            return cls(name, memoryview(mmap.mmap(descriptor, size, access=access)))
        finally:
            os.close(descriptor)

    def remove_name(self, *, platform: str = sys.platform) -> None:
        """Let the memory end with its last user. Nobody else can open it from now on."""
        if platform != "win32":
            with contextlib.suppress(OSError):
                Path(self.name).unlink(missing_ok=True)


def remove_memory_of(process: int, *, platform: str = sys.platform, folders: Sequence[Path] | None = None) -> None:
    """Remove the names of memory that a process which has ended could not remove itself."""
    if platform == "win32":
        return
    for folder in _folders() if folders is None else folders:
        for file in folder.glob(f"sora-desktop-{process}-*"):
            with contextlib.suppress(OSError):
                file.unlink()


def _folders() -> list[Path]:
    """Where memory may be: in a folder that is never written to a disk, if there is one, else among temporary files."""
    in_files = Path(tempfile.gettempdir())
    return [_MEMORY_FOLDER, in_files] if os.access(_MEMORY_FOLDER, os.W_OK) else [in_files]


def _reserve(descriptor: int, size: int) -> None:
    """Take the space now. Without it, a full disk would end the process at its first write."""
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(descriptor, 0, size)
    else:  # macOS
        write_zeros(descriptor, size)


def write_zeros(descriptor: int, size: int, write: Callable[[int, bytes], int] = os.write) -> None:
    """Write so many zeros. Raises OSError. A nearly full disk takes fewer of them at first, without an error."""
    while size > 0:
        size -= write(descriptor, _ZEROS[:size])
