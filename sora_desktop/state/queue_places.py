"""The places in the queue of the jobs that wait to be sent."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Mapping

from sora_desktop.domain.job import JobId


class QueuePlaces:
    """Knows the position of each waiting job. A place is looked up in logarithmic time, since each row shows one."""

    def __init__(self) -> None:
        self._positions: dict[JobId, float] = {}
        self._sorted: list[float] = []

    def __len__(self) -> int:
        return len(self._sorted)

    def reset(self, positions: Mapping[JobId, float]) -> None:
        """Replace all jobs."""
        self._positions = dict(positions)
        self._sorted = sorted(positions.values())

    def put(self, id: JobId, position: float | None) -> None:
        """Add or move a job; None removes it."""
        old = self._positions.get(id)
        if old == position:
            return
        if old is not None:
            del self._positions[id]
            del self._sorted[bisect_left(self._sorted, old)]
        if position is not None:
            self._positions[id] = position
            insort(self._sorted, position)

    def place_of(self, id: JobId) -> int | None:
        """1 for the job that is sent next; None for a job that does not wait."""
        position = self._positions.get(id)
        return None if position is None else bisect_left(self._sorted, position) + 1
