"""Shows a file in the system's file manager or player, or says that there is none."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from sora_desktop.controllers.background_tasks import BackgroundTasks
from sora_desktop.state.tone import Tone
from sora_desktop.system.file_manager import open_in_system, show_in_file_manager

_MISSING = "{path} is missing. It was moved or deleted outside the program."


class FileManager:
    """Shows files without blocking the window."""

    def __init__(
        self,
        tasks: BackgroundTasks,
        show_notice: Callable[[str, Tone], None],
        show_in: Callable[[Path], bool] = show_in_file_manager,
        open_with: Callable[[Path], bool] = open_in_system,
    ) -> None:
        """`show_in` opens a file manager, `open_with` a file. They return whether there is a program, and may block."""
        self._tasks = tasks
        self._show_notice = show_notice
        self._show_in = show_in
        self._open_with = open_with

    def show(self, path: Path) -> None:
        """Open the folder of a file with the file selected, or a folder."""
        self._tasks.start(self._show(path), "show in folder")

    def show_folder(self, folder: Path) -> None:
        """Open a folder, which is made if it is missing."""
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            self._show_notice(f"{folder} cannot be opened: {error.strerror or error}.", Tone.ERROR)
        else:
            self.show(folder)

    def open(self, file: Path) -> None:
        """Open a file with the program that the system has for it."""
        self._tasks.start(self._open(file), "open in system player")

    async def _open(self, file: Path) -> None:
        if not file.exists():
            self._show_notice(_MISSING.format(path=file), Tone.WARN)
        elif not await asyncio.to_thread(self._open_with, file):
            self._show_notice(f"The system has no program for this video. The file is {file}", Tone.WARN)

    async def _show(self, path: Path) -> None:
        if not path.exists():
            self._show_notice(_MISSING.format(path=path), Tone.WARN)
        elif not await asyncio.to_thread(self._show_in, path):
            what = "The folder" if path.is_dir() else "The file"
            self._show_notice(f"No file manager could be opened. {what} is {path}", Tone.WARN)
