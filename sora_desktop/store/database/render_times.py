"""The table of render times: how long renderings took, which tells when to poll the next ones."""

from __future__ import annotations

import json
import sqlite3

from sora_desktop.domain.render_time import RenderKind, RenderTime
from sora_desktop.store.database.database import Database
from sora_desktop.store.errors import StoreError


class RenderTimeTable:
    """Finished renderings. No row is ever deleted; only the latest are read."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def latest(self, service: str, limit: int = 200) -> list[RenderTime]:
        """The latest `limit` renderings of a service, oldest first, without those that cannot be read."""
        try:
            rows = self._database.reader().execute(
                "SELECT * FROM render_time WHERE service = ? ORDER BY id DESC LIMIT ?", (service, limit)
            )
            times = [_render_time_of(row) for row in rows]
        except (StoreError, sqlite3.Error):
            return []
        return [time for time in reversed(times) if time is not None]

    async def add(self, time: RenderTime, seen_at: float) -> None:
        """Save one rendering. It is on disk when this returns. Raises StoreError."""
        kind = time.kind
        values = (kind.service, kind.model, kind.duration, kind.quality, time.low, time.high, json.dumps(time.marks))
        await self._database.write(
            lambda connection: connection.execute(
                "INSERT INTO render_time (service, model, duration, quality, low, high, marks, seen_at) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (*values, seen_at),
            )
        )


def _render_time_of(row: sqlite3.Row) -> RenderTime | None:
    kind = RenderKind(row["service"], row["model"], row["duration"], row["quality"])
    try:
        marks = tuple((float(elapsed), int(percent)) for elapsed, percent in json.loads(row["marks"]))
        return RenderTime(kind, float(row["low"]), float(row["high"]), marks)
    except (ValueError, TypeError, OverflowError, RecursionError):
        return None
