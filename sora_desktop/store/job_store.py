"""Jobs on disk, and pages of them for the list."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal

from sora_desktop.domain.job import Job, JobId, Ready, phase_name, remote_id_of
from sora_desktop.domain.library import (
    ACTIVE_PHASES,
    DONE_PHASES,
    FAILED_PHASES,
    Counts,
    LibraryView,
    Shelf,
)
from sora_desktop.store import codec
from sora_desktop.store.attempts import Attempt, attempt_of, decimal_text
from sora_desktop.store.database import Database

_ON_SHELF = {
    Shelf.ALL: "phase <> 'removed'",
    Shelf.ACTIVE: f"phase IN {ACTIVE_PHASES}",
    Shelf.DONE: f"phase = '{DONE_PHASES[0]}'",
    Shelf.FAILED: f"phase = '{FAILED_PHASES[0]}'",
    Shelf.STARRED: "starred AND phase <> 'removed'",
}

_PUT = """
INSERT INTO job (id, created_at, changed_at, position, starred, on_hold, service, phase, details, request, words,
                 remote_id, clip_bytes)
VALUES (:id, :created_at, :changed_at, :position, :starred, :on_hold, :service, :phase, :details, :request, :words,
        :remote_id, :clip_bytes)
ON CONFLICT (id) DO UPDATE SET
    changed_at = excluded.changed_at, position = excluded.position, starred = excluded.starred,
    on_hold = excluded.on_hold, service = excluded.service, phase = excluded.phase, details = excluded.details,
    request = excluded.request, words = excluded.words, remote_id = coalesce(excluded.remote_id, remote_id),
    clip_bytes = excluded.clip_bytes
"""


class JobStore:
    """Writes through the database's one writer; reads from the loop's thread. No row is ever deleted."""

    def __init__(self, database: Database, now: Callable[[], float] = time.time) -> None:
        self._database = database
        self._now = now

    async def add(self, jobs: Sequence[Job]) -> None:
        """All of them, or none, are on disk when this returns."""
        rows = [_row(job) for job in jobs]
        await self._database.write(lambda connection: connection.executemany(_PUT, rows))

    async def save(self, job: Job) -> None:
        """The job is on disk when this returns."""
        await self.add([job])

    async def begin_attempt(self, job: Job, balance: Decimal | None, price: Decimal | None) -> int:
        """Note a create before it is sent, and the job with it; the attempt's number."""
        request, row = codec.to_text(job.request), _row(job)

        def change(connection: sqlite3.Connection) -> int:
            connection.execute(_PUT, row)
            made = connection.execute(
                "INSERT INTO attempt (job_id, sent_at, request, balance_before, price) VALUES (?, ?, ?, ?, ?)",
                (job.id, self._now(), request, decimal_text(balance), decimal_text(price)),
            )
            assert made.lastrowid is not None
            return made.lastrowid

        return await self._database.write(change)

    async def end_attempt(self, attempt: int, job: Job, answer: str) -> None:
        """Note what came of it, and the job's new phase with it. `answer` must not hold the key."""
        row = _row(job)

        def change(connection: sqlite3.Connection) -> None:
            connection.execute(_PUT, row)
            connection.execute(
                "UPDATE attempt SET ended_at = ?, answer = ? WHERE id = ?", (self._now(), answer, attempt)
            )

        await self._database.write(change)

    async def note_balance_after(self, attempt: int, balance: Decimal) -> None:
        """The balance as read after the attempt."""
        values = (decimal_text(balance), attempt)
        await self._database.write(lambda c: c.execute("UPDATE attempt SET balance_after = ? WHERE id = ?", values))

    def attempts(self, id: JobId) -> list[Attempt]:
        """What was tried for one job, oldest first."""
        rows = self._database.reader().execute("SELECT * FROM attempt WHERE job_id = ? ORDER BY id", (id,))
        return [attempt_of(row) for row in rows]

    def read(self, id: JobId) -> Job | None:
        """The job as saved."""
        row = self._database.reader().execute("SELECT * FROM job WHERE id = ?", (id,)).fetchone()
        return None if row is None else _job(row)

    def unfinished(self) -> list[Job]:
        """Jobs that are not settled, in the order of the queue."""
        names = ("waiting", "unconfirmed", "rendering", "saving", "unsaved")
        rows = self._database.reader().execute(f"SELECT * FROM job WHERE phase IN {names} ORDER BY position, id")
        return [_job(row) for row in rows]

    def page(self, view: LibraryView, limit: int, after: Job | None = None) -> list[Job]:
        """At most `limit` jobs of the view, newest first, from behind `after`."""
        where, values = [_ON_SHELF[view.shelf]], list[object]()
        for word in view.search.lower().split():
            where.append("instr(words, ?)")
            values.append(word)
        if after is not None:
            where.append("(created_at, id) < (?, ?)")
            values += [after.created_at, after.id]
        rows = self._database.reader().execute(
            f"SELECT * FROM job WHERE {' AND '.join(where)} ORDER BY created_at DESC, id DESC LIMIT ?",
            (*values, limit),
        )
        return [_job(row) for row in rows]

    def counts(self) -> Counts:
        """How many jobs stand where."""
        rows = self._database.reader().execute(
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


def _row(job: Job) -> dict[str, object]:
    return {
        "id": job.id,
        "created_at": job.created_at,
        "changed_at": job.changed_at,
        "position": job.position,
        "starred": int(job.starred),
        "on_hold": int(job.on_hold),
        "service": job.service,
        "phase": phase_name(job.phase),
        "details": codec.to_text(job.phase),
        "request": codec.to_text(job.request),
        "words": job.request.prompt.lower(),
        "remote_id": remote_id_of(job.phase),
        "clip_bytes": job.phase.clip.facts.size if isinstance(job.phase, Ready) else 0,
    }


def _job(row: sqlite3.Row) -> Job:
    return Job(
        JobId(row["id"]),
        codec.request_from_text(row["request"]),
        codec.phase_from_text(row["phase"], row["details"]),
        row["created_at"],
        row["changed_at"],
        row["position"],
        bool(row["starred"]),
        bool(row["on_hold"]),
        row["service"],
    )
