"""Shows a file in the system's file manager, or says that there is none."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from sora_desktop.controllers.background_tasks import BackgroundTasks
from sora_desktop.state.tone import Tone
from sora_desktop.system.file_manager import show_in_file_manager


class FileManager:
    """Shows files without blocking the window."""

    def __init__(
        self,
        tasks: BackgroundTasks,
        show_notice: Callable[[str, Tone], None],
        show_in: Callable[[Path], bool] = show_in_file_manager,
    ) -> None:
        """`show_in` opens a file manager and returns whether there is one. It may block."""
        self._tasks = tasks
        self._show_notice = show_notice
        self._show_in = show_in

    def show(self, path: Path) -> None:
        """Open the folder of a file with the file selected, or a folder."""
        self._tasks.start(self._show(path), "show in folder")

    async def _show(self, path: Path) -> None:
        if not path.exists():
            self._show_notice(f"{path} is missing. It was moved or deleted outside the program.", Tone.WARN)
        elif not await asyncio.to_thread(self._show_in, path):
            what = "The folder" if path.is_dir() else "The file"
            self._show_notice(f"No file manager could be opened. {what} is {path}", Tone.WARN)
