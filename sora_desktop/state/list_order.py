"""Which jobs a view shows, and in which order: for changed jobs, the same as the library's pages."""

from __future__ import annotations

from typing import TypeAlias

from sora_desktop.domain.job import Job, JobId, phase_name
from sora_desktop.domain.library import (
    ACTIVE_PHASES,
    DONE_PHASES,
    FAILED_PHASES,
    HIDDEN_PHASES,
    TRASH_PHASES,
    LibraryView,
    Section,
    Tab,
)


def fits(job: Job, view: LibraryView) -> bool:
    """True if the view shows the job."""
    name = phase_name(job.phase)
    listed = name not in TRASH_PHASES + HIDDEN_PHASES
    on_tab = {
        Tab.ALL: listed,
        Tab.ACTIVE: name in ACTIVE_PHASES,
        Tab.DONE: name in DONE_PHASES,
        Tab.FAILED: name in FAILED_PHASES,
        Tab.STARRED: listed and job.starred,
        Tab.TRASH: name in TRASH_PHASES,
    }[view.tab]
    words = view.search.lower().split()
    prompt = job.request.prompt.lower()
    of_service = view.service in ("", job.service)
    return on_tab and of_service and view.marks.admits(job.marks) and all(word in prompt for word in words)


class _Descending(str):
    """A text that reverses the order."""

    __slots__ = ()

    def __lt__(self, other: str) -> bool:
        return str.__gt__(self, other)


Order: TypeAlias = tuple[Section, float, str]


def order_at(section: Section, position: float, id: JobId) -> Order:
    """The place of a job with that position and id; settled jobs stand with the latest one first."""
    if section is Section.SETTLED:
        return section, -position, _Descending(id)
    return section, position, id


def list_order(job: Job) -> Order:
    """The place of the job, to compare it with others."""
    return order_at(Section.of(phase_name(job.phase)), job.position, job.id)
