"""What the user does to jobs: every action ends here."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from sora_desktop.controllers.background_tasks import BackgroundTasks
from sora_desktop.controllers.file_manager import FileManager
from sora_desktop.controllers.panels import Panels
from sora_desktop.controllers.question import Question, ask
from sora_desktop.domain.job import Failed, Job, JobId, Ready
from sora_desktop.domain.queue import Before, Place
from sora_desktop.domain.request import VideoRequest
from sora_desktop.engine.engine import Engine
from sora_desktop.jobs.clips import exports
from sora_desktop.jobs.errors import CommandRejected
from sora_desktop.state.actions import PAID, Action, JobAction, OfferedAction
from sora_desktop.state.clip_text import title_of
from sora_desktop.state.submit_guard import REPEATED, SubmitGuard
from sora_desktop.state.toasts import Toast, ToastAction
from sora_desktop.state.tone import Tone
from sora_desktop.state.window_view import NOT_CONNECTED
from sora_desktop.ui.library.posters import image_at

if TYPE_CHECKING:  # loads the runner, which the first paint does not need
    from sora_desktop.jobs.commands import Commands
    from sora_desktop.jobs.runner import JobRunner

_Command: TypeAlias = "Callable[[Commands, Sequence[JobId]], Coroutine[object, object, object]]"


def _each(
    command: Callable[[Commands, JobId], Coroutine[object, object, object]], *, backwards: bool = False
) -> _Command:
    """A command for one job, run for one job after the other."""

    async def run(commands: Commands, ids: Sequence[JobId]) -> None:
        for id in reversed(ids) if backwards else ids:
            await command(commands, id)

    return run


async def _retry(commands: Commands, ids: Sequence[JobId]) -> list[Job]:
    return [job for id in ids for job in await commands.retry(id)]


#: The command behind each action that changes jobs. The ids are in the order of the queue.
_COMMANDS: dict[Action, _Command] = {
    Action.RETRY: _retry,
    Action.SEND_AGAIN: _each(lambda commands, id: commands.send_again(id)),
    Action.RECONCILE: _each(lambda commands, id: commands.reconcile(id)),
    Action.RESUME: _each(lambda commands, id: commands.resume(id)),
    Action.FETCH: _each(lambda commands, id: commands.resume(id)),
    Action.ABANDON: _each(lambda commands, id: commands.abandon(id)),
    Action.HOLD: lambda commands, ids: commands.hold(ids),
    Action.RELEASE: lambda commands, ids: commands.release(ids),
    # backwards: the job that is moved to the front last is sent first
    Action.MOVE_TO_FRONT: _each(lambda commands, id: commands.reorder(id, Place.FRONT), backwards=True),
    Action.MOVE_UP: _each(lambda commands, id: commands.reorder(id, Place.UP)),
    Action.MOVE_DOWN: _each(lambda commands, id: commands.reorder(id, Place.DOWN)),
    Action.MOVE_TO_END: _each(lambda commands, id: commands.reorder(id, Place.END)),
    Action.STAR: lambda commands, ids: commands.star(ids, True),
    Action.UNSTAR: lambda commands, ids: commands.star(ids, False),
    Action.REMOVE: lambda commands, ids: commands.remove(ids),
}


class JobController:
    """Carries out the actions of rows, menus and player."""

    def __init__(self, engine: Engine, panels: Panels, tasks: BackgroundTasks, guard: SubmitGuard) -> None:
        """`guard` keeps an action that spends from being done twice by mistake."""
        self._engine = engine
        self._panels = panels
        self._tasks = tasks
        self._guard = guard
        self._file_manager = FileManager(tasks, lambda *notice: panels.window_state.show_notice(*notice))

    def run(self, action: JobAction, ids: Sequence[JobId]) -> None:
        """Do what the user asked for to these jobs, which are in the order of the queue.

        Commands run in the background, for several jobs after a confirmation if `OfferedAction` says so. Actions that
        open something (play, export, edit, …) use the first job alone.
        """
        if action in PAID and not self._guard.admits((action, tuple(ids))):
            self._panels.window_state.show_notice(REPEATED, Tone.MUTED)
            return
        match action:
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
            case Before() as place:
                move = _each(lambda commands, id: commands.reorder(id, place))
                self._tasks.start(self._run_command(move, ids), "move")
            case _ if len(ids) > 1:
                self._tasks.start(self._confirm_and_run(action, ids), action.value)
            case _:
                self._tasks.start(self._change(action, ids), action.value)

    def show(self, job: Job) -> None:
        """Show the job in the player: its clip, or its state as text."""
        player = self._panels.player
        if not isinstance(job.phase, Ready):
            player.show_job(job, "\n".join(self._panels.job_list.text_of(job).all))
        elif job.phase.clip.file.exists():
            player.open_clip(job, image_at(self._engine.previews.filmstrip(job)))
            self._panels.job_list.mark_opened(job.id)
        else:
            player.show_job(job, f"{job.phase.clip.file} is missing. Put it back, or remove the video from the list.")

    def play(self, job: Job) -> None:
        """Show the job and play its clip, if it has one."""
        self.show(job)
        self._panels.player.play()

    def show_queued(self, jobs: Sequence[Job]) -> None:
        """Scroll to jobs that were just queued. If the tab or the search hides them, say that they are there."""
        if not jobs:
            return
        in_sight = self._panels.library.reveal(jobs[-1].id)
        if self._panels.job_list.row_of(jobs[-1].id) is None:
            self._panels.toasts.show(Toast("Queued. This tab or search does not show it.", key="queued"))
        elif not in_sight:
            self._panels.toasts.show(Toast("Queued", title_of(jobs[-1]), key="queued"))

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
        runner = self._engine.runner_of(id)
        if runner is None:
            window_state.show_notice(NOT_CONNECTED, Tone.WARN)
            return
        try:
            await runner.commands.edit(id, request)
        except CommandRejected as error:
            composer.end_edit(keep_request=True)
            window_state.show_notice(f"{error} Your text is in the form as a new request.", Tone.WARN)
        else:
            composer.end_edit()

    def _with_job(self, ids: Sequence[JobId], act: Callable[[Job], None]) -> None:
        job = self._find(ids[0])
        if job is not None:
            act(job)

    def _find(self, id: JobId) -> Job | None:
        return self._panels.job_list.find(id) or self._engine.store.read(id)

    async def _confirm_and_run(self, action: Action, ids: Sequence[JobId]) -> None:
        confirmed: OfferedAction | None = None
        with self._guard.pending((action, tuple(ids))):
            while (offered := self._offered(action, ids)) is not None:  # None: a job has changed since the offer
                if offered == confirmed or not offered.needs_confirmation:
                    await self._change(action, ids)
                    return
                confirmed = offered  # to ask again if the price changes before the answer
                text, careful = f"{offered.label}?", action in PAID
                question = Question("confirmDialog", text, "", "Continue", "Cancel", return_answers_no=careful)
                if not (await ask(self._panels.window, question))[0]:
                    return

    def _offered(self, action: Action, ids: Sequence[JobId]) -> OfferedAction | None:
        jobs = [job for job in map(self._find, ids) if job is not None]
        return next((one for one in self._panels.job_list.actions_for(jobs) if one.action is action), None)

    async def _change(self, action: Action, ids: Sequence[JobId]) -> None:
        if action is Action.REMOVE:
            self._close_if_shown(ids)
        with self._guard.pending((action, tuple(ids))):
            for result in await self._run_command(_COMMANDS[action], ids):
                if action is Action.RETRY and isinstance(result, list):
                    self.show_queued(result)

    async def _run_command(self, command: _Command, ids: Sequence[JobId]) -> list[object]:
        """Run the command at the runner of each job; what it returned for each runner."""
        by_runner: dict[JobRunner, list[JobId]] = {}
        for id in ids:
            runner = self._engine.runner_of(id)
            if runner is None:
                self._panels.window_state.show_notice(NOT_CONNECTED, Tone.WARN)
                return []
            by_runner.setdefault(runner, []).append(id)
        return [await command(runner.commands, its_ids) for runner, its_ids in by_runner.items()]

    def _edit_queued(self, job: Job) -> None:
        self._panels.composer.edit_job(job.id, job.request)
        self._panels.window.show_compose()

    def _show_in_folder(self, job: Job) -> None:
        if isinstance(job.phase, Ready):
            self._file_manager.show(job.phase.clip.file)

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
        try:
            await asyncio.to_thread(exports.copy_to, clip, to)
        except OSError as error:
            text = f"The video could not be exported: {exports.why_not_written(error)}."
            self._panels.window_state.show_notice(text, Tone.ERROR)
        else:
            show = ToastAction("Show in folder", lambda: self._file_manager.show(to))
            self._panels.toasts.show(Toast("Video exported", f"{to.name} in {to.parent}", show, key="export"))

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
