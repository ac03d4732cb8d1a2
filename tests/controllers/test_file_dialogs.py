"""A dialog that asks where to save begins in the folder of the last one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from PySide6.QtWidgets import QFileDialog, QWidget
from pytestqt.qtbot import QtBot

from sora_desktop.controllers.file_dialogs import FileDialogs
from sora_desktop.store.settings import Settings


class Window(QWidget):
    activated = 0

    def activateWindow(self) -> None:
        self.activated += 1


def test_each_dialog_begins_where_the_last_file_was_saved(tmp_path: Path, qtbot: QtBot) -> None:
    window, engine, written = Window(), SimpleNamespace(settings=Settings()), list[Path]()
    qtbot.addWidget(window)
    (folder := tmp_path / "picks").mkdir()

    def change_settings(**changes: Any) -> None:
        engine.settings = replace(engine.settings, **changes)
        raise OSError("the disk is full")  # the file is saved all the same

    engine.change_settings = change_settings
    dialogs = FileDialogs(cast(Any, engine), cast(Any, SimpleNamespace(window=window)))

    def opened(name: str) -> QFileDialog:
        dialog = window.findChild(QFileDialog, name)
        assert isinstance(dialog, QFileDialog)
        dialog.setObjectName("")
        return dialog

    dialogs.ask_for_file("frame", "Save frame", "a.png", "PNG image (*.png)", written.append)
    first = opened("frameDialog")
    assert Path(first.directory().absolutePath()) == Path.home()
    first.fileSelected.emit(str(folder / "a.png"))
    first.reject()
    assert window.activated == 1, "the keyboard is the window's again"
    dialogs.ask_for_folder("exportFolder", "Export 2 videos", "Export", written.append)
    second = opened("exportFolderDialog")
    assert Path(second.directory().absolutePath()) == folder
    second.fileSelected.emit(str(tmp_path))
    second.reject()
    assert written == [folder / "a.png", tmp_path] and engine.settings.export_folder == tmp_path
    engine.settings = Settings(export_folder=tmp_path / "gone")
    dialogs.ask_for_file("frame", "Save frame", "a.png", "PNG image (*.png)", written.append)
    third = opened("frameDialog")
    assert Path(third.directory().absolutePath()) == Path.home()
    third.reject()
