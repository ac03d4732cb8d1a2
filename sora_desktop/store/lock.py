"""One program at a time owns a data folder, and tells the others how it stands."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from sora_desktop.store.data_folder import DataFolder
from sora_desktop.store.errors import StoreError
from sora_desktop.store.files import write_whole


@dataclass(frozen=True, slots=True)
class OwnerNote:
    """What the owner lets other processes know."""

    service: str = ""  # a base URL or "sandbox"; empty while it is not connected
    window: bool = False  # False: a command line
    #: Ids of jobs followed by other processes that cannot go further by themselves.
    resting: tuple[str, ...] = ()
    #: How far the followed jobs that are being rendered have come, by id.
    percents: tuple[tuple[str, int], ...] = ()


class OwnerFile:
    """The owner's note on disk; beside a lock that nobody holds it means nothing."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def write(self, note: OwnerNote) -> None:
        """Replace it in one step. Raises OSError."""
        write_whole(self._file, json.dumps({**asdict(note), "pid": os.getpid()}).encode())

    def read(self) -> OwnerNote | None:
        """The note; None while there is none."""
        try:
            said = json.loads(self._file.read_bytes())
            percents = tuple((str(id), int(percent)) for id, percent in said["percents"])
            return OwnerNote(str(said["service"]), bool(said["window"]), tuple(map(str, said["resting"])), percents)
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def clear(self) -> None:
        """Take it away."""
        with suppress(OSError):
            self._file.unlink(missing_ok=True)


class DataLock:
    """Held by the operating system, so that a killed program leaves it free."""

    def __init__(self, file: Path, owner: OwnerFile) -> None:
        self._file = file
        self._owner = owner
        self._lock = FileLock(file, blocking=False, is_singleton=False)

    def acquire(self) -> bool:
        """True when it is ours now; never waits. Raises StoreProblem where nothing can be locked."""
        try:
            self._lock.acquire()
        except Timeout:
            return False
        except (OSError, NotImplementedError) as error:
            why = getattr(error, "strerror", None) or error
            raise StoreError(f"{self._file} cannot be locked ({why}). Choose another folder with --data.") from error
        self._owner.clear()  # what a killed owner said holds no longer
        return True

    def release(self) -> None:
        """Give it back."""
        self._owner.clear()
        self._lock.release()


def lock_for(data_folder: DataFolder) -> DataLock:
    """The lock of the data folder."""
    return DataLock(data_folder.lock_file, OwnerFile(data_folder.owner_file))
