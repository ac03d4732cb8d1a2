"""Counts the jobs on each tab without reading the library for each change."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sora_desktop.domain.job import Job, JobId, Ready, Waiting, is_settled, phase_name
from sora_desktop.domain.library import ACTIVE_PHASES, DONE_PHASES, FAILED_PHASES, Counts


class JobCounter:
    """Adjusts the counts by the difference that a change makes.

    It remembers what each job of the Active tab counts for. Settled jobs are forgotten, so that memory does not grow
    with each job.
    """

    def __init__(self, recount: Callable[[], Counts]) -> None:
        """`recount` counts the whole library."""
        self._recount = recount
        self._active: dict[JobId, _Counted] = {}
        self.counts = recount()

    def reset(self, active: Iterable[Job]) -> None:
        """Count the whole library. `active`: the jobs of the Active tab."""
        self._active = {job.id: _counted(job) for job in active}
        self.counts = self._recount()

    def position_of(self, id: JobId) -> float | None:
        """The position that a job of the Active tab had when it was counted last; None for other jobs."""
        counted = self._active.get(id)
        return None if counted is None else counted.position

    def update(self, job: Job, shown: Job | None) -> None:
        """Count the new state of a job. `shown`: its state in the list, None if it is not loaded."""
        before = self._active.get(job.id)
        if before is None and shown is not None and is_settled(shown.phase):
            before = _counted(shown)
        after = _counted(job)
        if after.phase in ACTIVE_PHASES:
            self._active[job.id] = after
        else:
            self._active.pop(job.id, None)
        if before is None and not isinstance(job.phase, Waiting):
            self.counts = self._recount()  # a settled job that is not loaded: how it was counted is unknown
        else:
            self.counts = _added(_added(self.counts, before, -1), after, 1)


@dataclass(frozen=True, slots=True)
class _Counted:
    """What a job counts for."""

    phase: str
    starred: bool
    position: float
    clip_bytes: int


def _counted(job: Job) -> _Counted:
    size = job.phase.clip.facts.size if isinstance(job.phase, Ready) else 0
    return _Counted(phase_name(job.phase), job.starred, job.position, size)


def _added(counts: Counts, counted: _Counted | None, number: int) -> Counts:
    """The counts with `number` more of such jobs. Removed jobs are not counted."""
    if counted is None or counted.phase == "removed":
        return counts
    return Counts(
        all=counts.all + number,
        active=counts.active + number * (counted.phase in ACTIVE_PHASES),
        done=counts.done + number * (counted.phase in DONE_PHASES),
        failed=counts.failed + number * (counted.phase in FAILED_PHASES),
        starred=counts.starred + number * counted.starred,
        clip_bytes=counts.clip_bytes + number * counted.clip_bytes,
    )
