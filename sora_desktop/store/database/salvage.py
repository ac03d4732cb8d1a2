"""Takes out of a damaged database what SQLite can still read."""

from __future__ import annotations

import contextlib
import logging
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from sora_desktop.store.database.rows import job_of
from sora_desktop.store.errors import StoreError

log = logging.getLogger(__name__)

#: Tables worth saving, the one that others point to first.
_TABLES = ("job", "attempt", "learned_price", "render_time", "usage", "exchange")


@dataclass(frozen=True, slots=True)
class Salvage:
    """How much was found."""

    jobs: int = 0
    #: Jobs that were waiting to be sent. Whether they were sent since cannot be known, so they are on hold.
    held: int = 0


def salvage(damaged: Path, into: sqlite3.Connection) -> Salvage:
    """Copy what can be read and understood; one transaction. A file without any readable page gives nothing."""
    jobs = held = 0
    try:
        source = sqlite3.connect(f"{damaged.absolute().as_uri()}?mode=ro", uri=True)
    except sqlite3.Error:
        return Salvage()
    with closing(source):
        source.row_factory = sqlite3.Row
        source.text_factory = lambda raw: raw.decode("utf-8", "replace")  # one bad byte must not cost a row
        into.execute("BEGIN IMMEDIATE")
        for table in _TABLES:
            known = {str(row[1]) for row in into.execute(f"PRAGMA table_info({table})")}
            for row in _rows(source, table):
                values = {name: row[name] for name in row.keys() if name in known}  # noqa: SIM118
                if table == "job":
                    if not _understood(row):
                        continue
                    jobs += 1
                    if row["phase"] == "waiting":
                        held += 1
                        values["on_hold"] = 1
                with contextlib.suppress(sqlite3.Error):
                    marks = ", ".join(f":{name}" for name in values)
                    into.execute(f"INSERT OR IGNORE INTO {table} ({', '.join(values)}) VALUES ({marks})", values)
        into.execute("COMMIT")
    return Salvage(jobs, held)


def _rows(source: sqlite3.Connection, table: str) -> Iterator[sqlite3.Row]:
    """From the beginning as far as it can be read, then from the end; a row may come twice."""
    for direction in ("ASC", "DESC"):
        try:
            rows = source.execute(f"SELECT * FROM {table} NOT INDEXED ORDER BY rowid {direction}")
            yield from rows
        except (sqlite3.Error, UnicodeDecodeError) as error:
            log.warning("%s can be read in part only: %s", table, error)
        else:
            return


def _understood(row: sqlite3.Row) -> bool:
    try:
        job_of(row)
    except (StoreError, IndexError, TypeError, ValueError):
        return False
    return True
