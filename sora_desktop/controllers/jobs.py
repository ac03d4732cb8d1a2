"""What a person wants done with a job, done."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

from sora_desktop.controllers.background_tasks import BackgroundTasks
from sora_desktop.controllers.file_manager import show_in_folder
from sora_desktop.domain.job import Failed, Job, JobId, Ready
from sora_desktop.domain.request import VideoRequest
from sora_desktop.engine.engine import Engine
from sora_desktop.jobs.clips import exports
from sora_desktop.jobs.errors import CommandRejected
from sora_desktop.jobs.sending.order import Before, Place
from sora_desktop.state.composer import SAME_CLICK, Composer
from sora_desktop.state.job_list import JobList
from sora_desktop.state.row_text import BEFORE
from sora_desktop.ui.library.posters import image_at
from sora_desktop.ui.player.player_panel import PlayerPanel
from sora_desktop.ui.window.main_window import MainWindow

_PLACES = {"to_front": Place.FRONT, "up": Place.UP, "down": Place.DOWN, "to_end": Place.END}

NOT_CONNECTED = "The service is not connected yet. Try again in a moment."


class JobController:
    """Obeys the verbs of the rows, the menus and the player."""

    def __init__(
        self,
        engine: Engine,
        window: MainWindow,
        player: PlayerPanel,
        composer: Composer,
        job_list: JobList,
        tasks: BackgroundTasks,
        *,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._engine = engine
        self._window = window
        self._player = player
        self._composer = composer
        self._job_list = job_list
        self._background = tasks
        self._now = now
        self._retried: tuple[JobId, float] | None = None

    def show(self, job: Job) -> None:
        """Put the job into the player, as a clip or in words."""
        if not isinstance(job.phase, Ready):
            self._player.show_job(job, "\n".join(self._job_list.text_of(job).all))
        elif job.phase.clip.file.exists():
            self._player.open_clip(job, image_at(self._engine.previews.filmstrip(job)))
        else:
            gone = f"{job.phase.clip.file} is no longer there. Put it back, or remove this row from the list."
            self._player.show_job(job, gone)

    def refresh(self) -> None:
        """Say anew where the shown job stands: an estimate moves between two looks."""
        job = self._player.job
        if job is not None and not isinstance(job.phase, Ready | Failed):
            self.show(job)

    async def save_edit(self, id: JobId, request: VideoRequest) -> None:
        """Replace a queued job's request by what the form holds; too late, the words stay in the form."""
        try:
            await self._engine.runner.edit(id, request)
        except CommandRejected as late:
            self._composer.end_edit(keep_request=True)
            self._window.show_notice(f"{late} What you wrote is in the form as a new request.", "warn")
        else:
            self._composer.end_edit()

    def obey(self, job: Job, action: str) -> None:
        """Do it; what takes time is an errand."""
        match action:
            case "open":
                self.show(job)
                self._player.play()
            case "reuse" | "edit":
                self._composer.load_request(job.request, 1)
                self._window.show_compose()
            case "edit_queued":
                self._composer.edit_job(job.id, job.request)
                self._window.show_compose()
            case "retry" if self._is_same_click(job):
                pass
            case "report":
                self._ask_where_to_report(job)
            case "export":
                self._ask_where_to_export(job)
            case "show_in_folder":
                if isinstance(job.phase, Ready):
                    show_in_folder(job.phase.clip.file)
            case _:
                self._background.start(self._act(job, action), action)

    def _is_same_click(self, job: Job) -> bool:
        """True for a retry right after the last one: a double click, or a key held down, must not buy twice."""
        last, self._retried = self._retried, (job.id, self._now())
        return last is not None and last[0] == job.id and self._retried[1] - last[1] < SAME_CLICK

    async def _act(self, job: Job, action: str) -> None:
        if not self._engine.connected:
            self._window.show_notice(NOT_CONNECTED, "warn")
            return
        runner = self._engine.runner
        match action:
            case "remove":
                if self._player.job is not None and self._player.job.id == job.id:
                    self._player.close_clip()
                await runner.remove(job.id)
            case "stop_watching":
                await runner.abandon(job.id)
            case "resume" | "fetch":
                await runner.resume(job.id)
            case "retry":
                await runner.retry(job.id)
            case "send_again":
                await runner.send_again(job.id)
            case "settle":
                await runner.reconcile(job.id)
            case "hold":
                await runner.hold(job.id)
            case "release":
                await runner.release(job.id)
            case "to_front" | "up" | "down" | "to_end":
                await runner.reorder(job.id, _PLACES[action])
            case _ if action.startswith(BEFORE):
                await runner.reorder(job.id, Before(JobId(action.removeprefix(BEFORE))))
            case "star" | "unstar":
                await runner.star(job.id, not job.starred)
            case _:
                raise AssertionError(f"no such verb: {action}")

    def _ask_where_to_export(self, job: Job) -> None:
        if not isinstance(job.phase, Ready):
            return
        from PySide6.QtWidgets import QFileDialog  # late: no start needs a dialog

        clip = job.phase.clip.file
        dialog = QFileDialog(self._window, "Export video", str(Path.home() / clip.name), "MP4 video (*.mp4)")
        dialog.setObjectName("exportDialog")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("mp4")
        dialog.fileSelected.connect(lambda to: self._background.start(self._export(clip, Path(to)), "export"))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _ask_where_to_report(self, job: Job) -> None:
        from PySide6.QtWidgets import QFileDialog

        name = f"sora-desktop-report-{job.id[:8]}.zip"
        dialog = QFileDialog(self._window, "Save a report for the service's support", str(Path.home() / name))
        dialog.setObjectName("reportDialog")
        dialog.setNameFilter("Zip archive (*.zip)")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("zip")
        dialog.fileSelected.connect(lambda to: self._background.start(self._report(job, Path(to)), "report"))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    async def _report(self, job: Job, to: Path) -> None:
        try:
            await self._engine.write_report(job, to)
        except OSError as trouble:
            self._window.show_notice(
                f"The report could not be written to {to}: {trouble.strerror or trouble}. Choose another place.",
                "error",
            )
        else:
            self._window.show_notice(f"The report is in {to}. It holds no key.", "ok")

    async def _export(self, clip: Path, to: Path) -> None:
        try:
            await asyncio.to_thread(exports.copy_to, clip, to)
        except OSError as trouble:
            self._window.show_notice(
                f"The video could not be written: {trouble.strerror or trouble}. Choose another place.", "error"
            )
        else:
            self._window.show_notice(f"Exported to {to}", "ok")
