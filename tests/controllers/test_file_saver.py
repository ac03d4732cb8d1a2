"""What the dialogs propose in which files are saved."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from builders import a_clip, a_job
from PySide6.QtWidgets import QFileDialog, QWidget
from pytestqt.qtbot import QtBot

from sora_desktop.controllers.file_saver import FileSaver
from sora_desktop.domain.job import Ready
from sora_desktop.store.settings import Settings


@pytest.mark.parametrize(
    ("name", "kind"),
    [("clip.mp4", "MP4 video (*.mp4)"), ("clip.mov", "MOV video (*.mov)"), ("a.ts", "TS video (*.ts)")],
)
def test_the_export_dialog_names_the_kind_of_the_file(name: str, kind: str, qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    saver = FileSaver(*cast(Any, (SimpleNamespace(settings=Settings()), SimpleNamespace(window=window), None, None)))
    saver.save_clip(a_job(Ready(a_clip(Path("/clips") / name))))
    dialog = window.findChild(QFileDialog, "exportDialog")
    assert isinstance(dialog, QFileDialog)
    assert dialog.nameFilters() == [kind] and dialog.defaultSuffix() == Path(name).suffix[1:]
    dialog.reject()
