"""The dialogs in which the user chooses where files are written: each begins in the folder of the last one."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from sora_desktop.controllers.panels import Panels
from sora_desktop.engine.engine import Engine

if TYPE_CHECKING:  # the first paint needs no dialog
    from PySide6.QtWidgets import QFileDialog

log = logging.getLogger(__name__)


class FileDialogs:
    """Opens dialogs that do not block. The folder is kept in the settings."""

    def __init__(self, engine: Engine, panels: Panels) -> None:
        self._engine = engine
        self._panels = panels

    def ask_for_file(self, kind: str, title: str, name: str, filter: str, write: Callable[[Path], object]) -> None:
        """Ask for a file to write. `kind` begins the dialog's object name; `name` is proposed."""
        dialog = self._new_dialog(f"{kind}Dialog", title, self._folder() / name, filter)
        dialog.setAcceptMode(dialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix(Path(name).suffix.removeprefix("."))
        dialog.fileSelected.connect(lambda to: self._chosen(Path(to).parent, Path(to), write))
        dialog.open()

    def ask_for_folder(self, kind: str, title: str, accept: str, write: Callable[[Path], object]) -> None:
        """Ask for a folder to write into. `accept` is the word on the button."""
        dialog = self._new_dialog(f"{kind}Dialog", title, self._folder())
        dialog.setFileMode(dialog.FileMode.Directory)
        dialog.setOption(dialog.Option.ShowDirsOnly)
        dialog.setLabelText(dialog.DialogLabel.Accept, accept)
        dialog.fileSelected.connect(lambda to: self._chosen(Path(to), Path(to), write))
        dialog.open()

    def _new_dialog(self, object_name: str, title: str, proposed: Path, filter: str = "") -> QFileDialog:
        from PySide6.QtWidgets import QFileDialog  # late: the first paint needs no dialog

        dialog = QFileDialog(self._panels.window, title, str(proposed), filter)
        dialog.setObjectName(object_name)
        dialog.finished.connect(dialog.deleteLater)
        # after "replace it?" two windows close at once: some window managers then give no window the keyboard
        dialog.finished.connect(self._panels.window.activateWindow)
        return dialog

    def _folder(self) -> Path:
        folder = self._engine.settings.export_folder
        try:
            return folder if folder is not None and folder.is_dir() else Path.home()
        except OSError:  # such as a share that is gone
            return Path.home()

    def _chosen(self, folder: Path, to: Path, write: Callable[[Path], object]) -> None:
        if folder != self._engine.settings.export_folder:
            try:
                self._engine.change_settings(export_folder=folder)
            except OSError as error:
                log.warning("the folder could not be remembered: %s", error)
        write(to)
