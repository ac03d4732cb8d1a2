"""The places of the jobs that wait to be sent, each in the queue of its service."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable

from sora_desktop.domain.job import Job, JobId


class QueuePlaces:
    """Knows the position of each waiting job. A place is looked up in logarithmic time, since each row shows one."""

    def __init__(self) -> None:
        self._places: dict[JobId, tuple[str, float]] = {}  # queue and position
        self._queues: dict[str, list[float]] = {}  # positions in ascending order

    def length(self, queue: str) -> int:
        """The number of jobs that wait in one queue."""
        return len(self._queues.get(queue, ()))

    def reset(self, jobs: Iterable[tuple[Job, str | None]]) -> None:
        """Replace all jobs. Each comes with its queue, None if it does not wait."""
        self._places = {job.id: (queue, job.position) for job, queue in jobs if queue is not None}
        self._queues = {}
        for queue, position in self._places.values():
            self._queues.setdefault(queue, []).append(position)
        for positions in self._queues.values():
            positions.sort()

    def put(self, job: Job, queue: str | None) -> None:
        """Add or move a job; `queue` None removes it."""
        old, new = self._places.get(job.id), None if queue is None else (queue, job.position)
        if old == new:
            return
        if old is not None:
            del self._places[job.id]
            positions = self._queues[old[0]]
            del positions[bisect_left(positions, old[1])]
        if new is not None:
            self._places[job.id] = new
            insort(self._queues.setdefault(new[0], []), new[1])

    def place_of(self, id: JobId) -> int | None:
        """1 for the job that its service sends next; None for a job that does not wait."""
        place = self._places.get(id)
        return None if place is None else bisect_left(self._queues[place[0]], place[1]) + 1
