"""A database and a store that are open within a block."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from sora_desktop.store.database.database import Database
from sora_desktop.store.database.job_store import JobStore
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


def store_in(database: Database) -> JobStore:
    return JobStore(database, now=lambda: NOW)
