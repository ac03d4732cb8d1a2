"""How many requests each day has seen, so that a restart knows what is left of the service's allowance."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass

from sora_desktop.store.database.connection import Database
from sora_desktop.store.errors import StoreError


@dataclass(frozen=True, slots=True)
class Spent:
    """Requests of one day (UTC) to one service."""

    day: str  # such as "2026-11-24"
    count: int = 0
    recent: tuple[float, ...] = ()  # unix seconds of the latest ones, oldest first
    per_minute: int | None = None  # the limits that held then, as far as the service had said
    per_day: int | None = None


class UsageStore:
    """The requests to one service, a row for each day."""

    def __init__(self, database: Database, service: str) -> None:
        self._database = database
        self._service = service

    def read(self, day: str) -> Spent:
        """What was kept for the day; nothing spent where nothing can be read."""
        values = (self._service, day)
        try:
            row = (
                self._database.reader().execute("SELECT * FROM usage WHERE service = ? AND day = ?", values).fetchone()
            )
            if row is None:
                return Spent(day)
            recent = tuple(float(at) for at in json.loads(row["recent"]))
            return Spent(day, row["count"], recent, row["per_minute"], row["per_day"])
        except (StoreError, sqlite3.Error, ValueError, TypeError):
            return Spent(day)

    async def write(self, spent: Spent) -> None:
        """It is on disk when this returns. Raises StoreProblem."""
        values = (
            self._service,
            spent.day,
            spent.count,
            json.dumps(spent.recent),
            spent.per_minute,
            spent.per_day,
        )
        await self._database.write(
            lambda connection: connection.execute(
                "INSERT INTO usage (service, day, count, recent, per_minute, per_day) VALUES (?, ?, ?, ?, ?, ?) "
                "ON CONFLICT (service, day) DO UPDATE SET count = max(count, excluded.count), "
                "recent = excluded.recent, per_minute = excluded.per_minute, per_day = excluded.per_day",
                values,
            )
        )
