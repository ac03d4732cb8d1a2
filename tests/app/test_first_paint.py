"""What is loaded before and after the first paint."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from PySide6.QtCore import QObject, QTimer, Signal
from pytestqt.qtbot import QtBot

from sora_desktop.app import first_paint
from sora_desktop.controllers.panels import Panels


class Window(QObject):
    painted = Signal()


@pytest.fixture
def window(qtbot: QtBot) -> Window:
    return Window()


def imports_after(window: Window) -> first_paint._BackgroundImports:
    return first_paint._BackgroundImports(cast(Panels, SimpleNamespace(window=window)))


def finishes(imports: first_paint._BackgroundImports) -> bool:
    """True if waiting ends before a generous time limit."""
    timed_out: list[bool] = []

    def time_out() -> None:
        timed_out.append(True)
        imports._loop.quit()

    timer = QTimer()
    timer.setSingleShot(True)
    timer.timeout.connect(time_out)
    timer.start(20_000)
    imports.wait()
    return not timed_out


def test_nothing_is_imported_before_the_window_is_painted(
    window: Window, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "slow_module.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(first_paint, "_LOADED_AFTER_PAINT", ("slow_module",))
    before: list[bool] = []
    imports = imports_after(window)
    QTimer.singleShot(0, lambda: before.append("slow_module" in sys.modules))
    QTimer.singleShot(1, window.painted.emit)
    assert finishes(imports)
    assert before == [False]
    assert sys.modules.pop("slow_module")


def test_a_window_that_is_never_painted_waits_only_for_the_timeout(
    window: Window, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(first_paint, "PAINT_TIMEOUT", 5)
    monkeypatch.setattr(first_paint, "_LOADED_AFTER_PAINT", ())
    assert finishes(imports_after(window))


def test_a_failed_import_does_not_block_the_window(window: Window, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(first_paint, "_LOADED_AFTER_PAINT", ("no_such_module",))
    QTimer.singleShot(0, window.painted.emit)
    assert finishes(imports_after(window))


def test_the_window_is_built_without_slow_imports() -> None:
    slow = ("asyncio", "httpx", "click", "qtawesome", "av", "PySide6.QtMultimedia", "sora_desktop.engine.engine")
    script = f"import sys, sora_desktop.app.first_paint; print([name for name in {slow} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
