"""What is loaded while the window is on the screen already."""

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


def loading(window: Window) -> first_paint._Loading:
    return first_paint._Loading(cast(Panels, SimpleNamespace(window=window)))


def ends(behind: first_paint._Loading) -> bool:
    """True when it stops waiting by itself, in any time that a machine may need."""
    given_up: list[bool] = []

    def give_up() -> None:
        given_up.append(True)
        behind._loop.quit()

    patience = QTimer()
    patience.setSingleShot(True)
    patience.timeout.connect(give_up)
    patience.start(20_000)
    behind.wait()
    return not given_up


def test_nothing_is_loaded_before_the_window_was_painted(
    window: Window, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "heavy_as_lead.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(first_paint, "_BEHIND", ("heavy_as_lead",))
    before: list[bool] = []
    behind = loading(window)
    QTimer.singleShot(0, lambda: before.append("heavy_as_lead" in sys.modules))
    QTimer.singleShot(1, window.painted.emit)
    assert ends(behind)
    assert before == [False]
    assert sys.modules.pop("heavy_as_lead")


def test_a_window_that_is_never_painted_waits_a_moment_only(window: Window, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(first_paint, "PAINT_LIMIT", 5)
    monkeypatch.setattr(first_paint, "_BEHIND", ())
    assert ends(loading(window))


def test_what_cannot_be_loaded_does_not_keep_the_window_waiting(
    window: Window, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(first_paint, "_BEHIND", ("there_is_no_such_module",))
    QTimer.singleShot(0, window.painted.emit)
    assert ends(loading(window))


def test_the_window_is_built_without_what_is_slow_to_load() -> None:
    slow = ("asyncio", "httpx", "click", "qtawesome", "av", "PySide6.QtMultimedia", "sora_desktop.engine.engine")
    script = f"import sys, sora_desktop.app.first_paint; print([name for name in {slow} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
