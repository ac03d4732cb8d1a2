"""The names of services in all tables, in one spelling."""

from __future__ import annotations

import sqlite3

from sora_desktop.domain.service_config import canonical_name
from sora_desktop.store.database.table import Table

_TABLES = ("job", "attempt", "learned_price", "render_time", "usage", "known_balance")


class ServiceNameTable(Table):
    """Every row belongs to a service by its name."""

    async def unify_service(self, name: str) -> None:
        """Give the rows of this service the name in its one spelling, where an earlier version wrote another."""

        def change(connection: sqlite3.Connection) -> None:
            for table in _TABLES:
                for (spelling,) in connection.execute(f"SELECT DISTINCT service FROM {table}").fetchall():
                    if spelling != name and canonical_name(str(spelling)) == name:
                        # a row that exists in both spellings stays as it is
                        connection.execute(
                            f"UPDATE OR IGNORE {table} SET service = ? WHERE service = ?", (name, spelling)
                        )

        await self._database.write(change)
