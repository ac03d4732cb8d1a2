"""A library in memory, for tests of the list."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal

from sora_desktop.domain.job import (
    Abandoned,
    Cancelled,
    Failed,
    Job,
    JobId,
    Ready,
    Rendering,
    Saving,
    Trashed,
    Unconfirmed,
    Unsaved,
    Waiting,
)
from sora_desktop.domain.ledger import Charge, Refund
from sora_desktop.domain.library import Counts, LibraryView, Tab
from sora_desktop.domain.marks import MarkFilter

_IN_PROGRESS = (Waiting, Unconfirmed, Rendering, Saving, Unsaved, Abandoned)

#: The phases that each tab shows; the tab of starred jobs shows only those of its phases that have a star.
PHASES_BY_TAB = {
    Tab.ALL: (*_IN_PROGRESS, Ready, Failed, Cancelled),
    Tab.ACTIVE: _IN_PROGRESS,
    Tab.DONE: (Ready,),
    Tab.FAILED: (Failed, Cancelled),
    Tab.STARRED: (*_IN_PROGRESS, Ready, Failed, Cancelled),
    Tab.TRASH: (Trashed,),
}


class InMemoryLibrary:
    """Behaves like `JobStore`; `tests/test_fakes.py` compares them."""

    def __init__(self, jobs: Iterable[Job] = ()) -> None:
        self.saved = {job.id: job for job in jobs}
        self.pages_read = 0
        self.counts_read = 0
        self.charges: dict[JobId, Charge] = {}
        self.found_in_list: set[JobId] = set()  # jobs whose task no answer has named

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
            and view.marks.admits(job.marks)
            and view.service in ("", job.service)
            and all(word in job.request.prompt.lower() for word in words)
        ]
        in_queue_order = sorted(jobs, key=lambda job: (job.position, job.id))
        sections = [[job for job in in_queue_order if _section_of(job) == section] for section in range(3)]
        return [*sections[0], *sections[1], *reversed(sections[2])]

    def page(self, view: LibraryView, limit: int, after: Job | None = None) -> list[Job]:
        self.pages_read += 1
        jobs = self.jobs_of(view)
        if after is not None:  # also if it is no longer in the view, or is there in another place
            jobs = [job for job in jobs if _is_behind(job, after)]
        return jobs[:limit]

    def charge(self, id: JobId) -> Charge:
        return self.charges.get(id, Charge(Decimal(0), Refund.NOT_NEEDED))

    def is_named_by_answer(self, id: JobId) -> bool:
        return id not in self.found_in_list

    def counts(self, service: str = "") -> Counts:
        self.counts_read += 1
        sizes = {Ready: 0, Trashed: 0}
        for job in self.saved.values():
            phase = job.phase.before if isinstance(job.phase, Trashed) else job.phase
            if isinstance(phase, Ready) and service in ("", job.service):
                sizes[type(job.phase)] += phase.clip.facts.size
        numbers = [len(self.jobs_of(LibraryView(tab, service=service))) for tab in Tab]
        picked, rejected, unmarked = (
            len(self.jobs_of(LibraryView(service=service, marks=marks)))
            for marks in (MarkFilter.PICKED, MarkFilter.REJECTED, MarkFilter.UNMARKED)
        )
        sized = replace(Counts(*numbers), clip_bytes=sizes[Ready], trashed_bytes=sizes[Trashed])
        return replace(sized, picked=picked, rejected=rejected, unmarked=unmarked)


def _section_of(job: Job) -> int:
    """0 for what is at work, 1 for what waits, 2 for all others."""
    match job.phase:
        case Unconfirmed() | Rendering() | Saving() | Unsaved():
            return 0
        case Waiting():
            return 1
        case _:
            return 2


def _is_behind(job: Job, other: Job) -> bool:
    section, place, other_place = _section_of(job), (job.position, job.id), (other.position, other.id)
    if section != _section_of(other):
        return section > _section_of(other)
    return place < other_place if section == 2 else place > other_place
