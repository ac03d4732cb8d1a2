"""The table of jobs, read in pages for the list."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sora_desktop.domain.job import Job, JobId
from sora_desktop.domain.library import (
    ACTIVE_PHASES,
    DONE_PHASES,
    FAILED_PHASES,
    Counts,
    LibraryView,
    Tab,
)
from sora_desktop.store.database.rows import UPSERT_JOB, job_of, row_of
from sora_desktop.store.database.table import Table

_ON_TAB = {
    Tab.ALL: "phase <> 'removed'",
    Tab.ACTIVE: f"phase IN {ACTIVE_PHASES}",
    Tab.DONE: f"phase = '{DONE_PHASES[0]}'",
    Tab.FAILED: f"phase = '{FAILED_PHASES[0]}'",
    Tab.STARRED: "starred AND phase <> 'removed'",
}


class JobTable(Table):
    """No row is ever deleted: a removed job stays in phase Removed."""

    async def add(self, jobs: Sequence[Job]) -> None:
        """Save new or changed jobs in one transaction: all of them or, on an error, none."""
        rows = [row_of(job) for job in jobs]
        await self._database.write(lambda connection: connection.executemany(UPSERT_JOB, rows))

    async def save(self, job: Job) -> None:
        """Save one job."""
        await self.add([job])

    def read(self, id: JobId) -> Job | None:
        """The job as saved; None if there is none."""
        rows = self._database.rows("SELECT * FROM job WHERE id = ?", (id,))
        return job_of(rows[0]) if rows else None

    def unfinished(self) -> list[Job]:
        """Jobs that are not settled, in the order of the queue."""
        names = ("waiting", "unconfirmed", "rendering", "saving", "unsaved")
        rows = self._database.rows(f"SELECT * FROM job WHERE phase IN {names} ORDER BY position, id")
        return [job_of(row) for row in rows]

    def abandoned_since(self, moment: float) -> list[Job]:
        """Jobs that were abandoned at or after that moment, in unix seconds; latest first."""
        rows = self._database.rows(
            "SELECT * FROM job WHERE phase = 'unwatched' AND changed_at >= ? ORDER BY changed_at DESC", (moment,)
        )
        return [job_of(row) for row in rows]

    def page(self, view: LibraryView, limit: int, after: Job | None = None) -> list[Job]:
        """At most `limit` jobs of the view after the job `after`, in list order: from the last position to the first.

        A job is in the view if it is on its tab and each word of the search is a part of its prompt, in any case.
        """
        where, values = [_ON_TAB[view.tab]], list[object]()
        for word in view.search.lower().split():
            where.append("instr(words, ?)")
            values.append(word)
        if after is not None:
            where.append("(position, id) < (?, ?)")
            values += [after.position, after.id]
        rows = self._database.rows(
            f"SELECT * FROM job WHERE {' AND '.join(where)} ORDER BY position DESC, id DESC LIMIT ?",
            (*values, limit),
        )
        return [job_of(row) for row in rows]

    def counts(self) -> Counts:
        """The number of jobs on each tab, and the size of all clips."""
        rows = self._database.rows(
            "SELECT phase, count(*), sum(starred), sum(clip_bytes) FROM job WHERE phase <> 'removed' GROUP BY phase"
        )
        active = done = failed = starred = clip_bytes = 0
        for phase, number, stars, size in rows:
            active += number if phase in ACTIVE_PHASES else 0
            done += number if phase in DONE_PHASES else 0
            failed += number if phase in FAILED_PHASES else 0
            starred += stars
            clip_bytes += size
        return Counts(active + done + failed, active, done, failed, starred, clip_bytes)

    def everything(self) -> Iterator[Job]:
        """Every job in list order, without removed ones."""
        after: Job | None = None
        while page := self.page(LibraryView(), 500, after):
            yield from page
            after = page[-1]
