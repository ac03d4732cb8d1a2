"""Recognizes a library that was restored from a backup, or copied, and keeps it from sending again what was sent."""

from __future__ import annotations

import re
import sqlite3
import uuid
from contextlib import closing, suppress
from pathlib import Path
from typing import NamedTuple

from sora_desktop.store.data_folder import REBUILDING
from sora_desktop.store.database.rows import LARGEST_NUMBER
from sora_desktop.store.files import is_same_file
from sora_desktop.store.sent_marks import SentMark, SentMarks, resolved

_NUMBER = f"BETWEEN 0 AND {LARGEST_NUMBER}"
#: The highest attempt number in use, also if the attempt itself was lost with a later database.
HIGHEST_ATTEMPT = (
    f"max(coalesce((SELECT max(id) FROM attempt WHERE id {_NUMBER}), 0),"
    f" coalesce((SELECT max(attempt) FROM restored WHERE attempt {_NUMBER} AND typeof(attempt) = 'integer'), 0))"
)
#: The id of a library; part of a file name.
_ID = re.compile(r"[0-9a-f]{2,64}", re.ASCII)


class Restored(NamedTuple):
    """A library that is older than what was sent from it, or a copy of one that is still there."""

    on_hold: int  # waiting jobs that were put on hold
    original: Path | None  # the data folder that it is a copy of; None: it was restored


def check_restored(writer: sqlite3.Connection, file: Path, marks: SentMarks, now: float) -> Restored | None:
    """Compare the library with its mark. If it was restored or copied, put its waiting jobs on hold.

    That, and a row in table `restored`, is one transaction, after which the library counts as up to date. A copy gets
    an id of its own, and a library without an id gets one. Raises sqlite3.Error. `now` in unix seconds.
    """
    folder, library = resolved(file.parent), library_id(writer) or _new_id(writer)
    highest = int(writer.execute(f"SELECT {HIGHEST_ATTEMPT}").fetchone()[0])
    mark = marks.read(library)
    sent = 0 if mark is None else mark.attempt  # without a mark: a new library, or one from another computer
    original = None if mark is None else _original(mark.folder, folder, file.name, library)
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


def library_id(connection: sqlite3.Connection) -> str:
    """The id of the library; empty if it has none that can be read. Raises sqlite3.Error."""
    row = connection.execute("SELECT hex(id) FROM data_folder").fetchone()  # whatever it is, this is text
    id = "" if row is None else bytes.fromhex(row[0]).decode("ascii", "replace")
    return id if _ID.fullmatch(id) else ""


def _new_id(writer: sqlite3.Connection) -> str:
    id = uuid.uuid4().hex
    writer.execute(
        "INSERT INTO data_folder (row, id, key_salt) VALUES (1, ?, lower(hex(randomblob(16))))"
        " ON CONFLICT (row) DO UPDATE SET id = excluded.id",
        (id,),
    )
    return id


def _original(known: Path, folder: Path, name: str, library: str) -> Path | None:
    """The folder in which the library was used last, if it is still there.

    None if it was moved, or if this is the same folder, by whatever path: a link, a mount, a mapped drive.
    """
    if known == folder:
        return None
    try:
        if is_same_file(known / name, folder / name):
            return None
        uri = f"{(known / name).as_uri()}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True)) as connection:
            return known if library_id(connection) == library else None
    except (sqlite3.Error, ValueError):
        return None


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
