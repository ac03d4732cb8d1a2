"""Saves a copy of a clip, or a support report, where the user wants it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import NamedTuple

from sora_desktop.controllers.background_tasks import BackgroundTasks
from sora_desktop.controllers.file_manager import FileManager
from sora_desktop.controllers.panels import Panels
from sora_desktop.domain.job import Job, Ready
from sora_desktop.domain.trash import before_trash
from sora_desktop.engine.engine import Engine
from sora_desktop.jobs.clips import exports
from sora_desktop.state.toasts import Toast, ToastAction
from sora_desktop.state.tone import Tone


class _Target(NamedTuple):
    """What a file dialog asks for."""

    kind: str  # the beginning of the dialog's object name
    title: str
    name: str  # of the file that is proposed
    filter: str


class FileSaver:
    """Asks for the file, which does not block, then writes it in the background and says so."""

    def __init__(self, engine: Engine, panels: Panels, tasks: BackgroundTasks, file_manager: FileManager) -> None:
        self._engine = engine
        self._panels = panels
        self._tasks = tasks
        self._file_manager = file_manager

    def save_clip(self, job: Job) -> None:
        """Save a copy of the job's clip, which may be in the Trash."""
        phase = before_trash(job).phase
        if isinstance(phase, Ready):
            clip = phase.clip.file
            kind = f"{clip.suffix[1:].upper()} video (*{clip.suffix})"
            target = _Target("export", "Export video", clip.name, kind)
            self._ask_where(target, lambda to: self._export(clip, to))

    def save_report(self, job: Job) -> None:
        """Save a support report about the job."""
        name = f"sora-desktop-report-{job.id[:8]}.zip"
        target = _Target("report", "Save support report", name, "Zip archive (*.zip)")
        self._ask_where(target, lambda to: self._report(job, to))

    def _ask_where(self, target: _Target, write: Callable[[Path], Coroutine[object, object, None]]) -> None:
        """Open a file dialog, and write the file in the background."""
        from PySide6.QtWidgets import QFileDialog  # late: the first paint needs no dialog

        proposed = str(Path.home() / target.name)
        dialog = QFileDialog(self._panels.window, target.title, proposed, target.filter)
        dialog.setObjectName(f"{target.kind}Dialog")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix(Path(target.name).suffix.removeprefix("."))
        dialog.fileSelected.connect(lambda to: self._tasks.start(write(Path(to)), target.kind))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    async def _export(self, clip: Path, to: Path) -> None:
        try:
            await asyncio.to_thread(exports.copy_to, clip, to)
        except OSError as error:
            text = f"The video could not be exported: {exports.why_not_written(error)}."
            self._panels.window_state.show_notice(text, Tone.ERROR)
        else:
            show = ToastAction("Show in folder", lambda: self._file_manager.show(to))
            self._panels.toasts.show(Toast("Video exported", f"{to.name} in {to.parent}", show, key="export"))

    async def _report(self, job: Job, to: Path) -> None:
        try:
            await self._engine.write_report(job, to)
        except OSError as error:
            text = f"The report could not be written to {to}: {exports.why_not_written(error)}."
            self._panels.window_state.show_notice(text, Tone.ERROR)
        else:
            show = ToastAction("Show in folder", lambda: self._file_manager.show(to))
            self._panels.toasts.show(
                Toast("Report saved, without the API key", f"{to.name} in {to.parent}", show, key="report")
            )
