"""Recognizes a library that was restored from a backup, or copied, and keeps it from sending again what was sent."""

from __future__ import annotations

import sqlite3
import uuid
from contextlib import closing, suppress
from pathlib import Path
from typing import NamedTuple

from sora_desktop.store.data_folder import REBUILDING
from sora_desktop.store.sent_marks import SentMark, SentMarks, resolved

#: The highest attempt number in use, also if the attempt itself was lost with a later database.
HIGHEST_ATTEMPT = "max(coalesce((SELECT max(id) FROM attempt), 0), coalesce((SELECT max(attempt) FROM restored), 0))"


class Restored(NamedTuple):
    """A library that is older than what was sent from it, or a copy of one that is still there."""

    on_hold: int  # waiting jobs that were put on hold
    original: Path | None  # the data folder that it is a copy of; None: it was restored


def check_restored(writer: sqlite3.Connection, file: Path, marks: SentMarks, now: float) -> Restored | None:
    """Compare the library with its mark. If it was restored or copied, put its waiting jobs on hold.

    That, and a row in table `restored`, is one transaction, after which the library counts as up to date. A copy gets
    an id of its own. Raises sqlite3.Error. `now` in unix seconds.
    """
    folder, library = resolved(file.parent), _library_id(writer)
    highest = int(writer.execute(f"SELECT {HIGHEST_ATTEMPT}").fetchone()[0])
    mark = marks.read(library)
    original = None
    if mark is not None:
        sent = mark.attempt
        original = _original(mark.folder, folder, file.name, library)
    else:  # a new library, or a backup that is older than the marks
        sent = 0 if _has_sent_nothing(writer) else marks.highest_at(folder)
    found = None
    if sent > highest or original is not None:
        highest = max(sent, highest)
        library = uuid.uuid4().hex if original is not None else library
        with suppress(OSError):  # before the change: killed after it, the next start must still know
            file.with_name(REBUILDING).touch()
        found = Restored(_hold_all(writer, library, highest, now), original)
    if mark is None or found is not None or mark != SentMark(folder, highest):
        marks.write(library, SentMark(folder, highest))
    return found


def _library_id(writer: sqlite3.Connection) -> str:
    row = writer.execute("SELECT id FROM data_folder").fetchone()
    return str(row[0])


def _has_sent_nothing(writer: sqlite3.Connection) -> bool:
    query = "SELECT EXISTS (SELECT 1 FROM attempt) OR EXISTS (SELECT 1 FROM job WHERE phase = 'waiting')"
    return not writer.execute(query).fetchone()[0]


def _original(known: Path, folder: Path, name: str, library: str) -> Path | None:
    """The folder in which the library was used last, if it is still there; None if this is it, or it was moved."""
    if known == folder:
        return None
    try:
        uri = f"{(known / name).as_uri()}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True)) as connection:
            row = connection.execute("SELECT id FROM data_folder").fetchone()
    except (sqlite3.Error, ValueError):
        return None
    return known if row is not None and row[0] == library else None


def _hold_all(writer: sqlite3.Connection, library: str, highest: int, now: float) -> int:
    writer.execute("BEGIN IMMEDIATE")
    try:
        held = writer.execute("UPDATE job SET on_hold = 1 WHERE phase = 'waiting' AND NOT on_hold").rowcount
        writer.execute("INSERT INTO restored (attempt, detected_at) VALUES (?, ?)", (highest, now))
        writer.execute("UPDATE data_folder SET id = ?", (library,))
        writer.execute("COMMIT")
    except BaseException:
        if writer.in_transaction:
            writer.execute("ROLLBACK")
        raise
    return held
