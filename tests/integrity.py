"""SQLite's check of a whole database file."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path


def integrity_of(file: Path) -> str:
    """The result of the check: "ok" or what is wrong."""
    with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        return str(connection.execute("PRAGMA integrity_check").fetchone()[0])
