"""The memory for the pictures of all clips together."""

from __future__ import annotations

import threading
from collections.abc import Callable

#: Bytes.
TOTAL = 256 * 1024 * 1024


class Budget:
    """Shares the memory equally among the open clips. For several threads.

    What FFmpeg's decoders hold themselves is not counted: it depends on the clip, and nothing can be done without it.
    """

    def __init__(self, total: int = TOTAL) -> None:
        self.total = total
        self._shares: list[Share] = []
        self._lock = threading.Lock()

    def open_share(self, changed: Callable[[], None]) -> Share:
        """The share of one more clip. `changed` is called, by any thread, when it has become larger or smaller."""
        share = Share(self, changed)
        with self._lock:
            others = list(self._shares)
            self._shares.append(share)
        for other in others:
            other.changed()
        return share

    def close_share(self, share: Share) -> None:
        """Divide its memory among the others."""
        with self._lock:
            self._shares.remove(share)
            others = list(self._shares)
        for other in others:
            other.changed()

    @property
    def clips(self) -> int:
        """How many share the memory."""
        return len(self._shares)


class Share:
    """The memory for the pictures of one clip."""

    def __init__(self, budget: Budget, changed: Callable[[], None]) -> None:
        self._budget = budget
        self.changed = changed
        self.handed_over = 0  # bytes of the memory in which pictures are handed over

    @property
    def whole(self) -> int:
        """Bytes for all pictures of the clip."""
        return self._budget.total // max(self._budget.clips, 1)

    @property
    def kept(self) -> int:
        """Bytes for those that are kept to be handed over later."""
        return max(self.whole - self.handed_over, 0)

    def close(self) -> None:
        """Give it back."""
        self._budget.close_share(self)
