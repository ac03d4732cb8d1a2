"""Which jobs a view shows, and in which order: for changed jobs, the same as the library's pages."""

from __future__ import annotations

from typing import TypeAlias, assert_never

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
    if not _is_on(view.tab, job) or view.service not in ("", job.service) or not view.marks.admits(job.marks):
        return False
    if not view.search:
        return True
    prompt = job.request.prompt.lower()
    return all(word in prompt for word in view.search.lower().split())


def _is_on(tab: Tab, job: Job) -> bool:
    name = phase_name(job.phase)
    match tab:
        case Tab.ALL:
            return name not in TRASH_PHASES and name not in HIDDEN_PHASES
        case Tab.ACTIVE:
            return name in ACTIVE_PHASES
        case Tab.DONE:
            return name in DONE_PHASES
        case Tab.FAILED:
            return name in FAILED_PHASES
        case Tab.STARRED:
            return job.starred and _is_on(Tab.ALL, job)
        case Tab.TRASH:
            return name in TRASH_PHASES
        case _:
            assert_never(tab)


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
