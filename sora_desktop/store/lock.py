"""One program at a time owns a data folder."""

from __future__ import annotations

from pathlib import Path

from filelock import FileLock, Timeout


class DataLock:
    """Held by the operating system, so that a killed program leaves it free."""

    def __init__(self, file: Path) -> None:
        self._lock = FileLock(file, blocking=False, is_singleton=False)

    def acquire(self) -> bool:
        """True when it is ours now; never waits."""
        try:
            self._lock.acquire()
        except Timeout:
            return False
        return True

    def release(self) -> None:
        """Give it back."""
        self._lock.release()
