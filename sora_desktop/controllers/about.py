"""Opens the dialog about the program."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtWidgets import QWidget

from sora_desktop.engine.engine import Engine
from sora_desktop.system.resources import version


def open_about(engine: Engine, parent: QWidget, show_folder: Callable[[Path], object]) -> None:
    """Show the version, and the folders of the program, which `show_folder` opens."""
    # late: the first paint needs no dialog
    from sora_desktop.ui.dialogs.about_dialog import AboutDialog, NamedFolder

    places = (
        NamedFolder("data", "Data", engine.data_folder.root),
        NamedFolder("clips", "Clips", engine.clips_folder),
        NamedFolder("log", "Log", engine.data_folder.logs),
    )
    dialog = AboutDialog(version(), places, parent)
    dialog.folder_requested.connect(show_folder)
    dialog.open()
