"""Takes the data folder and has the window opened on it."""

from __future__ import annotations

import signal
import sys
from contextlib import suppress
from pathlib import Path

from sora_desktop.store.data_folder import DataFolder
from sora_desktop.store.errors import StoreError
from sora_desktop.store.lock import OwnerFile, lock_for
from sora_desktop.store.records import Records
from sora_desktop.system.resources import resources


class QtMissing(Exception):
    """Qt cannot be loaded; the sentence says what to do."""


def open_window(data_folder: DataFolder, *, sandbox: bool) -> int:
    """Run the window until it is closed; the exit status. Raises QtMissing."""
    # Raised while Qt is being loaded, a KeyboardInterrupt is swallowed or crashes; the files bear being cut off.
    before = signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        return _opened(data_folder, sandbox)
    finally:
        signal.signal(signal.SIGINT, before)


def _opened(data_folder: DataFolder, sandbox: bool) -> int:
    lock = lock_for(data_folder)
    try:
        data_folder.make()
        if not lock.acquire():
            return _leave_to_the_owner(data_folder)
    except (StoreError, OSError) as problem:
        return _refuse(_why(problem, data_folder.root))
    try:
        records = Records(data_folder, resources() / "prices.json")
        records.database.begin()  # on its own thread, while Qt is loaded on this one
        try:
            from sora_desktop.app.first_paint import run_window
        except ImportError as error:
            with suppress(StoreError, OSError):
                records.database.wait()  # the lock must not be given back while it is being migrated
            raise QtMissing(
                f"Qt cannot be loaded ({error}). `python3 packaging/bootstrap.py setup` installs what is missing."
            ) from error
        return run_window(records, sandbox=sandbox)
    except (StoreError, OSError) as problem:
        return _refuse(_why(problem, data_folder.root))
    finally:
        lock.release()


def _leave_to_the_owner(data_folder: DataFolder) -> int:
    owner = OwnerFile(data_folder.owner_file).read()
    if owner is not None and not owner.window:
        return _refuse(f"A command line is at work in {data_folder.root}. Open the window when it has ended.")
    from sora_desktop.store.inbox import Inbox

    Inbox(data_folder.inbox).post({"do": "raise"})
    print("Sora Desktop is open already; its window was brought to the front.", file=sys.stderr)
    return 0


def _why(problem: StoreError | OSError, root: Path) -> str:
    """The sentence for a person; the system's own words alone would not say what to do."""
    if isinstance(problem, StoreError):
        return str(problem)
    place = problem.filename or root
    return (
        f"The data in {root} cannot be used: {place}: {problem.strerror or problem}. "
        "Mend that, or choose another folder with --data."
    )


def _refuse(sentence: str) -> int:
    """Say why the window cannot open."""
    print(f"sora-desktop: {sentence}", file=sys.stderr)
    try:
        from sora_desktop.app.first_paint import show_refusal
    except ImportError:
        return 2
    show_refusal(sentence)
    return 2
