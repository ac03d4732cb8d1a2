"""A database and a store that are open within a block."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager, closing
from pathlib import Path

from sora_desktop.domain.job import Job
from sora_desktop.store.database.database import Database
from sora_desktop.store.database.job_store import JobStore
from sora_desktop.store.database.rows import row_of
from sora_desktop.store.database.schema import STEPS

#: What the clock of a store says, in unix seconds.
NOW = 7.0


@asynccontextmanager
async def opened_database(file: Path, steps: tuple[str, ...] = STEPS) -> AsyncIterator[Database]:
    database = Database(file, steps)
    await database.open()
    try:
        yield database
    finally:
        await database.aclose()


@asynccontextmanager
async def opened_store(file: Path) -> AsyncIterator[JobStore]:
    async with opened_database(file) as database:
        yield store_in(database)


def write_older(file: Path, steps: Sequence[str], jobs: Iterable[Job]) -> None:
    """A library as a version with these steps alone has left it."""
    with closing(sqlite3.connect(file)) as connection:
        for step in steps:
            connection.executescript(step)
        connection.execute(f"PRAGMA user_version={len(steps)}")
        columns = [row[1] for row in connection.execute("PRAGMA table_info(job)")]
        marks = ", ".join(f":{column}" for column in columns)
        connection.executemany(f"INSERT INTO job ({', '.join(columns)}) VALUES ({marks})", map(row_of, jobs))
        connection.commit()


def store_in(database: Database) -> JobStore:
    return JobStore(database, now=lambda: NOW)
