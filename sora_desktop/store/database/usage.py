"""The table of usage: requests per day and service, so that a restart knows what is left of the rate limit."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass

from sora_desktop.store.database.database import Database
from sora_desktop.store.errors import StoreError


@dataclass(frozen=True, slots=True)
class DayUsage:
    """Requests of one day (UTC) to one service."""

    day: str  # such as "2026-11-24"
    count: int = 0
    recent: tuple[float, ...] = ()  # unix seconds of the latest ones, oldest first
    per_minute: int | None = None  # the limits of that day as reported by the service; None: not reported
    per_day: int | None = None


class UsageTable:
    """The requests to one service, a row for each day."""

    def __init__(self, database: Database, service: str) -> None:
        self._database = database
        self._service = service

    def read(self, day: str) -> DayUsage:
        """The usage of the day, as far as it can be read."""
        values = (self._service, day)
        try:
            row = (
                self._database.reader().execute("SELECT * FROM usage WHERE service = ? AND day = ?", values).fetchone()
            )
            if row is None:
                return DayUsage(day)
        except (StoreError, sqlite3.Error):
            return DayUsage(day)
        recent = _moments(row["recent"])
        count = row["count"] if isinstance(row["count"], int) else len(recent)
        return DayUsage(day, count, recent, _number(row["per_minute"]), _number(row["per_day"]))

    async def write(self, usage: DayUsage) -> None:
        """Save the usage of a day; its count never decreases. It is on disk when this returns. Raises StoreError."""
        values = (
            self._service,
            usage.day,
            usage.count,
            json.dumps(usage.recent),
            usage.per_minute,
            usage.per_day,
        )
        await self._database.write(
            lambda connection: connection.execute(
                "INSERT INTO usage (service, day, count, recent, per_minute, per_day) VALUES (?, ?, ?, ?, ?, ?) "
                "ON CONFLICT (service, day) DO UPDATE SET "
                "count = CASE typeof(count) WHEN 'integer' THEN max(count, excluded.count) ELSE excluded.count END, "
                "recent = excluded.recent, per_minute = excluded.per_minute, per_day = excluded.per_day",
                values,
            )
        )


def _number(value: object) -> int | None:
    return value if isinstance(value, int) else None


def _moments(text: object) -> tuple[float, ...]:
    try:
        return tuple(float(at) for at in json.loads(str(text)))
    except (ValueError, TypeError, OverflowError, RecursionError):
        return ()
