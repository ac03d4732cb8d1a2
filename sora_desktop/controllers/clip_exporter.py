"""Copies several clips into a folder that the user chooses."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from sora_desktop.controllers.background_tasks import BackgroundTasks
from sora_desktop.controllers.file_dialogs import FileDialogs
from sora_desktop.controllers.file_manager import FileManager
from sora_desktop.controllers.panels import Panels
from sora_desktop.domain.job import Job, Ready
from sora_desktop.engine.engine import Engine
from sora_desktop.jobs.clips import exports
from sora_desktop.state.toasts import Toast, ToastAction
from sora_desktop.state.tone import Tone
from sora_desktop.state.trash_text import videos_text

#: The notice about clips that could not be written. The next export ends it.
_NOTICE = "export of several clips"


class ClipExporter:
    """Asks for the folder, which does not block, then copies in the background and says what was written."""

    def __init__(self, engine: Engine, panels: Panels, tasks: BackgroundTasks, file_manager: FileManager) -> None:
        self._panels = panels
        self._tasks = tasks
        self._file_manager = file_manager
        self._dialogs = FileDialogs(engine, panels)

    def export(self, jobs: Sequence[Job]) -> None:
        """Copy the clips of these jobs. Jobs without a clip are left out."""
        clips = [job.phase.clip.file for job in jobs if isinstance(job.phase, Ready)]
        if not clips:
            return
        self._dialogs.ask_for_folder(
            "exportFolder",
            f"Export {videos_text(len(clips))} into a folder",
            "Export",
            lambda folder: self._tasks.start(self.copy(clips, folder), "export clips", writes=folder.name),
        )

    async def copy(self, clips: Sequence[Path], folder: Path) -> None:
        """Copy clips into the folder. A name that is taken there gets a number."""
        copies: list[Path] = []
        problems: list[str] = []
        self._panels.window_state.end_notice(_NOTICE)
        for number, clip in enumerate(clips):
            if len(clips) > 1:
                self._panels.toasts.show(Toast(f"Exporting {number + 1} of {len(clips)}", clip.name, key="export"))
            try:
                copies.append(await asyncio.to_thread(exports.copy_into, clip, folder))
            except OSError as error:
                problems.append(f"{clip.name}: {exports.why_not_written(error)}")
        exported = Toast(f"{videos_text(len(copies))} exported", f"to {folder}", self._shows(copies), key="export")
        if copies:
            self._panels.toasts.show(exported)
        else:
            self._panels.toasts.end("export")
        if problems:
            text = f"{videos_text(len(problems))} could not be exported. {problems[0]}."
            self._panels.window_state.show_notice(text, Tone.ERROR, _NOTICE)

    def _shows(self, copies: Sequence[Path]) -> ToastAction | None:
        return ToastAction("Show in folder", lambda: self._file_manager.show(copies[0])) if copies else None
