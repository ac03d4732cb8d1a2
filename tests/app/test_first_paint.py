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
from sora_desktop.domain.service_config import ServiceConfig
from sora_desktop.store.data_folder import DataFolder
from sora_desktop.store.settings import Settings, SettingsFile


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


SLOW = (
    "asyncio",
    "httpx",
    "click",
    "qtawesome",
    "av",
    "PySide6.QtMultimedia",
    "sora_desktop.engine.engine",
    "sora_desktop.domain.examination",
    "sora_desktop.domain.frames",
    "sora_desktop.state.undo_steps",
    "sora_desktop.ui.compare.compare_panel",
    "sora_desktop.ui.player.fading_controls",
    "sora_desktop.ui.player.playback",
    "desktop_notifier",
)
#: Builds the window for the settings in a data folder, as `run_window` does before the first paint.
BUILD = """
import pathlib, sys
from sora_desktop.app import first_paint
from sora_desktop.store.data_folder import DataFolder
from sora_desktop.store.records import Records
app = first_paint._create_application()
records = Records(DataFolder(pathlib.Path(sys.argv[1])), first_paint.resources() / "prices.json")
theme = first_paint.AppTheme(first_paint.resources(), app, styled=False)
panels = first_paint.Panels(theme, records, app.primaryScreen().availableSize())
panels.show()
print(panels.composer.request.model)
"""


def loaded_by(script: str, *arguments: str) -> list[str]:
    """What a script prints, then the slow modules that it has loaded."""
    command = f"{script}\nimport sys; print([name for name in {SLOW} if name in sys.modules], flush=True)"
    leave = "import os; os._exit(0)"  # the window is not closed
    line = [sys.executable, "-c", f"{command}; {leave}", *arguments]
    return subprocess.run(line, capture_output=True, text=True, check=True).stdout.splitlines()


def test_the_window_is_imported_without_slow_imports() -> None:
    assert loaded_by("import sora_desktop.app.first_paint") == ["[]"]


def test_the_form_of_an_engine_is_shown_without_slow_imports(tmp_path: Path) -> None:
    data = DataFolder.at(tmp_path / "data")
    data.make()
    assert loaded_by(BUILD, str(data.root)) == ["sora2", "[]"]
    engine = ServiceConfig("Studio", "http://127.0.0.1:9/v1", "openai", models=("my-model",))
    SettingsFile(data.settings_file).save(Settings(more_services=(engine,), default_service="Studio"))
    assert loaded_by(BUILD, str(data.root)) == ["my-model", "[]"]
