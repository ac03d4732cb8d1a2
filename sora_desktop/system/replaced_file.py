"""Puts a file in place in one step, under a name as long as the system takes."""

from __future__ import annotations

import errno
import os
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

#: Most bytes of a file name on common file systems.
NAME_LIMIT = 255
_NAME_TOO_LONG_ON_WINDOWS = 206


@contextmanager
def replaced_file(file: Path, *, is_flushed: bool = False) -> Iterator[Path]:
    """A path in the folder of `file` for its new content, which becomes `file` if the block ends without an error.

    Nothing is left of it otherwise. Its name is short, since that of `file` may be the longest that the system takes.
    `is_flushed`: the content is on disk before it becomes `file`, so that a crash leaves the old or the new content.
    Raises OSError.
    """
    part = file.with_name(f"{_begin_of(file, os.getpid())}{threading.get_ident():x}.part")
    try:
        yield part
        if is_flushed:
            with part.open("rb+") as opened:
                os.fsync(opened.fileno())
        part.replace(file)
    finally:
        with suppress(OSError):  # the first error says what is wrong
            part.unlink(missing_ok=True)


def remove_unfinished(file: Path, process: int) -> None:
    """Remove what a process that was killed has written of `file` by `replaced_file`, as far as that is possible."""
    with suppress(OSError):
        for part in file.parent.glob(f"{_begin_of(file, process)}*.part"):
            part.unlink(missing_ok=True)


def _begin_of(file: Path, process: int) -> str:
    return f".{zlib.crc32(os.fsencode(file.name)):08x}-{process:x}-"


def is_name_too_long(error: OSError) -> bool:
    """True if the system refused a file name, or a path, for its length."""
    return error.errno == errno.ENAMETOOLONG or getattr(error, "winerror", None) == _NAME_TOO_LONG_ON_WINDOWS
