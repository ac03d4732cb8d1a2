"""The table of exchanges: the latest calls for each job with their raw answers, within a limit of bytes."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from sora_desktop.domain.job import JobId
from sora_desktop.domain.ledger import Exchange, shortened
from sora_desktop.store.codec import LAST_MOMENT
from sora_desktop.store.database.rows import printable
from sora_desktop.store.database.table import Table

MAX_EXCHANGES_PER_JOB = 12
#: Most bytes that are kept of the text of one answer, of its headers, and of the path, so that two rows fit on a page.
#: The ledger keeps more.
MAX_ANSWER_BYTES, MAX_HEADER_BYTES, MAX_PATH_BYTES = 1500, 300, 200
#: Most bytes of one job, and of all jobs.
MAX_BYTES_PER_JOB = 10 * 1024
MAX_BYTES = 16 * 1024 * 1024
#: Rows that are deleted in one transaction once there are too many bytes: those of an earlier version may be many.
ROWS_AT_ONCE = 500

#: The bytes of a row, with what SQLite needs beside the texts.
_SIZE = f"100 + {' + '.join(f'length(CAST({name} AS BLOB))' for name in ('path', 'answer', 'headers'))}"
_INSERT = "INSERT INTO exchange (job_id, at, method, path, status, answer, headers) VALUES (?, ?, ?, ?, ?, ?, ?)"


class ExchangeTable(Table):
    """Only the latest exchanges of each job stay, and of all jobs the latest that fit into the limit.

    Of several calls in a row with the same answer the first and the last stay.
    """

    _bytes: int | None = None  # of all rows; None: not counted yet

    async def save_exchanges(self, id: JobId, exchanges: Iterable[Exchange]) -> None:
        """Add exchanges of one job, shortened, and delete the oldest above the limits."""
        rows = [_row_of(id, each) for each in exchanges]
        known, self._bytes = self._bytes, None  # counted again if this fails

        def change(connection: sqlite3.Connection) -> int:
            total = _total(connection) if known is None else known
            total += _add(connection, id, rows) - _trim(connection, id)
            return total - (_delete_oldest(connection) if total > MAX_BYTES else 0)

        self._bytes = await self._database.write(change)

    def exchanges(self, id: JobId) -> list[Exchange]:
        """The latest exchanges of one job, oldest first."""
        rows = self._database.rows("SELECT * FROM exchange WHERE job_id = ? ORDER BY id", (id,))
        return [
            Exchange(
                row["at"] if isinstance(row["at"], float) and 0 <= row["at"] <= LAST_MOMENT else 0.0,
                printable(row["method"]),
                printable(row["path"]),
                row["status"] if isinstance(row["status"], int) else None,
                printable(row["answer"]),
                headers=printable(row["headers"]),
            )
            for row in rows
        ]


def _row_of(id: JobId, exchange: Exchange) -> tuple[object, ...]:
    return (
        id,
        exchange.at,
        exchange.method,
        shortened(exchange.path, MAX_PATH_BYTES),
        exchange.status,
        shortened(exchange.answer, MAX_ANSWER_BYTES),
        shortened(exchange.headers, MAX_HEADER_BYTES),
    )


def _total(connection: sqlite3.Connection) -> int:
    return int(connection.execute(f"SELECT coalesce(sum({_SIZE}), 0) FROM exchange").fetchone()[0])


def _add(connection: sqlite3.Connection, id: JobId, rows: Iterable[tuple[object, ...]]) -> int:
    """Insert the rows; return by how many bytes the table has grown."""
    before = _size_of(connection, id)
    for row in rows:
        latest = connection.execute(
            "SELECT id, method, path, status, answer FROM exchange WHERE job_id = ? ORDER BY id DESC LIMIT 2", (id,)
        ).fetchall()
        if len(latest) == 2 and tuple(latest[0])[1:] == tuple(latest[1])[1:] == (*row[2:6],):
            connection.execute("DELETE FROM exchange WHERE id = ?", (latest[0][0],))
        connection.execute(_INSERT, row)
    return _size_of(connection, id) - before


def _trim(connection: sqlite3.Connection, id: JobId) -> int:
    """Delete the job's oldest rows above its limits; return their bytes."""
    rows = connection.execute(f"SELECT id, {_SIZE} FROM exchange WHERE job_id = ? ORDER BY id DESC", (id,)).fetchall()
    kept = deleted = 0
    for number, (row, size) in enumerate(rows):
        if number and (number >= MAX_EXCHANGES_PER_JOB or deleted or kept + size > MAX_BYTES_PER_JOB):
            connection.execute("DELETE FROM exchange WHERE id = ?", (row,))
            deleted += size
        else:
            kept += size
    return deleted


def _size_of(connection: sqlite3.Connection, id: JobId) -> int:
    query = f"SELECT coalesce(sum({_SIZE}), 0) FROM exchange WHERE job_id = ?"
    return int(connection.execute(query, (id,)).fetchone()[0])


def _delete_oldest(connection: sqlite3.Connection) -> int:
    """Delete the oldest rows of all jobs; return their bytes."""
    rows = connection.execute(f"SELECT id, {_SIZE} FROM exchange ORDER BY id LIMIT ?", (ROWS_AT_ONCE,)).fetchall()
    connection.execute("DELETE FROM exchange WHERE id <= ?", (rows[-1][0],))
    return sum(size for _, size in rows)
