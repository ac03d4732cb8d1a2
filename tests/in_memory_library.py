"""A library in memory, for tests of the list."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal

from sora_desktop.domain.job import (
    Abandoned,
    Failed,
    Job,
    JobId,
    Ready,
    Rendering,
    Saving,
    Unconfirmed,
    Unsaved,
    Waiting,
)
from sora_desktop.domain.ledger import Charge, Refund
from sora_desktop.domain.library import Counts, LibraryView, Tab

_IN_PROGRESS = (Waiting, Unconfirmed, Rendering, Saving, Unsaved, Abandoned)

#: The phases that each tab shows; the tab of starred jobs shows only those of its phases that have a star.
PHASES_BY_TAB = {
    Tab.ALL: (*_IN_PROGRESS, Ready, Failed),
    Tab.ACTIVE: _IN_PROGRESS,
    Tab.DONE: (Ready,),
    Tab.FAILED: (Failed,),
    Tab.STARRED: (*_IN_PROGRESS, Ready, Failed),
}


class InMemoryLibrary:
    """Behaves like `JobStore`; `tests/test_fakes.py` compares them."""

    def __init__(self, jobs: Iterable[Job] = ()) -> None:
        self.saved = {job.id: job for job in jobs}
        self.pages_read = 0
        self.charges: dict[JobId, Charge] = {}

    def save(self, job: Job) -> None:
        """Add the job, or replace the one with its id."""
        self.saved[job.id] = job

    def jobs_of(self, view: LibraryView) -> list[Job]:
        """All jobs of the view, in the order of the list."""
        words = view.search.lower().split()
        jobs = [
            job
            for job in self.saved.values()
            if isinstance(job.phase, PHASES_BY_TAB[view.tab])
            and (job.starred or view.tab is not Tab.STARRED)
            and all(word in job.request.prompt.lower() for word in words)
        ]
        at_work = [job for job in jobs if isinstance(job.phase, (Unconfirmed, Rendering, Saving, Unsaved))]
        waiting = [job for job in jobs if isinstance(job.phase, Waiting)]
        settled = [job for job in jobs if isinstance(job.phase, (Abandoned, Ready, Failed))]
        queue = [sorted(part, key=lambda job: (job.position, job.id)) for part in (at_work, waiting)]
        return [*queue[0], *queue[1], *sorted(settled, key=lambda job: (job.position, job.id), reverse=True)]

    def page(self, view: LibraryView, limit: int, after: Job | None = None) -> list[Job]:
        self.pages_read += 1
        jobs = self.jobs_of(view)
        if after is not None:  # also if it is no longer in the view, or is there in another state
            others = [job for job in jobs if job.id != after.id]
            behind = InMemoryLibrary([*others, after]).jobs_of(LibraryView())
            jobs = [job for job in behind[behind.index(after) + 1 :] if job in others]
        return jobs[:limit]

    def charge(self, id: JobId) -> Charge:
        return self.charges.get(id, Charge(Decimal(0), Refund.NOT_NEEDED))

    def counts(self) -> Counts:
        clips = [job.phase.clip for job in self.saved.values() if isinstance(job.phase, Ready)]
        numbers = [len(self.jobs_of(LibraryView(tab))) for tab in Tab]
        return replace(Counts(*numbers), clip_bytes=sum(clip.facts.size for clip in clips))
