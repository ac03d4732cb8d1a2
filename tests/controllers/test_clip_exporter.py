"""Several clips are copied into one folder, and what could not be written is said."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from builders import a_clip, a_job
from PySide6.QtWidgets import QFileDialog, QWidget
from pytestqt.qtbot import QtBot

from sora_desktop.controllers.clip_exporter import ClipExporter
from sora_desktop.domain.job import Failed, Job, Ready
from sora_desktop.state.toasts import Toasts
from sora_desktop.state.window_view import WindowState
from sora_desktop.store.settings import Settings


async def test_copies_get_names_of_their_own_and_a_missing_clip_is_named(tmp_path: Path, qtbot: QtBot) -> None:
    window, toasts, state, started = QWidget(), Toasts(), WindowState(), list[Any]()
    qtbot.addWidget(window)
    engine = SimpleNamespace(settings=Settings(), change_settings=lambda **_: None)
    panels = SimpleNamespace(window=window, toasts=toasts, window_state=state)
    tasks = SimpleNamespace(start=lambda work, name, writes: started.append(work))
    exporter = ClipExporter(cast(Any, engine), cast(Any, panels), cast(Any, tasks), cast(Any, None))
    (folder := tmp_path / "picks").mkdir()
    (tmp_path / "cat.mp4").write_bytes(b"cat")
    (folder / "cat.mp4").write_bytes(b"another cat")
    names = ("cat.mp4", "missing.mp4")
    jobs: list[Job] = [a_job(Ready(a_clip(tmp_path / name)), number) for number, name in enumerate(names)]
    exporter.export([*jobs, a_job(Failed("no"), 9)])
    dialog = window.findChild(QFileDialog, "exportFolderDialog")
    assert isinstance(dialog, QFileDialog) and dialog.windowTitle() == "Export 2 videos into a folder"
    dialog.fileSelected.emit(str(folder))
    dialog.reject()
    (copying,) = started
    await copying
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == {
        "cat.mp4": b"another cat",
        "cat 2.mp4": b"cat",
    }
    toast = toasts.find("export")
    assert toast is not None and toast.text == "1 video exported" and toast.action is not None
    (notice,) = state.facts.notices
    assert notice.text.startswith("1 video could not be exported. missing.mp4: No such file")
    await exporter.copy([tmp_path / "missing.mp4"], folder)
    assert toasts.find("export") is None, "nothing was exported"
