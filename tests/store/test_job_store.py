"""Jobs on disk: transactions, pages, counts, and what survives a kill."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from decimal import Decimal
from itertools import groupby
from pathlib import Path

import pytest
from builders import a_clip, a_job
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from in_memory_library import InMemoryLibrary
from integrity import integrity_of
from store.job_strategies import jobs, texts
from store.opened_store import opened_database, opened_store, store_in, write_older

from sora_desktop.domain.job import (
    Failed,
    Job,
    JobChange,
    JobId,
    Ready,
    RemoteId,
    Removed,
    Rendering,
    Trashed,
    Unconfirmed,
    Waiting,
)
from sora_desktop.domain.library import LibraryView, Tab
from sora_desktop.domain.marks import Flag, MarkFilter
from sora_desktop.domain.money import Balance
from sora_desktop.store.database.database import Database
from sora_desktop.store.database.salvage import salvage
from sora_desktop.store.database.schema import STEPS
from sora_desktop.store.errors import StoreError


class TracedDatabase(Database):
    """Records the statements of the writing connection, and the queries of the reading one."""

    def __init__(self, file: Path) -> None:
        super().__init__(file)
        self.written: list[str] = []
        self.queries: list[str] = []

    async def trace_writes(self) -> None:
        await self.write(lambda connection: connection.set_trace_callback(self.written.append))
        self.written.clear()

    def rows(self, sql: str, values: Sequence[object] = ()) -> list[sqlite3.Row]:
        self.queries.append(sql)
        return super().rows(sql, values)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(jobs, max_size=25, unique_by=lambda job: job.id), st.sampled_from(Tab), texts, st.integers(1, 7))
def test_pages_and_counts_are_those_of_a_library_in_memory(
    tmp_path_factory: pytest.TempPathFactory, saved: list[Job], tab: Tab, search: str, size: int
) -> None:
    view, library = LibraryView(tab, search), InMemoryLibrary(saved)

    async def compare() -> None:
        async with opened_store(tmp_path_factory.mktemp("store") / "library.db") as store:
            await store.add(saved)
            read: list[Job] = []
            while page := store.page(view, size, read[-1] if read else None):
                assert len(page) <= size
                read += page
            assert read == library.jobs_of(view)
            assert store.counts() == library.counts()

    asyncio.run(compare())


async def test_many_jobs_are_saved_in_one_transaction(tmp_path: Path) -> None:
    database = TracedDatabase(tmp_path / "library.db")
    await database.open()
    store = store_in(database)
    waiting = [a_job(Waiting(), number) for number in range(500)]
    await store.add(waiting)
    await database.trace_writes()
    changed = [replace(job, phase=Failed("no")) for job in waiting]
    await store.change([JobChange(*pair) for pair in zip(waiting, changed, strict=True)])
    # a statement that fires a trigger is traced again for each statement of the trigger
    commands = [sql.split()[0] for sql, _ in groupby(database.written)]
    assert commands == ["BEGIN", *["UPDATE"] * 500, "COMMIT"], "SQLite flushes to disk once a COMMIT"
    assert list(store.everything()) == list(reversed(changed))
    await database.aclose()


async def test_many_jobs_are_saved_all_or_none(tmp_path: Path) -> None:
    async with opened_store(tmp_path / "library.db") as store:
        await store.add([a_job(Waiting(), 1)])
        unusable = replace(a_job(Waiting(), 3), position=None)  # type: ignore[arg-type]
        with pytest.raises(StoreError):
            await store.add([a_job(Waiting(), 2), unusable])
        assert list(store.everything()) == [a_job(Waiting(), 1)]


async def test_a_page_is_read_in_the_order_of_an_index(tmp_path: Path) -> None:
    """A library of many thousand videos must not be sorted for each page."""
    database = TracedDatabase(tmp_path / "library.db")
    await database.open()
    store = store_in(database)
    await store.add([a_job(Failed("no"), number) for number in range(3)])
    last = store.page(LibraryView(), 2)[-1]
    store.page(LibraryView(), 2, last)
    store.page(LibraryView(service="Studio cluster"), 2, last)
    store.page(LibraryView(Tab.STARRED), 2, last)
    for marks in (MarkFilter.STARRED, MarkFilter.PICKED, MarkFilter.REJECTED):
        store.page(LibraryView(Tab.DONE, "words", marks=marks), 2, last)
    for sql in [sql for sql in database.queries if "rowid IN" not in sql]:
        rows = database.reader().execute(f"EXPLAIN QUERY PLAN {sql}", (1,) * sql.count("?"))
        plan = " ".join(str(row[-1]) for row in rows)
        by_words = {
            "service = ?": "job_of_service",
            "starred": "job_starred",
            "'picked'": "job_picked",
            "'rejected'": "job_rejected",
        }
        index = next((index for words, index in by_words.items() if words in sql), "job_place")
        assert index in plan and "TEMP B-TREE" not in plan, plan
    await database.aclose()


async def test_an_attempt_and_its_job_are_one_transaction(tmp_path: Path) -> None:
    async with opened_store(tmp_path / "library.db") as store:
        job = a_job(Unconfirmed())
        number = await store.begin_attempt(job, Decimal("12.5"), Decimal(100))
        assert store.read(job.id) == job
        accepted = replace(job, phase=Rendering(RemoteId("task_1")))
        await store.end_attempt(number, accepted, "accepted")
        await store.note_balance_after(number, Balance(Decimal(3), 8.0))
        (attempt,) = store.attempts(job.id)
        assert store.read(job.id) == accepted
        assert (attempt.answer, attempt.after) == ("accepted", Balance(Decimal(3), 8.0))
        assert attempt.before is not None and attempt.before.amount == Decimal("12.5")


async def test_a_saved_job_survives_a_kill(tmp_path: Path) -> None:
    script = f"""
import asyncio, os
from pathlib import Path
from sora_desktop.store.database.database import Database
from sora_desktop.store.database.job_store import JobStore
from sora_desktop.domain.job import *
from sora_desktop.domain.request import VideoRequest
async def main():
    database = Database(Path({str(tmp_path / "library.db")!r}))
    await database.open()
    await JobStore(database).add([Job(JobId("k"), VideoRequest("saved"), Waiting(), 1.0, 1.0, 1.0)])
    os._exit(9)
asyncio.run(main())
"""
    root = Path(__file__).parents[2]
    ended = await asyncio.to_thread(subprocess.run, [sys.executable, "-c", script], cwd=root, check=False)
    assert ended.returncode == 9
    async with opened_store(tmp_path / "library.db") as store:
        assert [job.request.prompt for job in store.unfinished()] == ["saved"]
    assert integrity_of(tmp_path / "library.db") == "ok"


async def test_a_failed_transaction_changes_nothing(tmp_path: Path) -> None:
    def fail(connection: sqlite3.Connection) -> None:
        connection.execute("UPDATE job SET phase = 'ready'")
        raise ValueError("in the middle")

    async with opened_database(tmp_path / "library.db") as database:
        store = store_in(database)
        await store.add([a_job(Waiting())])
        with pytest.raises(ValueError, match="middle"):
            await database.write(fail)
        assert store.read(JobId("job1")) == a_job(Waiting())
        await store.add([a_job(Waiting(), 2)])  # the next transaction works
        assert isinstance(store.read(JobId("job2")), Job)


async def test_a_library_of_an_older_version_has_no_flags(tmp_path: Path) -> None:
    file, new = tmp_path / "older.db", tmp_path / "new.db"
    job = a_job(Ready(a_clip()), starred=True)
    write_older(file, STEPS[:10], [job])
    write_older(new, STEPS, [])
    with closing(sqlite3.connect(new, isolation_level=None)) as connection:
        assert salvage(file, connection).jobs == 1, "also if it is damaged"
    for each in (file, new):
        async with opened_store(each) as store:
            assert store.read(job.id) == job
            await store.change([JobChange(job, replace(job, flag=Flag.REJECTED))])
            assert store.page(LibraryView(marks=MarkFilter.REJECTED), 9) == [replace(job, flag=Flag.REJECTED)]


async def test_every_job_with_a_file_is_found_in_the_trash_too(tmp_path: Path) -> None:
    one, other = a_clip(Path("/clips/日 one.mp4")), a_clip(Path("/clips/other.mp4"))
    jobs = [
        a_job(Ready(one), 1, starred=True),
        a_job(Trashed(Ready(one), 1.0), 2),
        a_job(Ready(other), 3),
        a_job(Trashed(Failed("no"), 1.0), 4),
        a_job(Removed(), 5),
    ]
    async with opened_store(tmp_path / "library.db") as store:
        await store.add(jobs)
        assert set(store.jobs_with_file(one)) == {jobs[0].id, jobs[1].id}
        assert store.jobs_with_file(other) == [jobs[2].id]
