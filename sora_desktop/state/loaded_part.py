"""How far the library is loaded into the list, page by page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Protocol

from sora_desktop.domain.job import Job, JobId, is_settled
from sora_desktop.domain.library import Counts, LibraryView
from sora_desktop.state.ledger_facts import LedgerSource
from sora_desktop.state.list_order import list_order

#: Rows read from the library at a time.
PAGE = 100


class PageSource(Protocol):
    """Reads the library in pages."""

    def page(self, view: LibraryView, limit: int, after: Job | None = None) -> list[Job]:
        """At most `limit` jobs of the view that come after `after`, in list order: by section, then by position and id.

        Positions and ids ascend in the sections of the queue, and descend among settled jobs.
        """


class LibrarySource(PageSource, LedgerSource, Protocol):
    """The part of the library that the list reads."""

    def counts(self, service: str = "") -> Counts:
        """The number of jobs on each tab; with a name, of that service."""


class LoadedPart:
    """The upper part of a view of the library. Published progress, which is never saved, stands in its pages."""

    def __init__(self, library: PageSource) -> None:
        self._library = library
        self.view = LibraryView()  # the tab and the search that are loaded
        self._lowest: Job | None = None  # the last job of the last page
        self._all_loaded = True
        self._live: dict[JobId, Job] = {}  # unsettled jobs as last published

    @property
    def has_more(self) -> bool:
        """True while the library has jobs after the loaded part."""
        return not self._all_loaded

    def first_page(self, view: LibraryView) -> list[Job]:
        """Begin again, with another view or the same one."""
        return self._read(view, None)

    def next_page(self) -> list[Job]:
        """Read the jobs that follow. One that was moved meanwhile may be among them again."""
        return self._read(self.view, self._lowest)

    def end_after(self, job: Job | None) -> None:
        """Unload what comes after a job; None unloads everything."""
        self._lowest, self._all_loaded = job, False

    def reaches(self, job: Job) -> bool:
        """True if the job's place is in the loaded part."""
        return self._all_loaded or self._lowest is None or not list_order(self._lowest) < list_order(job)

    def publish(self, job: Job) -> None:
        """Keep the new state of a job for the pages to come, unless it is settled and so saved as it is."""
        if is_settled(job.phase):
            self._live.pop(job.id, None)
        else:
            self._live[job.id] = job

    def published(self, id: JobId) -> Job | None:
        """The job as last published; None if it is settled, or was never published."""
        return self._live.get(id)

    def _read(self, view: LibraryView, after: Job | None) -> list[Job]:
        page = self._library.page(view, PAGE, after)
        self.view, self._lowest, self._all_loaded = view, page[-1] if page else None, len(page) < PAGE
        return list(map(self._as_published, page))

    def _as_published(self, saved: Job) -> Job:
        live = self._live.get(saved.id, saved)
        if live.position != saved.position:  # moved and saved, and not published yet
            live = replace(live, position=saved.position)
        return live if type(live.phase) is type(saved.phase) else saved


def all_jobs(library: PageSource, view: LibraryView) -> Iterator[Job]:
    """All jobs of a view as saved, in list order."""
    after: Job | None = None
    while page := library.page(view, PAGE, after):
        yield from page
        after = page[-1]
