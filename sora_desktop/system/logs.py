"""The log file of a data folder."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from logging.handlers import RotatingFileHandler
from pathlib import Path


@contextmanager
def log_to(folder: Path) -> Iterator[None]:
    """Write the log messages of the block to a file in the folder, if it can be opened, and nowhere else."""
    handler: logging.Handler
    try:
        handler = RotatingFileHandler(folder / "sora-desktop.log", maxBytes=1_000_000, backupCount=3, encoding="utf-8")
    except OSError:
        handler = logging.NullHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    handler.handleError = lambda record: None  # type: ignore[method-assign]  # no tracebacks on a full disk
    root = logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    try:
        yield
    finally:
        root.removeHandler(handler)
        root.setLevel(before)
        with suppress(OSError):  # a full disk
            handler.close()
