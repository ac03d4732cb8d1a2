"""The log of the program that owns a data folder."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from logging.handlers import RotatingFileHandler
from pathlib import Path


@contextmanager
def log_to(folder: Path) -> Iterator[None]:
    """Within the block, what happens is written below the data folder and nowhere else."""
    handler: logging.Handler
    try:
        handler = RotatingFileHandler(folder / "sora-desktop.log", maxBytes=1_000_000, backupCount=3, encoding="utf-8")
    except OSError:
        handler = logging.NullHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    handler.handleError = lambda record: None  # type: ignore[method-assign]  # a full disk must not spill tracebacks
    root = logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    try:
        yield
    finally:
        root.removeHandler(handler)
        root.setLevel(before)
        with suppress(OSError):  # what it still holds may not fit on the disk
            handler.close()
