"""The lock of a data folder: one program at a time owns it, and tells the others its state."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from filelock import FileLock, Timeout

from sora_desktop.store.data_folder import DataFolder
from sora_desktop.store.errors import LockLost, StoreError
from sora_desktop.store.files import file_identity, write_atomically


class OwnerNote(NamedTuple):
    """What the owner tells other processes."""

    service: str = ""  # the current one: a name, such as a base URL or "sandbox"; empty while it is not connected
    window: bool = False  # False: the owner is a command line
    #: Ids of followed jobs that cannot continue without the user.
    resting: tuple[str, ...] = ()
    #: Percent of the followed jobs that are being rendered, by id.
    percents: tuple[tuple[str, int], ...] = ()
    key_fingerprint: str = ""  # of the key in use; empty without a key
    #: Ids of the resting jobs whose service the owner is not connected to.
    without_service: tuple[str, ...] = ()
    #: Every service that is connected, and the fingerprint of its key. An older owner names none.
    services: tuple[tuple[str, str], ...] = ()

    @property
    def connected(self) -> dict[str, str]:
        """The fingerprint of the key in use, by name of each service that is connected."""
        return dict(self.services) or ({self.service: self.key_fingerprint} if self.service else {})


class OwnerFile:
    """The owner's note on disk. It is only valid while the lock is held."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def write(self, note: OwnerNote) -> None:
        """Replace the note in one step. Raises OSError."""
        write_atomically(self._file, json.dumps({**note._asdict(), "pid": os.getpid()}).encode())

    def read(self) -> OwnerNote | None:
        """The note; None if there is none or it cannot be read."""
        try:
            fields = json.loads(self._file.read_bytes())
            percents = tuple((str(id), int(percent)) for id, percent in fields["percents"])
            return OwnerNote(
                str(fields["service"]),
                bool(fields["window"]),
                tuple(map(str, fields["resting"])),
                percents,
                str(fields.get("key_fingerprint", "")),
                tuple(map(str, fields.get("without_service", ()))),
                tuple((str(name), str(fingerprint)) for name, fingerprint in fields.get("services", ())),
            )
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def clear(self) -> None:
        """Delete the note."""
        with suppress(OSError):
            self._file.unlink(missing_ok=True)


class DataLock:
    """Held through the operating system, which releases it when the program is killed."""

    def __init__(
        self,
        file: Path,
        owner: OwnerFile,
        identity: Callable[[Path], tuple[int, int] | None] = file_identity,
    ) -> None:
        """`identity`: what tells the file from another one of the same name; None if there is no such file."""
        self._file = file
        self._owner = owner
        self._identity = identity
        self._locked: tuple[int, int] | None = None  # identity of the file that is locked
        self._folder: tuple[int, int] | None = None  # and of its folder
        self._lock = FileLock(file, blocking=False, is_singleton=False)

    def acquire(self) -> bool:
        """True if this process owns the lock now. Never waits. Raises StoreError if files cannot be locked there."""
        try:
            self._lock.acquire()
        except Timeout:
            return False
        except (OSError, NotImplementedError) as error:
            reason = getattr(error, "strerror", None) or error
            raise StoreError(f"{self._file} cannot be locked ({reason}). Choose another folder with --data.") from error
        self._locked = self._identity(self._file)
        self._folder = file_identity(self._file.parent)
        self._owner.clear()  # the note of an owner that was killed
        return True

    @property
    def is_intact(self) -> bool:
        """False if the file was deleted or replaced, so that another process can lock a file of the same name."""
        return self._locked is not None and self._identity(self._file) == self._locked

    def require(self) -> None:
        """Raises LockLost unless this process still keeps all others out."""
        if not self.is_intact:
            folder = self._file.parent
            if file_identity(folder) != self._folder:
                raise LockLost(
                    f"The data folder {folder} was moved or deleted while this program was open. Nothing more is sent "
                    "from here. Put it back, or close this program and start it again."
                )
            raise LockLost(
                f"{self._file} was deleted or replaced while this program was open, so another program may send the "
                "same videos. Nothing more is sent from here. Close every Sora Desktop that uses this data folder, and "
                "start it again."
            )

    def release(self) -> None:
        """Delete the note, unless it may be another owner's, and release the lock."""
        if self.is_intact:
            self._owner.clear()
        self._lock.release()


def lock_for(data_folder: DataFolder) -> DataLock:
    """The lock of the data folder."""
    return DataLock(data_folder.lock_file, OwnerFile(data_folder.owner_file))
