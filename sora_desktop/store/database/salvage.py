"""Copies what SQLite can still read out of a damaged database."""

from __future__ import annotations

import contextlib
import logging
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from sora_desktop.domain.marks import Flag
from sora_desktop.store.database.rows import job_of
from sora_desktop.store.errors import UnreadableJob

log = logging.getLogger(__name__)

#: The tables to copy; `job` first, since others refer to it.
_TABLES = (
    "data_folder",
    "job",
    "attempt",
    "restored",
    "known_balance",
    "learned_price",
    "render_time",
    "usage",
    "exchange",
)


@dataclass(frozen=True, slots=True)
class Salvage:
    """What was copied."""

    #: Jobs that can be read.
    jobs: int = 0
    #: Jobs that were waiting. They are put on hold, because it is unknown whether they were sent after the damage.
    on_hold: int = 0


def salvage(damaged: Path, into: sqlite3.Connection) -> Salvage:
    """Copy every row that can be read, in one transaction. A file without a readable page gives nothing."""
    jobs = on_hold = 0
    try:
        source = sqlite3.connect(f"{damaged.absolute().as_uri()}?mode=ro", uri=True)
    except sqlite3.Error:
        return Salvage()
    with closing(source):
        source.row_factory = sqlite3.Row
        source.text_factory = lambda raw: raw.decode("utf-8", "replace")  # one bad byte must not lose a row
        into.execute("BEGIN IMMEDIATE")
        for table in _TABLES:
            known = {str(row[1]) for row in into.execute(f"PRAGMA table_info({table})")}
            for row in _rows(source, table):
                values = {name: row[name] for name in row.keys() if name in known}  # noqa: SIM118
                if table == "data_folder":
                    into.execute("DELETE FROM data_folder")  # of the new database
                if table == "job":
                    if not isinstance(row["id"], str):
                        continue
                    jobs += _is_readable(row)  # the others are kept too: a newer version may read them
                    if row["phase"] == "waiting":
                        on_hold += 1
                        values["on_hold"] = 1
                with contextlib.suppress(sqlite3.Error):
                    parameters = ", ".join(f":{name}" for name in values)
                    into.execute(f"INSERT OR IGNORE INTO {table} ({', '.join(values)}) VALUES ({parameters})", values)
        into.execute("COMMIT")
    return Salvage(jobs, on_hold)


def _rows(source: sqlite3.Connection, table: str) -> Iterator[sqlite3.Row]:
    """The rows from the start as far as they can be read, then from the end. A row may come twice."""
    for direction in ("ASC", "DESC"):
        try:
            rows = source.execute(f"SELECT * FROM {table} NOT INDEXED ORDER BY rowid {direction}")
            yield from rows
        except (sqlite3.Error, UnicodeDecodeError) as error:
            log.warning("table %s can only be read in part: %s", table, error)
        else:
            return


def _is_readable(row: sqlite3.Row) -> bool:
    try:
        job_of({"flag": Flag.NONE, **dict(row)})  # an older version may have written the file
    except UnreadableJob:
        return False
    return True
