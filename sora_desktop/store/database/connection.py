"""The database file: one writing connection on one thread, pages read beside it."""

from __future__ import annotations

import logging
import os
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path
from typing import TypeVar

from sora_desktop.store.database.schema import STEPS
from sora_desktop.store.disk import free_bytes
from sora_desktop.store.errors import StoreError
from sora_desktop.store.files import keep_aside

log = logging.getLogger(__name__)

T = TypeVar("T")

#: Seconds to wait for another process that holds the file.
BUSY = 5.0
#: Free bytes below which an error of the disk means that it is full: the index of the log alone takes 32 KiB.
TIGHT = 1 << 20


class Database:
    """Owns the connections. `open()` first, `aclose()` last; reading alone needs no `open()`."""

    def __init__(self, file: Path, steps: tuple[str, ...] = STEPS) -> None:
        self._file = file
        self._steps = steps
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="database")
        self._opening: Future[None] | None = None
        self._writer: sqlite3.Connection | None = None
        self._reader: sqlite3.Connection | None = None
        #: What a person should know about the file, such as that a damaged one was set aside.
        self.warning = ""
        #: A new file was begun beside the damaged one: clips on disk may be missing from the list.
        self.was_damaged = False
        #: There was no file, or an empty one: the same, where there are clips.
        self.was_missing = False

    def begin(self) -> None:
        """Start to open and migrate, on the database's own thread."""
        if self._opening is None:
            self._opening = self._thread.submit(self._open)

    def wait(self) -> None:
        """As `open()`, for where no event loop runs yet."""
        self.begin()
        assert self._opening is not None
        self._opening.result()

    async def open(self) -> None:
        """Open and migrate. Raises StoreProblem for a newer version or a file that cannot be opened."""
        from asyncio import wrap_future  # late: the window's list is read before any loop runs

        self.begin()
        assert self._opening is not None
        await wrap_future(self._opening)

    async def write(self, change: Callable[[sqlite3.Connection], T]) -> T:
        """Run `change` in one transaction; it is on disk when this returns. Raises StoreProblem."""
        return await self._on_thread(lambda: self._transact(change))

    def reader(self) -> sqlite3.Connection:
        """A read-only connection for the calling thread, made at first use. Raises StoreProblem."""
        if self._reader is None:
            try:
                self._reader = sqlite3.connect(self._address(), uri=True, timeout=BUSY)
                self._reader.row_factory = sqlite3.Row
            except sqlite3.Error as error:
                raise _problem(self._file, error) from error
        return self._reader

    def rows(self, sql: str, values: Sequence[object] = ()) -> list[sqlite3.Row]:
        """What is on disk now, read on the calling thread. Raises StoreProblem."""
        try:
            return self.reader().execute(sql, values).fetchall()
        except sqlite3.Error as error:
            raise _problem(self._file, error) from error

    def _address(self) -> str:
        """Where nothing can be written and nothing waits in the log, SQLite must be told that the file stands still."""
        log = self._file.with_name(self._file.name + "-wal")
        still = not os.access(self._file.parent, os.W_OK) and not (log.exists() and log.stat().st_size)
        return f"{self._file.absolute().as_uri()}?mode=ro{'&immutable=1' if still else ''}"

    def is_older(self) -> bool:
        """True for a file that `open()` would migrate. Raises StoreProblem for one of a newer version."""
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

        # shielded: a cancelled caller must not leave a transaction that nobody waits for half told
        return await asyncio.shield(asyncio.get_running_loop().run_in_executor(self._thread, work))

    def _open(self) -> None:
        with suppress(OSError):
            self.was_missing = not self._file.exists() or not self._file.stat().st_size
        try:
            self._writer = self._connected()
            damage = self._damage(self._writer)
        except UnicodeDecodeError as error:  # SQLite's own sentence quotes what it has met
            damage = str(error)
        except sqlite3.DatabaseError as error:
            if not _is_damage(error):
                raise _problem(self._file, error) from error
            damage = str(error)
        if not damage:
            return
        log.error("%s is damaged: %s", self._file, damage)
        self._close()
        aside = keep_aside(self._file)
        for tail in ("-wal", "-shm"):
            beside = self._file.with_name(self._file.name + tail)
            if beside.exists():
                beside.replace(aside.with_name(aside.name + tail))
        from sora_desktop.store.database.salvage import salvage  # late: hardly ever needed

        self._writer = self._connected()
        found = salvage(aside, self._writer)
        self.was_damaged = True
        self.warning = (
            f"The library's database was damaged. It was kept as {aside.name}, and a new one was made: "
            f"{_jobs(found.jobs)} could be taken over from it."
        )
        if found.held:
            self.warning += (
                f" {_jobs(found.held)} that waited to be sent {'is' if found.held == 1 else 'are'} on hold, since "
                "it cannot be known whether they were sent: look at your balance before you release them."
            )

    def _damage(self, connection: sqlite3.Connection) -> str:
        """What is wrong inside, in SQLite's words; empty when nothing is.

        The quick check does not see an index that has lost a row, and so a job that cannot be found by its id.
        """
        verdict = str(connection.execute("PRAGMA integrity_check(1)").fetchone()[0])
        return _unreadable(connection) if verdict == "ok" else verdict

    def _connected(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._file, timeout=BUSY, isolation_level=None)
        try:
            connection.row_factory = sqlite3.Row
            self._refuse_newer(connection.execute("PRAGMA user_version").fetchone()[0])
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=FULL")
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
                part = copy.with_name(copy.name + ".part")  # killed meanwhile, half a copy must not pass for one
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
                "The library was written by a newer version of Sora Desktop. Install that version again, or choose "
                "another folder with --data. Nothing was changed."
            )

    def _transact(self, change: Callable[[sqlite3.Connection], T]) -> T:
        if self._writer is None:
            raise StoreError("The library is closed.")
        try:
            self._writer.execute("BEGIN IMMEDIATE")
            try:
                result = change(self._writer)
                if isinstance(result, sqlite3.Cursor):
                    result.close()  # ended on another thread, it would reset a statement that is in use on this one
                self._writer.execute("COMMIT")
            except BaseException:
                if self._writer.in_transaction:
                    self._writer.execute("ROLLBACK")
                raise
        except sqlite3.Error as error:
            raise _problem(self._file, error) from error
        return result

    def _close(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer = None


def _unreadable(connection: sqlite3.Connection) -> str:
    """Whether jobs hold what no job can hold; SQLite looks after its own pages alone."""
    no_jobs = connection.execute(
        "SELECT count(*) FROM job WHERE NOT json_valid(request) OR NOT json_valid(details)"
        " OR typeof(created_at) <> 'real' OR typeof(changed_at) <> 'real' OR typeof(position) <> 'real'"
    ).fetchone()[0]
    if no_jobs:
        return f"{_jobs(no_jobs)} cannot be read"
    try:
        for _ in connection.execute("SELECT id, service, phase, request, details FROM job"):
            pass
    except sqlite3.OperationalError as error:  # bytes that are no text
        return str(error)
    return ""


def _jobs(number: int) -> str:
    return "1 job" if number == 1 else f"{number} jobs"


def integrity_of(file: Path) -> str:
    """SQLite's own verdict on the file: "ok" or what is wrong."""
    with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        return str(connection.execute("PRAGMA integrity_check").fetchone()[0])


def _is_damage(error: sqlite3.DatabaseError) -> bool:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT)


def _problem(file: Path, error: sqlite3.Error) -> StoreError:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code == sqlite3.SQLITE_FULL or (code == sqlite3.SQLITE_IOERR and free_bytes(file.parent) < TIGHT):
        return StoreError(f"The disk with {file.parent} is full. Make room; nothing that was paid for is lost.")
    if code == sqlite3.SQLITE_BUSY:
        return StoreError(f"Another program holds {file}. Close it and try again.")
    if code in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY):
        return StoreError(f"{file} cannot be opened for writing. Check its permissions, or choose another with --data.")
    return StoreError(f"The library {file} could not be used: {error}.")
