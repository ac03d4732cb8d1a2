"""The memory for frames of all clips together."""

from __future__ import annotations

import threading

#: Bytes.
TOTAL = 256 * 1024 * 1024


class Budget:
    """Shares the memory equally among the open clips. For several threads."""

    def __init__(self, total: int = TOTAL) -> None:
        self._total = total
        self._clips = 0
        self._lock = threading.Lock()

    def add_clip(self) -> None:
        with self._lock:
            self._clips += 1

    def remove_clip(self) -> None:
        with self._lock:
            self._clips -= 1

    @property
    def share(self) -> int:
        """Bytes for one clip."""
        return self._total // max(self._clips, 1)
