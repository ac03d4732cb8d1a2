"""Jobs on disk, and pages of them for the list."""

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
from sora_desktop.store.database.attempts import AttemptStore
from sora_desktop.store.database.rows import PUT, job_of, row_of

_ON_TAB = {
    Tab.ALL: "phase <> 'removed'",
    Tab.ACTIVE: f"phase IN {ACTIVE_PHASES}",
    Tab.DONE: f"phase = '{DONE_PHASES[0]}'",
    Tab.FAILED: f"phase = '{FAILED_PHASES[0]}'",
    Tab.STARRED: "starred AND phase <> 'removed'",
}


class JobStore(AttemptStore):
    """Writes through the database's one writer; reads from the loop's thread. No row is ever deleted."""

    async def add(self, jobs: Sequence[Job]) -> None:
        """All of them, or none, are on disk when this returns."""
        rows = [row_of(job) for job in jobs]
        await self._database.write(lambda connection: connection.executemany(PUT, rows))

    async def save(self, job: Job) -> None:
        """The job is on disk when this returns."""
        await self.add([job])

    def read(self, id: JobId) -> Job | None:
        """The job as saved."""
        rows = self._database.rows("SELECT * FROM job WHERE id = ?", (id,))
        return job_of(rows[0]) if rows else None

    def unfinished(self) -> list[Job]:
        """Jobs that are not settled, in the order of the queue."""
        names = ("waiting", "unconfirmed", "rendering", "saving", "unsaved")
        rows = self._database.rows(f"SELECT * FROM job WHERE phase IN {names} ORDER BY position, id")
        return [job_of(row) for row in rows]

    def abandoned_since(self, moment: float) -> list[Job]:
        """Jobs that a person stopped waiting for at or after that moment, in unix seconds; latest first."""
        rows = self._database.rows(
            "SELECT * FROM job WHERE phase = 'unwatched' AND changed_at >= ? ORDER BY changed_at DESC", (moment,)
        )
        return [job_of(row) for row in rows]

    def page(self, view: LibraryView, limit: int, after: Job | None = None) -> list[Job]:
        """At most `limit` jobs of the view, newest first and who waits last in line first, from behind `after`."""
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
        """How many jobs stand where."""
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
        """Every job, newest first, removed ones left out."""
        after: Job | None = None
        while page := self.page(LibraryView(), 500, after):
            yield from page
            after = page[-1]
