"""Starting the window, and the messages if it cannot start."""

from __future__ import annotations

import asyncio
import signal
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest

from sora_desktop.app.start import QtMissing, _message_for, open_window
from sora_desktop.store.data_folder import DataFolder
from sora_desktop.store.database.database import Database
from sora_desktop.store.errors import StoreError
from sora_desktop.store.lock import DataLock
from sora_desktop.store.records import Records


def test_a_system_error_is_explained(tmp_path: Path) -> None:
    full = _message_for(OSError(28, "No space left on device"), tmp_path)
    assert "Errno" not in full
    assert str(tmp_path) in full and "No space left on device" in full and "--data" in full
    with_file = _message_for(OSError(13, "Permission denied", "/somewhere/owner.lock"), tmp_path)
    assert "/somewhere/owner.lock" in with_file
    assert _message_for(StoreError("It is newer."), tmp_path) == "It is newer."


def test_without_qt_the_lock_is_released_after_the_migration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    events: list[str] = []
    may_end, original_wait = threading.Event(), Database.wait_until_open

    def migrate(_: Database) -> None:
        may_end.wait(5)
        events.append("migrated")

    def wait(database: Database) -> None:
        may_end.set()
        original_wait(database)

    def released(_: DataLock) -> None:
        events.append("released")
        may_end.set()

    monkeypatch.setitem(sys.modules, "sora_desktop.app.first_paint", None)
    monkeypatch.setattr(Database, "_open", migrate)
    monkeypatch.setattr(Database, "wait_until_open", wait)
    monkeypatch.setattr(DataLock, "release", released)
    with pytest.raises(QtMissing, match="setup"):
        open_window(DataFolder.at(tmp_path), sandbox=True)
    assert events == ["migrated", "released"]


def test_an_interrupt_ends_the_program_while_the_window_is_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    handlers: list[object] = []

    def run_window(records: Records, *, sandbox: bool) -> int:
        records.database.wait_until_open()
        handlers.append(signal.getsignal(signal.SIGINT))
        asyncio.run(records.database.aclose())
        return 0

    before = signal.getsignal(signal.SIGINT)
    monkeypatch.setitem(sys.modules, "sora_desktop.app.first_paint", SimpleNamespace(run_window=run_window))
    assert open_window(DataFolder.at(tmp_path), sandbox=True) == 0
    assert handlers == [signal.SIG_DFL]
    assert signal.getsignal(signal.SIGINT) is before
