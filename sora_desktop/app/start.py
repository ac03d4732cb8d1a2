"""Takes the lock of the data folder, then opens the window."""

from __future__ import annotations

import signal
import sys
from contextlib import suppress
from pathlib import Path

from sora_desktop.api.dialects import first_capabilities
from sora_desktop.store.data_folder import DataFolder
from sora_desktop.store.errors import StoreError
from sora_desktop.store.lock import OwnerFile, lock_for
from sora_desktop.store.records import Records
from sora_desktop.system.resources import resources


class QtMissing(Exception):
    """Qt cannot be loaded. The message says what to do."""


def open_window(data_folder: DataFolder, *, sandbox: bool) -> int:
    """Run the window until it is closed. Returns the exit status. Raises QtMissing."""
    # While Qt is being loaded, a KeyboardInterrupt is swallowed or crashes. The files survive a process that just ends.
    before = signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        return _open_window(data_folder, sandbox)
    finally:
        signal.signal(signal.SIGINT, before)


def _open_window(data_folder: DataFolder, sandbox: bool) -> int:
    lock = lock_for(data_folder)
    try:
        data_folder.make()
        if not lock.acquire():
            return _raise_open_window(data_folder)
    except (StoreError, OSError) as error:
        return _refuse(_message_for(error, data_folder.root))
    try:
        records = Records(data_folder, resources() / "prices.json", first_capabilities(), lock)
        records.database.start_opening()  # on its own thread, while Qt is loaded on this one
        try:
            from sora_desktop.app.first_paint import run_window
        except ImportError as error:
            with suppress(StoreError, OSError):
                records.database.wait_until_open()  # a migration must not outlive the lock
            from sora_desktop.system.installation import checkout, installation, missing_library_text

            advice = missing_library_text(installation(), root=checkout())
            raise QtMissing(f"Qt cannot be loaded ({error}). {advice}") from error
        return run_window(records, sandbox=sandbox)
    except (StoreError, OSError) as error:
        return _refuse(_message_for(error, data_folder.root))
    finally:
        lock.release()


def _raise_open_window(data_folder: DataFolder) -> int:
    """Another process owns the data folder: ask it to raise its window."""
    owner = OwnerFile(data_folder.owner_file).read()
    if owner is not None and not owner.window:
        return _refuse(f"{data_folder.root} is in use by a command line. Open the window when the command has ended.")
    from sora_desktop.store.inbox import Inbox

    Inbox(data_folder.inbox).post({"do": "raise"})
    print("Sora Desktop is already open; its window was brought to the front.", file=sys.stderr)
    return 0


def _message_for(error: StoreError | OSError, root: Path) -> str:
    """A message for the user. The system's own text alone would not say what to do."""
    if isinstance(error, StoreError):
        return str(error)
    place = error.filename or root
    return (
        f"The data in {root} cannot be used: {place}: {error.strerror or error}. "
        "Fix this, or choose another folder with --data."
    )


def _refuse(message: str) -> int:
    """Say why the window cannot open. Returns the exit status."""
    print(f"sora-desktop: {message}", file=sys.stderr)
    try:
        from sora_desktop.app.first_paint import show_error
    except ImportError:
        return 2
    show_error(message)
    return 2
