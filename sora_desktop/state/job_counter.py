"""Counts the jobs on each tab without reading the library for each change."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from sora_desktop.domain.job import Job, JobId, Ready, Waiting, is_settled, phase_name
from sora_desktop.domain.library import (
    ACTIVE_PHASES,
    DONE_PHASES,
    FAILED_PHASES,
    HIDDEN_PHASES,
    TRASH_PHASES,
    Counts,
)
from sora_desktop.domain.marks import Flag, Marks
from sora_desktop.domain.trash import before_trash


class JobCounter:
    """Adjusts the counts by the difference that a change makes: of the whole library, and of one chosen service.

    It remembers the jobs of the Active tab as they were counted. Settled jobs are forgotten, so that memory does not
    grow with each job.
    """

    def __init__(self, recount: Callable[[str], Counts]) -> None:
        """`recount` counts the jobs of a service, and for "" the whole library."""
        self._recount = recount
        self._active: dict[JobId, Job] = {}
        self._counts = {"": Counts()}  # by service
        self._is_behind = False  # jobs were noted and not counted yet
        self._is_partial = False  # not all jobs of the Active tab are remembered yet

    @property
    def counts(self) -> Counts:
        """Of the whole library."""
        return self._counts[""]

    @property
    def chosen_counts(self) -> Counts:
        """Of the chosen service; without one, of the whole library."""
        return next(reversed(self._counts.values()))

    def choose(self, service: str) -> None:
        """Count the jobs of this service, too; "": of none."""
        self._counts = {"": self.counts}
        if service:
            self._counts[service] = self._recount(service)

    def begin(self) -> None:
        """Count the whole library. The jobs of the Active tab follow by `remember`, until `end` is called."""
        self._active = {}
        self._is_partial = True
        self.count_again()

    def end(self) -> None:
        """All of them are remembered: from now on, each change makes a known difference."""
        self._is_partial = False

    def counted(self, id: JobId) -> Job | None:
        """A job of the Active tab as it was counted last; None for other jobs, and for those not remembered yet."""
        return self._active.get(id)

    def update(self, job: Job, shown: Job | None) -> None:
        """Count the new state of a job. `shown`: its state in the list, None if it is not loaded."""
        before = self._active.get(job.id)
        if before is None and shown is not None and is_settled(shown.phase):
            before = shown
        self.remember((job,))
        is_new = isinstance(job.phase, Waiting) and not job.on_hold  # one that was restored is on hold
        if self._is_behind or self._is_partial or (before is None and not is_new):
            self.count_again()  # such as for a settled job that is not loaded: how it was counted is unknown
            return
        for service, counts in self._counts.items():
            for each, number in ((before, -1), (job, 1)):
                if each is not None and service in ("", each.service):
                    counts = _added(counts, each, number)
            self._counts[service] = counts

    def note(self, jobs: Iterable[Job]) -> None:
        """Some of many jobs that are saved have another state: `count_again` counts them all at once."""
        self.remember(jobs)
        self._is_behind = True

    def count_again(self) -> None:
        """Count the library as it is saved."""
        self._counts = {service: self._recount(service) for service in self._counts}
        self._is_behind = False

    def remember(self, jobs: Iterable[Job]) -> None:
        """Remember those on the Active tab as they are, and forget the others. The counts stay."""
        for job in jobs:
            if phase_name(job.phase) in ACTIVE_PHASES:
                self._active[job.id] = job
            else:
                self._active.pop(job.id, None)


def _added(counts: Counts, job: Job, number: int) -> Counts:
    """The counts with `number` more of such jobs."""
    name = phase_name(job.phase)
    if name in HIDDEN_PHASES:
        return counts
    phase = before_trash(job).phase
    size = phase.clip.facts.size if isinstance(phase, Ready) else 0
    if name in TRASH_PHASES:
        return replace(counts, trashed=counts.trashed + number, trashed_bytes=counts.trashed_bytes + number * size)
    return replace(
        counts,
        all=counts.all + number,
        active=counts.active + number * (name in ACTIVE_PHASES),
        done=counts.done + number * (name in DONE_PHASES),
        failed=counts.failed + number * (name in FAILED_PHASES),
        starred=counts.starred + number * job.starred,
        clip_bytes=counts.clip_bytes + number * size,
        picked=counts.picked + number * (job.flag is Flag.PICKED),
        rejected=counts.rejected + number * (job.flag is Flag.REJECTED),
        unmarked=counts.unmarked + number * (job.marks == Marks()),
    )
