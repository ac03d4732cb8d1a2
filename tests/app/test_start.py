"""What is said when the program cannot begin."""

from __future__ import annotations

import shutil
import signal
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest

from sora_desktop.app.start import QtMissing, _why, open_window
from sora_desktop.engine.sandbox_process import SandboxProcess, SandboxStartError
from sora_desktop.store.data_folder import DataFolder
from sora_desktop.store.database.connection import Database
from sora_desktop.store.errors import StoreError
from sora_desktop.store.lock import DataLock
from sora_desktop.store.records import Records


def test_the_system_s_words_do_not_stand_alone(tmp_path: Path) -> None:
    full = _why(OSError(28, "No space left on device"), tmp_path)
    assert "Errno" not in full
    assert str(tmp_path) in full and "No space left on device" in full and "--data" in full
    named = _why(OSError(13, "Permission denied", "/somewhere/owner.lock"), tmp_path)
    assert "/somewhere/owner.lock" in named
    assert _why(StoreError("It is newer."), tmp_path) == "It is newer."


async def test_a_sandbox_on_a_full_disk_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    child = SandboxProcess(tmp_path, command=[sys.executable, "-c", "raise SystemExit(2)"])
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=0))
    with pytest.raises(SandboxStartError, match="is full"):
        await child.start()
    await child.aclose()


def test_where_qt_is_missing_the_folder_is_given_back_when_the_database_stands_still(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    happened: list[str] = []
    may_end, really_wait = threading.Event(), Database.wait

    def migrate(_: Database) -> None:
        may_end.wait(5)
        happened.append("migrated")

    def wait(database: Database) -> None:
        may_end.set()
        really_wait(database)

    def released(_: DataLock) -> None:
        happened.append("released")
        may_end.set()

    monkeypatch.setitem(sys.modules, "sora_desktop.app.first_paint", None)
    monkeypatch.setattr(Database, "_open", migrate)
    monkeypatch.setattr(Database, "wait", wait)
    monkeypatch.setattr(DataLock, "release", released)
    with pytest.raises(QtMissing, match="setup"):
        open_window(DataFolder.at(tmp_path), sandbox=True)
    assert happened == ["migrated", "released"]


def test_an_interrupt_ends_a_window_that_is_still_being_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    handlers: list[object] = []

    def run_window(records: Records, *, sandbox: bool) -> int:
        records.database.wait()
        handlers.append(signal.getsignal(signal.SIGINT))
        return 0

    before = signal.getsignal(signal.SIGINT)
    monkeypatch.setitem(sys.modules, "sora_desktop.app.first_paint", SimpleNamespace(run_window=run_window))
    assert open_window(DataFolder.at(tmp_path), sandbox=True) == 0
    assert handlers == [signal.SIG_DFL]
    assert signal.getsignal(signal.SIGINT) is before
