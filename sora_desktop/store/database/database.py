"""The database file: one writing connection on its own thread, and a reading connection."""

from __future__ import annotations

import logging
import os
import sqlite3
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from sora_desktop.store.database.rows import LENIENT_TEXT
from sora_desktop.store.database.schema import STEPS
from sora_desktop.store.database.set_aside import SetAside, count_of_jobs
from sora_desktop.store.disk import is_full
from sora_desktop.store.errors import LockLost, StoreError
from sora_desktop.store.files import file_identity, move_aside
from sora_desktop.store.lock import DataLock
from sora_desktop.store.sent_marks import SentMark, SentMarks, resolved

log = logging.getLogger(__name__)

T = TypeVar("T")

#: Seconds to wait for another process that has locked the file.
BUSY_TIMEOUT = 5.0
#: SQLite's mode in which a transaction that has ended survives a power failure.
SYNCHRONOUS = "FULL"


class Database:
    """Owns the connections. `open()` first, `aclose()` last. Reading alone needs no `open()`."""

    def __init__(
        self,
        file: Path,
        steps: tuple[str, ...] = STEPS,
        sent_marks: SentMarks | None = None,
        lock: DataLock | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        """Without `sent_marks`, a restored backup is not recognized; without `lock`, nor is a second owner.

        `now`: unix seconds.
        """
        self._file = file
        self._steps = steps
        self._sent_marks = sent_marks
        self._lock = lock
        self._opened: tuple[int, int] | None = None  # identity of the file that is open
        self._now = now
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="database")
        self._opening: Future[None] | None = None
        self._writer: sqlite3.Connection | None = None
        self._reader: sqlite3.Connection | None = None
        #: What the user should know about the file, such as that it was damaged; else empty.
        self.warning = ""
        #: The file was damaged and replaced by a new one, so that clips on disk may be missing in the library.
        self.was_damaged = False
        #: There was no file, or an empty one, so that clips on disk may be missing in the library.
        self.was_missing = False
        #: The file is older than what was sent from it, or a copy: what waited is on hold.
        self.was_restored = False
        #: Rows that cannot be read.
        self.set_aside = SetAside()

    def start_opening(self) -> None:
        """Start to open and migrate, on the database's own thread. Returns at once."""
        if self._opening is None:
            self._opening = self._thread.submit(self._open)

    def wait_until_open(self) -> None:
        """Like `open()`, for use before an event loop runs."""
        self.start_opening()
        assert self._opening is not None
        self._opening.result()

    async def open(self) -> None:
        """Open and migrate. Raises StoreError for a newer version or a file that cannot be opened."""
        from asyncio import wrap_future  # late: the first paint reads the database and does not need asyncio

        self.start_opening()
        assert self._opening is not None
        await wrap_future(self._opening)

    async def write(self, change: Callable[[sqlite3.Connection], T]) -> T:
        """Run `change` in one transaction. It is on disk when this returns. Raises StoreError."""
        return await self._on_thread(lambda: self._transact(change))

    def require_lock(self) -> None:
        """Raises LockLost if another process may own the data folder, or if the file is no longer the open one."""
        if self._lock is not None:
            self._lock.require()
        if self._opened is not None and file_identity(self._file) != self._opened:
            raise LockLost(
                f"{self._file} was deleted or replaced while this program was open. Nothing more is sent from here. "
                "Close Sora Desktop and start it again."
            )

    async def note_sent(self, attempt: int) -> None:
        """Write outside the data folder that creates up to this attempt number may be sent now."""
        await self._on_thread(lambda: self._note_sent(attempt))

    def reader(self) -> sqlite3.Connection:
        """The read-only connection, which belongs to the thread that uses it first. Raises StoreError."""
        if self._reader is None:
            try:
                self._reader = sqlite3.connect(self._read_only_uri(), uri=True, timeout=BUSY_TIMEOUT)
                self._reader.row_factory = sqlite3.Row
                self._reader.text_factory = LENIENT_TEXT
            except sqlite3.Error as error:
                raise _store_error(self._file, error) from error
        return self._reader

    def rows(self, sql: str, values: Sequence[object] = ()) -> list[sqlite3.Row]:
        """All rows of a query, read on the calling thread. Raises StoreError."""
        try:
            return self.reader().execute(sql, values).fetchall()
        except sqlite3.Error as error:
            raise _store_error(self._file, error) from error

    def _read_only_uri(self) -> str:
        """SQLite opens a file in a read-only folder only as immutable, which is right only if its WAL is empty."""
        wal = self._file.with_name(self._file.name + "-wal")
        immutable = not os.access(self._file.parent, os.W_OK) and not (wal.exists() and wal.stat().st_size)
        return f"{self._file.absolute().as_uri()}?mode=ro{'&immutable=1' if immutable else ''}"

    def needs_migration(self) -> bool:
        """True for a file of an older version. Raises StoreError for one of a newer version."""
        version = int(self.rows("PRAGMA user_version")[0][0])
        self._refuse_newer(version)
        return version < len(self._steps)

    async def aclose(self) -> None:
        """Close both connections and end the thread."""
        if self._reader is not None:
            self._reader.close()
            self._reader = None
        await self._on_thread(self._close)
        self._thread.shutdown()

    async def _on_thread(self, work: Callable[[], T]) -> T:
        import asyncio

        # shielded: a cancelled caller must not cancel a transaction that has not started
        return await asyncio.shield(asyncio.get_running_loop().run_in_executor(self._thread, work))

    def _open(self) -> None:
        self._open_or_salvage()
        self._opened = file_identity(self._file)
        self._check_restored()
        self._find_unreadable()

    def _open_or_salvage(self) -> None:
        with suppress(OSError):
            self.was_missing = not self._file.exists() or not self._file.stat().st_size
        try:
            self._writer = self._connect()
            damage = self._damage(self._writer)
        except UnicodeDecodeError as error:  # the message of SQLite quotes bytes of the file
            damage = str(error)
        except sqlite3.DatabaseError as error:
            if not _is_damage(error):
                raise _store_error(self._file, error) from error
            damage = str(error)
        if not damage:
            return
        log.error("%s is damaged: %s", self._file, damage)
        self._close()
        damaged = move_aside(self._file)
        for suffix in ("-wal", "-shm"):
            companion = self._file.with_name(self._file.name + suffix)
            if companion.exists():
                companion.replace(damaged.with_name(damaged.name + suffix))
        from sora_desktop.store.database.salvage import salvage  # late: rarely needed

        self._writer = self._connect()
        salvaged = salvage(damaged, self._writer)
        self.was_damaged = True
        self.warning = (
            f"The library's database was damaged and was moved to {damaged.name}. A new one was created with "
            f"{count_of_jobs(salvaged.jobs)} that could be recovered."
        )
        if salvaged.on_hold:
            is_or_are, it_was = ("is", "it was") if salvaged.on_hold == 1 else ("are", "they were")
            self.warning += (
                f" {count_of_jobs(salvaged.on_hold)} waiting to be sent {is_or_are} on hold, because it is unknown "
                f"whether {it_was} sent before. Check your balance before you resume."
            )

    def _check_restored(self) -> None:
        if self._sent_marks is None or self._writer is None:
            return
        from sora_desktop.store.database.restore_check import check_restored  # late: not on the window's thread

        try:
            restored = check_restored(self._writer, self._file, self._sent_marks, self._now())
        except sqlite3.Error as error:
            self._close()
            raise _store_error(self._file, error) from error
        if restored is None:
            return
        self.was_restored = True
        if self.was_damaged and not restored.on_hold:  # the user is told about the damage
            return
        jobs = count_of_jobs(restored.on_hold)
        is_or_are, it_or_they = ("is", "it") if restored.on_hold == 1 else ("are", "they")
        if restored.original is not None:
            sentence = f"This library is a copy of the one in {restored.original}."
            advice = (
                f" {jobs} waiting to be sent {is_or_are} on hold here, because {it_or_they} may have been sent from "
                "there. Release in only one of them what you still want."
            )
        else:
            sentence = "This library was restored from an earlier copy; requests that were sent later are not in it."
            advice = (
                f" {jobs} waiting to be sent {is_or_are} on hold, because {it_or_they} may have been sent since. "
                "Check your balance before you release what you still want."
            )
        log.warning("%s Jobs put on hold: %d", sentence, restored.on_hold)
        self.warning = " ".join(filter(None, (self.warning, sentence + (advice if restored.on_hold else ""))))

    def _note_sent(self, attempt: int) -> None:
        if self._sent_marks is None or self._writer is None:
            return
        from sora_desktop.store.database.restore_check import library_id

        library = library_id(self._writer)
        if library:
            self._sent_marks.write(library, SentMark(resolved(self._file.parent), attempt))

    def other_library_sent_at(self) -> float | None:
        """When another library on this computer last sent something, in unix seconds; None if that is not known."""
        if self._sent_marks is None:
            return None
        rows = self.rows("SELECT id FROM data_folder")
        return self._sent_marks.others_changed_at(str(rows[0]["id"])) if rows else None

    def _find_unreadable(self) -> None:
        from sora_desktop.store.database import row_check  # late: not on the window's thread

        assert self._writer is not None
        try:
            for job in row_check.unreadable_jobs(self._writer):
                self.set_aside.add(job)
            self.set_aside.attempts = row_check.unreadable_attempts(self._writer)
        except sqlite3.Error as error:
            self._close()
            raise _store_error(self._file, error) from error

    def _damage(self, connection: sqlite3.Connection) -> str:
        """What is wrong with the file, as SQLite reports it; empty if nothing is.

        Not PRAGMA quick_check, which misses an index without one of its rows, so that a job is not found by its id.
        """
        result = str(connection.execute("PRAGMA integrity_check(1)").fetchone()[0])
        return "" if result == "ok" else result

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._file, timeout=BUSY_TIMEOUT, isolation_level=None)
        try:
            connection.row_factory = sqlite3.Row
            connection.text_factory = LENIENT_TEXT
            self._refuse_newer(connection.execute("PRAGMA user_version").fetchone()[0])
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute(f"PRAGMA synchronous={SYNCHRONOUS}")
            self._migrate(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _migrate(self, connection: sqlite3.Connection) -> None:
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if 0 < version < len(self._steps):
            copy = self._file.with_name(f"{self._file.stem}-before-{len(self._steps)}.db")
            if not copy.exists():
                part = copy.with_name(copy.name + ".part")  # a copy cut off by a kill must not be kept
                part.unlink(missing_ok=True)
                connection.execute("VACUUM INTO ?", (str(part),))
                part.replace(copy)
        for number in range(version, len(self._steps)):
            connection.executescript(
                f"BEGIN IMMEDIATE; {self._steps[number]}; PRAGMA user_version={number + 1}; COMMIT;"
            )

    def _refuse_newer(self, version: int) -> None:
        if version > len(self._steps):
            raise StoreError(
                "The library was written by a newer version of Sora Desktop. Install that version, or choose another "
                "folder with --data. Nothing was changed."
            )

    def _transact(self, change: Callable[[sqlite3.Connection], T]) -> T:
        if self._writer is None:
            raise StoreError("The library is closed.")
        try:
            self._writer.execute("BEGIN IMMEDIATE")
            try:
                result = change(self._writer)
                if isinstance(result, sqlite3.Cursor):
                    result.close()  # closed on another thread, it would reset a statement in use on this one
                self._writer.execute("COMMIT")
            except BaseException:
                if self._writer.in_transaction:
                    self._writer.execute("ROLLBACK")
                raise
        except sqlite3.Error as error:
            raise _store_error(self._file, error) from error
        return result

    def _close(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer = None


def _is_damage(error: sqlite3.DatabaseError) -> bool:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT)


def _store_error(file: Path, error: sqlite3.Error) -> StoreError:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code == sqlite3.SQLITE_FULL or (code == sqlite3.SQLITE_IOERR and is_full(file.parent)):
        return StoreError(
            f"The disk with {file.parent} is full. Free some space. No video that a service has accepted is lost."
        )
    if code == sqlite3.SQLITE_BUSY:
        return StoreError(f"Another program uses {file}. Close it and try again.")
    if code in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY):
        return StoreError(
            f"{file} cannot be opened for writing. Check its permissions, or choose another folder with --data."
        )
    return StoreError(f"The library {file} cannot be used: {error}.")
