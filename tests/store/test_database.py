"""The database file: migration, damage, other versions and other processes."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from builders import a_job
from integrity import integrity_of
from store.opened_store import opened_database, opened_store, store_in

from sora_desktop.domain.job import Job, JobId, RemoteId, Rendering, Unconfirmed, Waiting
from sora_desktop.store.database import database
from sora_desktop.store.database.schema import STEPS
from sora_desktop.store.errors import StoreError


def many_jobs(number: int) -> list[Job]:
    jobs = []
    for n in range(number):
        phase = Waiting() if n % 3 == 0 else Rendering(RemoteId(f"task_{n}"))
        prompt = f"prompt {n} " + "long " * 60
        jobs.append(a_job(phase, id=f"{n:032x}", made=float(n), service="test", prompt=prompt))
    return jobs


async def fill(file: Path, number: int = 200) -> None:
    async with opened_store(file) as store:
        await store.add(many_jobs(number))
        await store.begin_attempt(replace(many_jobs(4)[3], phase=Unconfirmed()), Decimal(1000), Decimal(100))
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def overwrite(file: Path, *, start: float, length: int) -> None:
    """Overwrite `length` bytes from the page at `start`, a fraction of the file."""
    content = bytearray(file.read_bytes())
    at = int(len(content) * start) // 4096 * 4096
    content[at : at + length] = b"\xa5" * min(length, len(content) - at)
    file.write_bytes(content)


async def test_damage_in_the_middle_loses_only_what_was_there(tmp_path: Path) -> None:
    file = tmp_path / "library.db"
    await fill(file)
    overwrite(file, start=0.5, length=4096 * 3)
    async with opened_database(file) as database:
        assert database.was_damaged
        assert "moved to library.db.damaged-" in database.warning
        jobs = list(store_in(database).everything())
        assert 100 < len(jobs) < 200
        waiting = [job for job in jobs if isinstance(job.phase, Waiting)]
        assert waiting and all(job.on_hold for job in waiting), "they may have been sent after the damage"
        assert "Check your balance" in database.warning
        assert all(not job.on_hold for job in jobs if isinstance(job.phase, Rendering))
    moved = [each for each in tmp_path.glob("library.db.damaged-*") if each.name.rpartition("-")[2].isdigit()]
    assert len(moved) == 1 and b"\xa5" * 4096 in moved[0].read_bytes()
    assert integrity_of(file) == "ok"
    async with opened_database(file) as database:
        assert not database.was_damaged and not database.warning


@pytest.mark.parametrize("size", [27, 19_000])
async def test_a_file_that_is_not_a_database_is_replaced_by_a_new_library(tmp_path: Path, size: int) -> None:
    file = tmp_path / "library.db"
    content = (b"this is no database" * 1000)[:size].ljust(size)
    file.write_bytes(content)
    async with opened_database(file) as database:
        assert database.was_damaged and "0 jobs that could be recovered" in database.warning
        await store_in(database).add(many_jobs(3))
    assert [moved.read_bytes() for moved in tmp_path.glob("*.damaged-*")] == [content]
    assert integrity_of(file) == "ok"


@pytest.mark.parametrize(("column", "kept"), [("id", 19), ("service", 19), ("words", 20), ("phase", 19)])
async def test_bytes_in_a_column_that_are_not_text_concern_that_job_alone(
    tmp_path: Path, column: str, kept: int
) -> None:
    file = tmp_path / "library.db"
    await fill(file, 20)
    with closing(sqlite3.connect(file)) as connection:
        connection.execute(f"UPDATE job SET {column} = CAST(x'6bfa7465' AS TEXT) WHERE id = (SELECT max(id) FROM job)")
        connection.commit()
    async with opened_database(file) as database:
        assert not database.was_damaged
        assert len(list(store_in(database).everything())) == kept
        assert bool(database.set_aside.warning) == (kept < 20)


async def test_an_intact_library_is_not_called_damaged(tmp_path: Path) -> None:
    file = tmp_path / "library.db"
    await fill(file, 20)
    async with opened_database(file) as database:
        assert not database.was_damaged and len(list(store_in(database).everything())) == 20


async def test_a_transaction_that_has_ended_survives_a_power_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, synchronous_mode: str
) -> None:
    monkeypatch.setattr(database, "SYNCHRONOUS", synchronous_mode)
    async with opened_database(tmp_path / "jobs.db") as opened:
        full = 2  # https://www.sqlite.org/pragma.html#pragma_synchronous
        assert await opened.write(lambda connection: connection.execute("PRAGMA synchronous").fetchone()[0]) == full


async def test_a_locked_database_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sora_desktop.store.database.database.BUSY_TIMEOUT", 0.05)
    file = tmp_path / "library.db"
    await fill(file, 2)
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        async with opened_store(file) as store:
            with pytest.raises(StoreError, match=r"Another program uses .* Close it and try again"):
                await store.add(many_jobs(1))
            other.execute("ROLLBACK")
            await store.add(many_jobs(1))


async def test_a_cursor_is_closed_on_the_thread_of_its_connection(tmp_path: Path) -> None:
    """Closed on another thread, it would reset a statement in use, and a write would fail now and then."""
    async with opened_database(tmp_path / "library.db") as database:
        cursor = await database.write(lambda connection: connection.execute("SELECT 1"))
        with pytest.raises(sqlite3.ProgrammingError, match="closed cursor"):
            cursor.fetchone()


async def test_a_newer_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "library.db"
    await fill(file, 1)
    with closing(sqlite3.connect(file)) as connection:
        connection.execute(f"PRAGMA user_version={len(STEPS) + 1}")
    with pytest.raises(StoreError, match="newer version"):
        async with opened_store(file):
            pass
    assert not list(tmp_path.glob("*damaged*"))


async def test_an_older_database_is_copied_before_it_is_migrated(tmp_path: Path) -> None:
    file = tmp_path / "library.db"
    async with opened_store(file) as store:
        await store.add([a_job(Waiting())])
    incomplete = tmp_path / f"library-before-{len(STEPS) + 1}.db.part"  # as a kill during an earlier start leaves it
    incomplete.write_bytes(b"half a copy")
    async with opened_database(file, (*STEPS, "ALTER TABLE job ADD COLUMN mood TEXT")) as database:
        assert store_in(database).read(JobId("job1")) == a_job(Waiting())
    (copy,) = tmp_path.glob("library-before-*")
    async with opened_store(copy) as store:
        assert store.read(JobId("job1")) == a_job(Waiting())
        await store.add([a_job(Waiting(), 2)])


async def test_a_folder_that_cannot_exist_is_reported(tmp_path: Path) -> None:
    (tmp_path / "folder").write_text("")
    with pytest.raises(StoreError, match="cannot be opened"):
        async with opened_store(tmp_path / "folder" / "library.db"):
            pass
