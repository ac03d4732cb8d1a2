"""What the ledger keeps about the list that a service showed before a create, and about the tasks that are known."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from builders import a_job
from store.opened_store import opened_database, opened_store, store_in, write_older

from sora_desktop.domain.job import Cancelled, JobChange, RemoteId, Removed, Rendering, Unconfirmed, Waiting
from sora_desktop.domain.ledger import ListMark, Outcome
from sora_desktop.store.database.job_store import JobStore
from sora_desktop.store.database.salvage import salvage
from sora_desktop.store.database.schema import STEPS
from sora_desktop.store.errors import ChangedElsewhere

MARK = ListMark("http://gpu:8091/v1", (RemoteId("video_2"), RemoteId("video_1")), 90.5, 100.0)


async def send(store: JobStore, number: int, *, mark: ListMark | None = None, service: str = "test") -> int:
    """Write a create of job `number` to the ledger."""
    return await store.begin_attempt(a_job(Unconfirmed(), number, service=service), None, None, mark=mark)


async def accept(store: JobStore, number: int, task: str, *, service: str = "test") -> None:
    job = a_job(Rendering(RemoteId(task)), number, service=service)
    await store.end_attempt(await send(store, number, service=service), job, "", Outcome.ACCEPTED)


@pytest.mark.parametrize("mark", [MARK, ListMark(), ListMark("place", ()), None])
async def test_a_mark_is_read_as_it_was_written(tmp_path: Path, mark: ListMark | None) -> None:
    async with opened_store(tmp_path / "library.db") as store:
        await send(store, 1, mark=mark)
        assert store.attempts(a_job(Waiting()).id)[0].mark == mark


@pytest.mark.parametrize("text", ["{", "[]", '{"place": 5}', '{"ids": [1]}', '"text"', b"\xff\xfe", 5])
async def test_a_damaged_mark_is_none(tmp_path: Path, text: object) -> None:
    async with opened_database(tmp_path / "library.db") as database:
        store = store_in(database)
        await send(store, 1, mark=MARK)
        await database.write(lambda connection: connection.execute("UPDATE attempt SET list_mark = ?", (text,)))
        assert store.attempts(a_job(Waiting()).id)[0].mark is None


async def test_an_attempt_of_an_older_library_has_no_mark(tmp_path: Path) -> None:
    file = tmp_path / "library.db"
    write_older(file, STEPS[:7], [a_job(Waiting())])
    with closing(sqlite3.connect(file)) as connection:
        sql = "INSERT INTO attempt (job_id, sent_at, request) VALUES (?, 5.0, '{}')"
        connection.execute(sql, (a_job(Waiting()).id,))
        connection.commit()
    async with opened_store(file) as store:
        assert [attempt.mark for attempt in store.attempts(a_job(Waiting()).id)] == [None]


async def test_a_mark_survives_the_damage_of_the_database(tmp_path: Path) -> None:
    async with opened_store(tmp_path / "damaged.db") as store:
        await send(store, 1, mark=MARK)
    async with opened_database(tmp_path / "library.db") as database:
        await database.write(lambda connection: None)
    with closing(sqlite3.connect(tmp_path / "library.db", isolation_level=None)) as connection:
        salvage(tmp_path / "damaged.db", connection)
    async with opened_store(tmp_path / "library.db") as store:
        assert store.attempts(a_job(Waiting()).id)[0].mark == MARK


async def test_the_last_undecided_attempts_of_one_service_are_found(tmp_path: Path) -> None:
    async with opened_store(tmp_path / "library.db") as store:
        first, second, third = [await send(store, number) for number in (1, 2, 3)]
        await send(store, 4, service="elsewhere")
        await accept(store, 5, "video_1")
        await store.judge_attempt(second, a_job(Unconfirmed("?"), 2, service="test"), Outcome.UNKNOWN, None)
        assert [attempt.id for attempt in store.undecided("test", 10)] == [first, second, third]
        assert [attempt.id for attempt in store.undecided("test", 2)] == [second, third]
        await store.judge_attempt(second, a_job(Waiting(), 2, service="test"), Outcome.REFUSED, None)
        assert [attempt.id for attempt in store.undecided("test", 10)] == [first, third]


async def test_the_tasks_of_all_jobs_are_known(tmp_path: Path) -> None:
    async with opened_store(tmp_path / "library.db") as store:
        await accept(store, 1, "rendering")
        await accept(store, 2, "removed")
        removed = a_job(Rendering(RemoteId("removed")), 2, service="test")
        await store.change([JobChange(removed, replace(removed, phase=Removed()))])
        await accept(store, 3, "elsewhere", service="elsewhere")
        asked = [RemoteId(id) for id in ("rendering", "removed", "elsewhere", "of another user")]
        assert store.known_remote_ids(asked) == set(asked[:3])


async def test_the_tasks_accepted_before_an_attempt_are_found_latest_first(tmp_path: Path) -> None:
    async with opened_store(tmp_path / "library.db") as store:
        for number, task in enumerate(("first", "second", "cancelled"), 1):
            await accept(store, number, task)
        rendering = a_job(Rendering(RemoteId("cancelled")), 3, service="test")
        await store.change([JobChange(rendering, replace(rendering, phase=Cancelled(RemoteId("cancelled"))))])
        await accept(store, 4, "elsewhere", service="elsewhere")
        await send(store, 5)
        await accept(store, 6, "later")
        (attempt,) = store.attempts(a_job(Waiting(), 5).id)
        assert store.accepted_before(attempt, 10) == ["second", "first"]
        assert store.accepted_before(attempt, 1) == ["second"]


async def test_a_task_of_another_job_is_never_adopted(tmp_path: Path) -> None:
    """Whatever the list shows, and whichever service the other job is of."""
    async with opened_store(tmp_path / "library.db") as store:
        await accept(store, 1, "video_1", service="elsewhere")
        number = await send(store, 2)
        with pytest.raises(ChangedElsewhere):
            job = a_job(Rendering(RemoteId("video_1")), 2, service="test")
            await store.judge_attempt(number, job, Outcome.ACCEPTED, None)
        (attempt,) = store.attempts(a_job(Waiting(), 2).id)
        assert attempt.outcome is Outcome.OPEN
        job = a_job(Rendering(RemoteId("video_2")), 2, service="test")
        await store.judge_attempt(number, job, Outcome.ACCEPTED, None)
        assert store.read(job.id) == job
