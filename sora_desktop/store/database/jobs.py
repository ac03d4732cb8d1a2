"""The table of jobs, read in pages for the list."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import assert_never

from sora_desktop.domain.clip import Clip, VideoFacts
from sora_desktop.domain.job import Job, JobChange, JobId, RemoteId, phase_name, remote_id_of
from sora_desktop.domain.library import (
    ACTIVE_PHASES,
    DONE_PHASES,
    FAILED_PHASES,
    HIDDEN_PHASES,
    SECTION_PHASES,
    TRASH_PHASES,
    Counts,
    LibraryView,
    Section,
    Tab,
)
from sora_desktop.domain.marks import MarkFilter
from sora_desktop.store.database.rows import INSERT_JOB, LARGEST_NUMBER, UPDATE_JOB, change_of, job_of, row_of
from sora_desktop.store.database.table import Table
from sora_desktop.store.errors import ChangedElsewhere, UnreadableJob

#: Of a job that all tabs but the Trash may show.
_LISTED = f"phase NOT IN {TRASH_PHASES + HIDDEN_PHASES}"
_ON_TAB = {
    Tab.ALL: _LISTED,
    Tab.ACTIVE: f"phase IN {ACTIVE_PHASES}",
    Tab.DONE: f"+phase = '{DONE_PHASES[0]}'",  # most jobs: not by the index of the phase, which would sort them
    Tab.FAILED: f"phase IN {FAILED_PHASES}",
    Tab.STARRED: f"starred AND {_LISTED}",
    Tab.TRASH: f"phase = '{TRASH_PHASES[0]}'",
}
#: The index of starred, picked and rejected jobs is used for exactly these words.
_WITH_MARKS = {
    MarkFilter.STARRED: "starred",
    MarkFilter.PICKED: "flag = 'picked'",
    MarkFilter.REJECTED: "flag = 'rejected'",
    MarkFilter.UNMARKED: "NOT starred AND flag = 'none'",
}

#: Rows of a whole tab that are read at once: at most some twenty milliseconds.
_READ_AT_ONCE = 100
#: The latest clips whose folders `clip_folders` returns.
_CLIPS_LOOKED_AT = 1000


class JobTable(Table):
    """No row is ever deleted: a removed job stays in phase Removed."""

    async def add(self, jobs: Sequence[Job]) -> None:
        """Save new jobs in one transaction: all of them or, on an error, none. Saved ones are left as they are."""
        await self._database.write(lambda connection: connection.executemany(INSERT_JOB, map(row_of, jobs)))

    async def change(self, changes: Sequence[JobChange]) -> None:
        """Save changed jobs in one transaction: all of them or, on an error, none.

        Raises ChangedElsewhere if one of them is not in its known phase on disk, with its known remote id.
        """

        def write(connection: sqlite3.Connection) -> None:
            for known, changed in changes:
                if connection.execute(UPDATE_JOB, change_of(known, changed)).rowcount != 1:
                    raise ChangedElsewhere

        await self._database.write(write)

    def read(self, id: JobId) -> Job | None:
        """The job as saved; None if there is none. Raises UnreadableJob, so that it is not taken for a new one."""
        rows = self._database.rows("SELECT * FROM job WHERE id = ?", (id,))
        return job_of(rows[0]) if rows else None

    def shares_remote_id(self, job: Job) -> bool:
        """True if another job of the same service has the same remote id, removed jobs included."""
        sql = "SELECT 1 FROM job WHERE remote_id = ? AND service = ? AND id <> ? LIMIT 1"
        return bool(self._database.rows(sql, (remote_id_of(job.phase), job.service, job.id)))

    def known_remote_ids(self, ids: Collection[RemoteId]) -> set[RemoteId]:
        """Those of the ids that belong to a job, of whatever service, removed jobs included."""
        rows = self._database.rows(
            "SELECT remote_id FROM job WHERE remote_id IN (SELECT value FROM json_each(?))", (json.dumps([*ids]),)
        )
        return {RemoteId(row[0]) for row in rows}

    def unfinished(self) -> list[Job]:
        """Jobs that are not settled, in the order of the queue."""
        settled = (
            "ready",
            "failed",
            "unwatched",
            "cancelled",
            "trashed",
            "removed",
        )  # the others are few; an unknown phase is set aside
        rows = self._database.rows(
            f"SELECT * FROM job WHERE rowid IN (SELECT rowid FROM job WHERE phase NOT IN {settled})"
            " ORDER BY position, id"
        )
        return list(self._readable(rows))

    def abandoned_since(self, moment: float) -> list[Job]:
        """Jobs that were abandoned at or after that moment, in unix seconds; latest first."""
        rows = self._database.rows(
            "SELECT * FROM job WHERE phase = 'unwatched' AND changed_at >= ? ORDER BY changed_at DESC", (moment,)
        )
        return list(self._readable(rows))

    def page(self, view: LibraryView, limit: int, after: Job | None = None) -> list[Job]:
        """At most `limit` jobs of the view after the job `after`, in list order: by section, then by position and id.

        A job is in the view if it is on its tab, of its service, has its marks, and each word of the search is a part
        of the job's prompt, in any case.
        """
        jobs: list[Job] = []
        first = Section.AT_WORK if after is None else Section.of(phase_name(after.phase))
        for section in list(Section)[first:]:
            jobs += self._part(view, section, limit - len(jobs), after if section is first else None)
            if len(jobs) == limit:
                break
        return jobs

    def _part(self, view: LibraryView, section: Section | None, limit: int, after: Job | None) -> list[Job]:
        """At most `limit` jobs of a section; None: of all sections, newest first."""
        where, values = [_ON_TAB[view.tab]], list[object]()
        order, follows = "DESC", "<"
        match section:
            case Section.AT_WORK | Section.WAITING:  # they are few, and found by the index of the phase
                where.append(f"rowid IN (SELECT rowid FROM job WHERE phase IN {_sql(SECTION_PHASES[section])})")
                order, follows = "ASC", ">"
            case Section.SETTLED:
                where.append(f"phase NOT IN {_sql(sum(SECTION_PHASES, ()))}")
            case None:
                pass
            case _:
                assert_never(section)
        for word in view.search.lower().split():
            where.append("instr(words, ?)")
            values.append(word)
        if view.marks is not MarkFilter.ANY:
            where.append(_WITH_MARKS[view.marks])
        if view.service:
            where.append("service = ?")
            values.append(view.service)
        if after is not None:
            where.append(f"(position, id) {follows} (?, ?)")
            values += [after.position, after.id]
        placed = f"ORDER BY position {order}, id {order}"
        # The rows of the page are chosen first: where they are sorted for that, sorting all in full takes far longer.
        page = f"SELECT rowid FROM job WHERE {' AND '.join(where)} {placed} LIMIT ? OFFSET ?"
        query = f"SELECT * FROM job WHERE rowid IN ({page}) {placed}"
        jobs: list[Job] = []
        read = 0
        while (missing := limit - len(jobs)) > 0:  # a short page is taken for the last one: fill it
            rows = self._database.rows(query, (*values, missing, read))
            jobs += self._readable(rows)
            read += len(rows)
            if len(rows) < missing:
                break
        return jobs

    def counts(self, service: str = "") -> Counts:
        """The number of jobs on each tab, and the size of all clips; without jobs that were set aside.

        With the name of a service, its jobs alone are counted.
        """
        of_service = "AND service = ?" if service else ""
        rows = self._database.rows(
            "SELECT phase, count(*), sum(starred <> 0), sum(flag = 'picked'), sum(flag = 'rejected'),"
            f" sum({_WITH_MARKS[MarkFilter.UNMARKED]}),"
            f" sum(CASE WHEN clip_bytes BETWEEN 0 AND {LARGEST_NUMBER} THEN clip_bytes ELSE 0 END) FROM job"
            f" WHERE phase NOT IN ('{HIDDEN_PHASES[0]}') AND id NOT IN (SELECT value FROM json_each(?))"
            f" {of_service} GROUP BY phase",
            (json.dumps(self._database.set_aside.ids), *((service,) if service else ())),
        )
        active = done = failed = starred = trashed = clip_bytes = trashed_bytes = picked = rejected = unmarked = 0
        for phase, number, stars, picks, rejects, without, size in rows:
            if phase in TRASH_PHASES:
                trashed, trashed_bytes = trashed + number, trashed_bytes + int(size)
                continue
            active += number if phase in ACTIVE_PHASES else 0
            done += number if phase in DONE_PHASES else 0
            failed += number if phase in FAILED_PHASES else 0
            starred += int(stars)
            picked += int(picks)
            rejected += int(rejects)
            unmarked += int(without)
            clip_bytes += int(size)
        every = active + done + failed
        return Counts(
            every, active, done, failed, starred, trashed, clip_bytes, trashed_bytes, picked, rejected, unmarked
        )

    def everything(self) -> Iterator[Job]:
        """Every job, newest first, without removed ones and those in the Trash."""
        return self._all_on(Tab.ALL)

    def in_trash(self) -> Iterator[Job]:
        """Every job in the Trash, newest first."""
        return self._all_on(Tab.TRASH)

    def _all_on(self, tab: Tab) -> Iterator[Job]:
        after: Job | None = None
        while page := self._part(LibraryView(tab), None, _READ_AT_ONCE, after):
            yield from page
            after = page[-1]

    def jobs_starting(self, id_start: str) -> list[Job]:
        """The jobs whose ids begin with `id_start`."""
        ids = (id_start, f"{id_start}\U0010ffff")
        return list(self._readable(self._database.rows("SELECT * FROM job WHERE id >= ? AND id < ?", ids)))

    def job_with_clip(self, facts: VideoFacts, other_than: JobId) -> Job | None:
        """Another job whose clip has the same content."""
        rows = self._database.rows(  # by the index of phase and size
            "SELECT * FROM job WHERE phase = 'ready' AND clip_bytes = ? AND id <> ? AND instr(details, ?) LIMIT 1",
            (facts.size, other_than, json.dumps(facts.sha256)),
        )
        return next(self._readable(rows), None)

    def jobs_with_clip_of(self, size: int) -> list[Job]:
        """The jobs, in the Trash or not, whose clip has this number of bytes."""
        rows = self._database.rows(  # by the index of phase and size
            "SELECT * FROM job WHERE phase IN ('ready', 'trashed') AND clip_bytes = ?", (size,)
        )
        return list(self._readable(rows))

    def jobs_with_file(self, clip: Clip) -> list[JobId]:
        """The jobs, in the Trash or not, whose clip is this file."""
        rows = self._database.rows(  # by the index of phase and size
            "SELECT id FROM job WHERE phase IN ('ready', 'trashed') AND clip_bytes = ?"
            " AND json_valid(details)"
            " AND ? IN (json_extract(details, '$.clip.file'), json_extract(details, '$.details.clip.file'))",
            (clip.facts.size, str(clip.file)),
        )
        return [JobId(row[0]) for row in rows]

    def clip_folders(self) -> list[Path]:
        """The folders with the latest clips, most recent first."""
        rows = self._database.rows(
            "SELECT json_extract(details, '$.clip.file') FROM job WHERE phase = 'ready' AND json_valid(details)"
            " ORDER BY position DESC LIMIT ?",
            (_CLIPS_LOOKED_AT,),
        )
        return list(dict.fromkeys(Path(row[0]).parent for row in rows if isinstance(row[0], str)))

    def _readable(self, rows: Iterable[sqlite3.Row]) -> Iterator[Job]:
        """The jobs in the rows; the others are set aside."""
        for row in rows:
            try:
                yield job_of(row)
            except UnreadableJob as error:
                self._database.set_aside.add(error)


def _sql(names: Sequence[str]) -> str:
    return f"({', '.join(repr(name) for name in names)})"
