"""Locks for files that are being downloaded."""

from __future__ import annotations

import threading
from pathlib import Path


class PartLocks:
    """One thread at a time writes a file, also if one was cancelled and the next begins at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._locks: dict[Path, threading.Lock] = {}

    def of(self, part: Path) -> threading.Lock:
        """The lock of a file."""
        with self._lock:
            return self._locks.setdefault(part, threading.Lock())
