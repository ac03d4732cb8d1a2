"""What the tables about jobs have in common."""

from __future__ import annotations

import time
from collections.abc import Callable

from sora_desktop.store.database.database import Database


class Table:
    """Writes through the database's one writing connection, reads on the calling thread.

    What an `async` method writes is on disk when it returns. All methods raise StoreError.
    """

    def __init__(self, database: Database, now: Callable[[], float] = time.time) -> None:
        self._database = database
        self._now = now  # unix seconds
