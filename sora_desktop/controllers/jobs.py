"""What the user does to jobs: every action ends here."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from sora_desktop.controllers.background_tasks import BackgroundTasks
from sora_desktop.controllers.file_manager import show_in_folder
from sora_desktop.domain.job import Failed, Job, JobId, Ready
from sora_desktop.domain.request import VideoRequest
from sora_desktop.engine.connection import Connected, Disconnected
from sora_desktop.engine.engine import Engine
from sora_desktop.jobs.clips import exports
from sora_desktop.jobs.errors import CommandRejected
from sora_desktop.jobs.sending.order import Before, Place
from sora_desktop.state.actions import Action, JobRequest, MoveBefore
from sora_desktop.state.submit_guard import SubmitGuard
from sora_desktop.state.tone import Tone
from sora_desktop.state.window_view import NOT_CONNECTED
from sora_desktop.ui.library.posters import image_at

if TYPE_CHECKING:
    from sora_desktop.controllers.panels import Panels
    from sora_desktop.jobs.commands import Commands

_Command: TypeAlias = "Callable[[Commands, JobId], Coroutine[object, object, object]]"

#: The command behind each action that changes jobs.
_COMMANDS: dict[Action, _Command] = {
    Action.RETRY: lambda commands, id: commands.retry(id),
    Action.SEND_AGAIN: lambda commands, id: commands.send_again(id),
    Action.RECONCILE: lambda commands, id: commands.reconcile(id),
    Action.RESUME: lambda commands, id: commands.resume(id),
    Action.FETCH: lambda commands, id: commands.resume(id),
    Action.ABANDON: lambda commands, id: commands.abandon(id),
    Action.HOLD: lambda commands, id: commands.hold(id),
    Action.RELEASE: lambda commands, id: commands.release(id),
    Action.MOVE_TO_FRONT: lambda commands, id: commands.reorder(id, Place.FRONT),
    Action.MOVE_UP: lambda commands, id: commands.reorder(id, Place.UP),
    Action.MOVE_DOWN: lambda commands, id: commands.reorder(id, Place.DOWN),
    Action.MOVE_TO_END: lambda commands, id: commands.reorder(id, Place.END),
    Action.STAR: lambda commands, id: commands.star(id, True),
    Action.UNSTAR: lambda commands, id: commands.star(id, False),
}


class JobController:
    """Carries out the actions of rows, menus and player."""

    def __init__(self, engine: Engine, panels: Panels, tasks: BackgroundTasks, guard: SubmitGuard) -> None:
        """`guard` keeps a double click on Retry from spending twice."""
        self._engine = engine
        self._panels = panels
        self._tasks = tasks
        self._guard = guard

    def run(self, request: JobRequest, ids: Sequence[JobId]) -> None:
        """Do what the user asked for to these jobs. Changes of jobs happen in the background.

        Actions that open something (play, export, edit, …) use the first job alone.
        """
        if request is Action.RETRY and not self._guard.admits((request, tuple(ids))):
            return
        match request:
            case Action.PLAY:
                self._with_job(ids, self.play)
            case Action.REUSE | Action.EDIT_AS_NEW:
                self._with_job(ids, self.reuse)
            case Action.EDIT_QUEUED:
                self._with_job(ids, self._edit_queued)
            case Action.EXPORT:
                self._with_job(ids, self._ask_where_to_export)
            case Action.SHOW_IN_FOLDER:
                self._with_job(ids, self._show_in_folder)
            case Action.REPORT:
                self._with_job(ids, self._ask_where_to_report)
            case MoveBefore(id=other):
                self._start("move", lambda commands, id: commands.reorder(id, Before(other)), ids)
            case Action.REMOVE:
                self._close_if_shown(ids)
                self._tasks.start(self._remove(ids), request.value)
            case _:
                self._start(request.value, _COMMANDS[request], ids)

    def show(self, job: Job) -> None:
        """Show the job in the player: its clip, or its state as text."""
        player = self._panels.player
        if not isinstance(job.phase, Ready):
            player.show_job(job, "\n".join(self._panels.job_list.text_of(job).all))
        elif job.phase.clip.file.exists():
            player.open_clip(job, image_at(self._engine.previews.filmstrip(job)))
        else:
            player.show_job(job, f"{job.phase.clip.file} is missing. Put it back, or remove the video from the list.")

    def play(self, job: Job) -> None:
        """Show the job and play its clip, if it has one."""
        self.show(job)
        self._panels.player.play()

    def reuse(self, job: Job) -> None:
        """Put the request of the job into the form, as a new request."""
        self._panels.composer.load_request(job.request, 1)
        self._panels.window.show_compose()

    def refresh_shown_job(self) -> None:
        """Update the text of the job in the player: estimates move between two polls."""
        job = self._panels.player.job
        if job is not None and not isinstance(job.phase, Ready | Failed):
            self.show(job)

    async def save_edit(self, id: JobId, request: VideoRequest) -> None:
        """Replace the request of a queued job. If it was sent meanwhile, the form keeps the text as a new request."""
        composer, window_state = self._panels.composer, self._panels.window_state
        match self._engine.connection:
            case Disconnected():
                window_state.show_notice(NOT_CONNECTED, Tone.WARN)
            case Connected(runner=runner):
                try:
                    await runner.commands.edit(id, request)
                except CommandRejected as error:
                    composer.end_edit(keep_request=True)
                    window_state.show_notice(f"{error} Your text is in the form as a new request.", Tone.WARN)
                else:
                    composer.end_edit()

    def _with_job(self, ids: Sequence[JobId], act: Callable[[Job], None]) -> None:
        job = self._panels.job_list.find(ids[0]) or self._engine.store.read(ids[0])
        if job is not None:
            act(job)

    def _start(self, name: str, command: _Command, ids: Sequence[JobId]) -> None:
        self._tasks.start(self._command_each(command, ids), name)

    async def _command_each(self, command: _Command, ids: Sequence[JobId]) -> None:
        match self._engine.connection:
            case Disconnected():
                self._panels.window_state.show_notice(NOT_CONNECTED, Tone.WARN)
            case Connected(runner=runner):
                for id in ids:
                    await command(runner.commands, id)

    async def _remove(self, ids: Sequence[JobId]) -> None:
        match self._engine.connection:
            case Disconnected():
                self._panels.window_state.show_notice(NOT_CONNECTED, Tone.WARN)
            case Connected(runner=runner):
                await runner.commands.remove(ids)

    def _edit_queued(self, job: Job) -> None:
        self._panels.composer.edit_job(job.id, job.request)
        self._panels.window.show_compose()

    def _show_in_folder(self, job: Job) -> None:
        if isinstance(job.phase, Ready):
            show_in_folder(job.phase.clip.file)

    def _close_if_shown(self, ids: Sequence[JobId]) -> None:
        player = self._panels.player
        if self._engine.connected and player.job is not None and player.job.id in ids:
            player.close_clip()

    def _ask_where_to_export(self, job: Job) -> None:
        if not isinstance(job.phase, Ready):
            return
        from PySide6.QtWidgets import QFileDialog  # late: the first paint needs no dialog

        clip = job.phase.clip.file
        dialog = QFileDialog(self._panels.window, "Export video", str(Path.home() / clip.name), "MP4 video (*.mp4)")
        dialog.setObjectName("exportDialog")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("mp4")
        dialog.fileSelected.connect(lambda to: self._tasks.start(self._export(clip, Path(to)), "export"))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    async def _export(self, clip: Path, to: Path) -> None:
        show_notice = self._panels.window_state.show_notice
        try:
            await asyncio.to_thread(exports.copy_to, clip, to)
        except OSError as error:
            reason = error.strerror or error
            show_notice(f"The video could not be exported: {reason}. Choose another place.", Tone.ERROR)
        else:
            show_notice(f"Exported to {to}", Tone.OK)

    def _ask_where_to_report(self, job: Job) -> None:
        from PySide6.QtWidgets import QFileDialog

        name = f"sora-desktop-report-{job.id[:8]}.zip"
        dialog = QFileDialog(self._panels.window, "Save support report", str(Path.home() / name))
        dialog.setObjectName("reportDialog")
        dialog.setNameFilter("Zip archive (*.zip)")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("zip")
        dialog.fileSelected.connect(lambda to: self._tasks.start(self._report(job, Path(to)), "report"))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    async def _report(self, job: Job, to: Path) -> None:
        show_notice = self._panels.window_state.show_notice
        try:
            await self._engine.write_report(job, to)
        except OSError as error:
            reason = error.strerror or error
            show_notice(f"The report could not be written to {to}: {reason}. Choose another place.", Tone.ERROR)
        else:
            show_notice(f"The report was saved to {to}. It contains no API key.", Tone.OK)
