"""The table of exchanges: the latest calls for each job with their raw answers."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from sora_desktop.domain.job import JobId
from sora_desktop.domain.ledger import Exchange
from sora_desktop.store.codec import LAST_MOMENT
from sora_desktop.store.database.rows import printable
from sora_desktop.store.database.table import Table

MAX_EXCHANGES_PER_JOB = 12


class ExchangeTable(Table):
    """Only the latest exchanges of each job stay."""

    async def save_exchanges(self, id: JobId, exchanges: Iterable[Exchange]) -> None:
        """Add exchanges of one job and delete its oldest above the limit."""
        rows = [(id, each.at, each.method, each.path, each.status, each.answer, each.headers) for each in exchanges]

        def change(connection: sqlite3.Connection) -> None:
            connection.executemany(
                "INSERT INTO exchange (job_id, at, method, path, status, answer, headers) VALUES (?, ?, ?, ?, ?, ?, ?)",
                rows,
            )
            connection.execute(
                "DELETE FROM exchange WHERE job_id = ? AND id NOT IN"
                " (SELECT id FROM exchange WHERE job_id = ? ORDER BY id DESC LIMIT ?)",
                (id, id, MAX_EXCHANGES_PER_JOB),
            )

        await self._database.write(change)

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
