"""A restored backup or a copy of a library puts what waits on hold, and tells so, once."""

from __future__ import annotations

import logging
import shutil
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from builders import a_job
from store.opened_store import NOW, opened_database, write_older

from sora_desktop.domain.job import Job, JobChange, RemoteId, Rendering, Unconfirmed, Waiting
from sora_desktop.store.data_folder import DataFolder
from sora_desktop.store.database.database import Database
from sora_desktop.store.database.job_store import JobStore
from sora_desktop.store.database.schema import STEPS
from sora_desktop.store.sent_marks import SentMark, SentMarks

#: The steps without the id of a library.
OLD_STEPS = STEPS[:4]


#: Marks with a value that is none.
BAD_MARKS = [
    *(f'{{"folder": "/x", "attempt": {number}}}'.encode() for number in ("1e999", "1" + 30 * "0", "NaN", "-5", "true")),
    b'{"folder": null, "attempt": 1}',
    b'{"folder": "\\u0000", "attempt": 1}',
    b'{"folder": "\\ud800", "attempt": 1}',
]


@asynccontextmanager
async def library(folder: Path, marks: Path) -> AsyncIterator[tuple[Database, JobStore]]:
    folder.mkdir(exist_ok=True)
    database = Database(folder / "library.db", sent_marks=SentMarks(marks), now=lambda: NOW)
    await database.open()
    try:
        yield database, JobStore(database, now=lambda: NOW)
    finally:
        await database.aclose()


async def release(store: JobStore, job: Job) -> None:
    """As the user does."""
    await store.change([JobChange(job, replace(job, on_hold=False))])


async def send(store: JobStore, job: Job) -> int:
    return await store.begin_attempt(replace(job, phase=Unconfirmed()), None, Decimal(100))


async def stock(folder: Path, marks: Path, waiting: int = 3) -> None:
    """A library with one sent job and some that wait."""
    async with library(folder, marks) as (_, store):
        await store.add([a_job(Waiting(), number) for number in range(waiting + 1)])
        await send(store, a_job(Waiting(), 0))


async def send_next(folder: Path, marks: Path, number: int = 1) -> int:
    async with library(folder, marks) as (database, store):
        assert not database.was_restored
        return await send(store, a_job(Waiting(), number))


def held(store: JobStore) -> list[str]:
    return [job.id for job in store.unfinished() if job.on_hold]


async def test_what_waits_in_a_restored_backup_is_put_on_hold_once(tmp_path: Path) -> None:
    data, backup, marks = tmp_path / "data", tmp_path / "backup", tmp_path / "marks"
    await stock(data, marks)
    shutil.copytree(data, backup)
    assert await send_next(data, marks) == 2
    shutil.rmtree(data)
    shutil.copytree(backup, data)
    async with library(data, marks) as (database, store):
        assert database.was_restored
        assert held(store) == ["job1", "job2", "job3"]
        assert database.warning.startswith("This library was restored from an earlier copy")
        assert "3 jobs waiting to be sent are on hold" in database.warning and "Check your balance" in database.warning
        assert store.last_restore() == (2, NOW)
    async with library(data, marks) as (database, store):
        assert not database.was_restored and not database.warning, "the user is told once"
        assert store.last_restore() == (2, NOW)
        await release(store, a_job(Waiting(), 3))
        assert await send(store, a_job(Waiting(), 3)) == 3, "no number is used for two creates"
    async with library(data, marks) as (database, store):
        assert not database.was_restored


async def test_the_database_alone_without_its_wal_counts_as_restored(tmp_path: Path) -> None:
    data, marks = tmp_path / "data", tmp_path / "marks"
    await stock(data, marks)
    async with library(data, marks) as (_, store):
        await send(store, a_job(Waiting(), 1))
        copied = (data / "library.db").read_bytes()
        assert (data / "library.db-wal").stat().st_size, "the attempt is in the WAL alone"
    (data / "library.db").write_bytes(copied)
    async with library(data, marks) as (database, store):
        assert database.was_restored and held(store) == ["job1", "job2", "job3"]


async def test_a_job_at_the_service_is_not_put_on_hold(tmp_path: Path) -> None:
    data, marks = tmp_path / "data", tmp_path / "marks"
    async with library(data, marks) as (_, store):
        await store.add([a_job(Rendering(RemoteId("task_1")), 1)])
        copied = (tmp_path / "copy.db", data / "library.db")
        with closing(sqlite3.connect(copied[1])) as source, closing(sqlite3.connect(copied[0])) as target:
            source.backup(target)
        await store.add([a_job(Waiting(), 2)])
        await send(store, a_job(Waiting(), 2))
    shutil.copy(*copied)
    async with library(data, marks) as (database, store):
        assert database.was_restored and "on hold" not in database.warning
        (job,) = store.unfinished()
        assert isinstance(job.phase, Rendering) and not job.on_hold


async def test_a_backup_from_before_libraries_had_an_id_is_known_by_its_folder(tmp_path: Path) -> None:
    data, old, marks = tmp_path / "data", tmp_path / "old.db", tmp_path / "marks"
    write_older(old, OLD_STEPS, [a_job(Waiting(), number) for number in range(3)])
    data.mkdir()
    shutil.copy(old, data / "library.db")
    for number in range(2):
        assert await send_next(data, marks, number) == number + 1
    shutil.copy(old, data / "library.db")
    async with library(data, marks) as (database, store):
        assert database.was_restored and len(held(store)) == 3
        await release(store, a_job(Waiting(), 0))
        assert await send(store, a_job(Waiting(), 0)) == 3
    async with library(data, marks) as (database, _):
        assert not database.was_restored


@pytest.mark.parametrize("sends_more", [True, False])
async def test_a_copy_holds_what_also_waits_in_the_original(tmp_path: Path, sends_more: bool) -> None:
    data, copy, marks = tmp_path / "data", tmp_path / "copy", tmp_path / "marks"
    await stock(data, marks)
    shutil.copytree(data, copy)
    if sends_more:
        await send_next(data, marks)
    async with library(copy, marks) as (database, store):
        assert len(held(store)) == 3 and f"a copy of the one in {data}" in database.warning
    for number, folder in enumerate((data, copy, data)):  # each is a library of its own from now on
        async with library(folder, marks) as (database, store):
            assert not database.was_restored
            await store.add([a_job(Waiting(), 9, id=f"new{number}")])
            await send(store, a_job(Waiting(), 9, id=f"new{number}"))


async def test_a_moved_data_folder_is_no_copy(tmp_path: Path) -> None:
    data, moved, marks = tmp_path / "data", tmp_path / "moved", tmp_path / "marks"
    await stock(data, marks)
    data.rename(moved)
    assert await send_next(moved, marks) == 2
    link = tmp_path / "link"
    link.symlink_to(moved)
    assert await send_next(link, marks, 2) == 3


@pytest.mark.parametrize("has_identity", [True, False], ids=["same file number", "by what appears in it"])
async def test_one_data_folder_by_two_paths_is_no_copy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, has_identity: bool
) -> None:
    """A link left behind at the old place, a mount, a mapped drive."""
    data, moved, marks = tmp_path / "data", tmp_path / "moved", tmp_path / "marks"
    await stock(data, marks)
    if not has_identity:
        monkeypatch.setattr("sora_desktop.store.files.file_identity", lambda file: (hash(file), 0))
    data.rename(moved)
    data.symlink_to(moved)
    assert await send_next(data, marks) == 2
    monkeypatch.setattr("sora_desktop.store.database.restore_check.resolved", Path)  # as if mounted twice
    assert await send_next(data, marks, 2) == 3
    async with library(moved, marks) as (database, store):
        assert not database.was_restored and not held(store)
    assert {file.name for file in moved.iterdir()} == {"library.db"}


async def test_a_library_of_another_computer_in_a_known_folder_raises_no_alarm(tmp_path: Path) -> None:
    data, other, marks = tmp_path / "data", tmp_path / "other", tmp_path / "marks"
    await stock(data, marks)
    assert [await send_next(data, marks, number) for number in (1, 2)] == [2, 3]
    await stock(other, tmp_path / "marks there")
    shutil.rmtree(data)
    other.rename(data)
    for _ in range(2):
        async with library(data, marks) as (database, store):
            assert not database.was_restored and not held(store)


async def test_a_library_begun_while_marks_could_not_be_written_raises_no_alarm(tmp_path: Path) -> None:
    data, marks = tmp_path / "data", tmp_path / "marks"
    await stock(data, marks)
    shutil.rmtree(data)
    (tmp_path / "file").touch()
    async with library(data, tmp_path / "file") as (_, store):
        await store.add([a_job(Waiting(), 5)])
    async with library(data, marks) as (database, store):
        assert not database.was_restored and not held(store)


@pytest.mark.parametrize("keeps_original", [True, False])
async def test_a_backup_from_before_libraries_had_an_id_is_known_elsewhere(
    tmp_path: Path, keeps_original: bool
) -> None:
    data, elsewhere, marks = tmp_path / "data", tmp_path / "elsewhere", tmp_path / "marks"
    for folder in (data, elsewhere):
        folder.mkdir()
        write_older(folder / "library.db", OLD_STEPS, [a_job(Waiting(), number) for number in range(3)])
    assert await send_next(data, marks) == 1
    if not keeps_original:
        data.rename(tmp_path / "gone")
    async with library(elsewhere, marks) as (database, store):
        assert database.was_restored and len(held(store)) == 3


@pytest.mark.parametrize("id", ["", "\x00", "../../x", "x" * 999, b"\xff\x00", 5, None])
async def test_a_library_without_an_id_gets_one_and_keeps_its_marks_then(tmp_path: Path, id: object) -> None:
    data, marks = tmp_path / "data", tmp_path / "marks"
    await stock(data, marks)
    with closing(sqlite3.connect(data / "library.db")) as connection:
        sql = "DELETE FROM data_folder" if id is None else "UPDATE data_folder SET id = ?"
        connection.execute(sql, () if id is None else (id,))
        connection.commit()
    assert await send_next(data, marks) == 2
    assert all(len(file.stem) == 32 for file in marks.iterdir())
    shutil.copytree(data, tmp_path / "backup")
    assert await send_next(data, marks, 2) == 3
    shutil.rmtree(data)
    (tmp_path / "backup").rename(data)
    async with library(data, marks) as (database, _):
        assert database.was_restored


async def test_a_new_library_in_a_known_folder_raises_no_alarm(tmp_path: Path) -> None:
    data, marks = tmp_path / "data", tmp_path / "marks"
    await stock(data, marks)
    for file in data.iterdir():
        file.unlink()
    for _ in range(2):
        async with library(data, marks) as (database, store):
            assert not database.was_restored and not database.warning
            await store.add([a_job(Waiting(), 5)])


@pytest.mark.parametrize("content", [None, b"", b"{half", b"[1]", b'{"folder": 1}', b"\xff" * 9, *BAD_MARKS])
async def test_a_mark_that_is_gone_or_damaged_is_written_again(tmp_path: Path, content: bytes | None) -> None:
    data, marks = tmp_path / "data", tmp_path / "marks"
    await stock(data, marks)
    (file,) = marks.iterdir()
    file.unlink() if content is None else file.write_bytes(content)
    async with library(data, marks) as (database, store):
        assert not database.was_restored and not held(store)
    assert SentMarks(marks).read(file.stem) == SentMark(data, 1)


async def test_a_database_ahead_of_its_mark_is_in_order(tmp_path: Path) -> None:
    """Killed between the attempt and its mark."""
    data, marks = tmp_path / "data", tmp_path / "marks"
    await stock(data, marks)
    async with opened_database(data / "library.db") as database:
        await send(JobStore(database), a_job(Waiting(), 1))
    assert await send_next(data, marks, 2) == 3


async def test_without_a_folder_for_marks_the_program_works_and_says_so_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").touch()
    data, marks = tmp_path / "data", tmp_path / "file" / "marks"
    with caplog.at_level(logging.WARNING):
        await stock(data, marks)
    assert [record.message for record in caplog.records if "cannot be written" in record.message][1:] == []
    assert "will not be noticed" in caplog.text
    assert await send_next(data, marks) == 2


async def test_marks_are_outside_the_data_folder_on_each_system(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import appdirs

    for system in ("linux2", "darwin", "win32"):
        monkeypatch.setattr(appdirs, "system", system)
        monkeypatch.setattr(appdirs, "_get_win_folder", lambda _: str(tmp_path), raising=False)
        folder = DataFolder.at(None, {})
        assert folder.sent_marks is not None and "sora-desktop" in str(folder.sent_marks)
        assert folder.root not in folder.sent_marks.parents
    custom = DataFolder.at(tmp_path / "data", {"SORA_DESKTOP_STATE": str(tmp_path / "state")})
    assert custom.sent_marks == tmp_path / "state" / "sent"
