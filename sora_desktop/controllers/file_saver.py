"""Saves a copy of a clip, or a support report, where the user wants it."""

from __future__ import annotations

import asyncio
from pathlib import Path

from sora_desktop.controllers.background_tasks import BackgroundTasks
from sora_desktop.controllers.file_dialogs import FileDialogs
from sora_desktop.controllers.file_manager import FileManager
from sora_desktop.controllers.panels import Panels
from sora_desktop.domain.job import Job, Ready
from sora_desktop.domain.trash import before_trash
from sora_desktop.engine.engine import Engine
from sora_desktop.jobs.clips import exports
from sora_desktop.state.toasts import Toast, ToastAction
from sora_desktop.state.tone import Tone

#: The notices about a file that could not be written. The next try ends them.
_EXPORT_NOTICE, _REPORT_NOTICE = "export of a clip", "support report"


class FileSaver:
    """Asks for the file, which does not block, then writes it in the background and says so."""

    def __init__(self, engine: Engine, panels: Panels, tasks: BackgroundTasks, file_manager: FileManager) -> None:
        self._engine = engine
        self._panels = panels
        self._tasks = tasks
        self._file_manager = file_manager
        self._dialogs = FileDialogs(engine, panels)

    def save_clip(self, job: Job) -> None:
        """Save a copy of the job's clip, which may be in the Trash."""
        phase = before_trash(job).phase
        if isinstance(phase, Ready):
            clip = phase.clip.file
            kind = f"{clip.suffix[1:].upper()} video (*{clip.suffix})"
            self._dialogs.ask_for_file(
                "export",
                "Export video",
                clip.name,
                kind,
                lambda to: self._tasks.start(self._export(clip, to), "export"),
            )

    def save_report(self, job: Job) -> None:
        """Save a support report about the job."""
        name = f"sora-desktop-report-{job.id[:8]}.zip"
        self._dialogs.ask_for_file(
            "report",
            "Save support report",
            name,
            "Zip archive (*.zip)",
            lambda to: self._tasks.start(self._report(job, to), "report"),
        )

    async def _export(self, clip: Path, to: Path) -> None:
        self._panels.window_state.end_notice(_EXPORT_NOTICE)
        try:
            await asyncio.to_thread(exports.copy_to, clip, to)
        except OSError as error:
            text = f"The video could not be exported: {exports.why_not_written(error)}."
            self._panels.window_state.show_notice(text, Tone.ERROR, _EXPORT_NOTICE)
        else:
            show = ToastAction("Show in folder", lambda: self._file_manager.show(to))
            self._panels.toasts.show(Toast("Video exported", f"{to.name} in {to.parent}", show, key="export"))

    async def _report(self, job: Job, to: Path) -> None:
        self._panels.window_state.end_notice(_REPORT_NOTICE)
        try:
            await self._engine.write_report(job, to)
        except OSError as error:
            text = f"The report could not be written to {to}: {exports.why_not_written(error)}."
            self._panels.window_state.show_notice(text, Tone.ERROR, _REPORT_NOTICE)
        else:
            show = ToastAction("Show in folder", lambda: self._file_manager.show(to))
            self._panels.toasts.show(
                Toast("Report saved, without the API key", f"{to.name} in {to.parent}", show, key="report")
            )
