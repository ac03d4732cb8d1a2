"""Small files that are whole or not there."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path


def write_whole(file: Path, content: bytes) -> None:
    """Replace `file` in one step; after a crash it holds the old or the new content. Raises OSError."""
    part = file.with_name(f"{file.name}.{os.getpid()}-{threading.get_ident()}.part")
    try:
        with part.open("wb") as opened:
            opened.write(content)
            opened.flush()
            os.fsync(opened.fileno())
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)


def keep_aside(file: Path) -> Path:
    """Move a damaged file out of the way under a name that is free."""
    aside = file.with_name(f"{file.name}.damaged-{time.time_ns()}")
    file.replace(aside)
    return aside


def set_aside(file: Path, what: str) -> str:
    """Move a damaged file out of the way, and say so; where even that is refused, say the rest."""
    try:
        return f"The {what} could not be read; the damaged file was kept as {keep_aside(file).name}."
    except OSError:
        return f"The {what} in {file} could not be read."
