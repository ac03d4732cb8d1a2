"""Jobs whose JSON is valid and cannot be decoded are noticed when the database is opened."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from store.job_strategies import jobs

from sora_desktop.domain.job import Job
from sora_desktop.store.database.row_check import unreadable_jobs
from sora_desktop.store.database.rows import INSERT_JOB, LENIENT_TEXT, job_of, row_of
from sora_desktop.store.database.schema import STEPS
from sora_desktop.store.errors import StoreError

OLDER = Path(__file__).parent / "older" / "0.1.0" / "library.db"


def older_library() -> sqlite3.Connection:
    """The library of version 0.1.0 after its migration."""
    connection = sqlite3.connect(":memory:")
    connection.row_factory, connection.text_factory = sqlite3.Row, LENIENT_TEXT
    with closing(sqlite3.connect(f"{OLDER.as_uri()}?mode=ro&immutable=1", uri=True)) as source:
        source.backup(connection)
    for step in STEPS[connection.execute("PRAGMA user_version").fetchone()[0] :]:
        connection.executescript(step)
    return connection


def connection_with(*jobs: Job) -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:")
    connection.row_factory, connection.text_factory = sqlite3.Row, LENIENT_TEXT
    for step in STEPS:
        connection.executescript(step)
    for job in jobs:
        connection.execute(INSERT_JOB, row_of(job))
    return connection


@given(jobs)
def test_no_job_that_the_program_writes_is_called_unreadable(job: Job) -> None:
    connection = connection_with(job)
    assert unreadable_jobs(connection) == []
    connection.close()


def test_no_job_of_an_older_version_is_called_unreadable() -> None:
    connection = older_library()
    assert unreadable_jobs(connection) == []
    connection.close()


def lose(*path: str) -> Callable[[Any], None]:
    def change(value: Any) -> None:
        for name in path[:-1]:
            value = value[name]
        value["s?ze"] = value.pop(path[-1])

    return change


def retype(new: object, *path: str) -> Callable[[Any], None]:
    def change(value: Any) -> None:
        for name in path[:-1]:
            value = value[name]
        value[path[-1]] = new

    return change


@pytest.mark.parametrize(
    ("phase", "column", "change"),
    [
        ("ready", "details", lose("clip", "facts", "size")),
        ("ready", "details", lose("clip")),
        ("ready", "details", retype(12.5, "clip", "facts", "frames")),
        ("ready", "details", retype(None, "clip", "file")),
        ("rendering", "details", lose("remote_id")),
        ("rendering", "details", retype("60", "percent")),
        ("unsaved", "details", lose("reason")),
        ("unconfirmed", "details", retype(0, "billed")),
        ("waiting", "request", retype(5, "prompt")),
        ("ready", "request", lose("image", "sha256")),
    ],
)
def test_a_damaged_field_is_noticed(phase: str, column: str, change: Callable[[Any], None]) -> None:
    connection = older_library()
    row = connection.execute(f"SELECT id, {column} FROM job WHERE phase = ? LIMIT 1", (phase,)).fetchone()
    value = json.loads(row[column])
    change(value)
    connection.execute(f"UPDATE job SET {column} = ? WHERE id = ?", (json.dumps(value), row["id"]))
    with pytest.raises(StoreError):
        job_of(connection.execute("SELECT * FROM job WHERE id = ?", (row["id"],)).fetchone())
    assert [error.id for error in unreadable_jobs(connection)] == [row["id"]]
    connection.close()
