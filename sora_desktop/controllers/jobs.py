"""What the user does to jobs: every action ends here."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint

from sora_desktop.controllers.background_tasks import BackgroundTasks
from sora_desktop.controllers.clip_exporter import ClipExporter
from sora_desktop.controllers.command_runner import Command, CommandRunner
from sora_desktop.controllers.file_manager import FileManager
from sora_desktop.controllers.file_saver import FileSaver
from sora_desktop.controllers.form_filler import FormFiller
from sora_desktop.controllers.found_jobs import found_jobs
from sora_desktop.controllers.panels import Panels
from sora_desktop.controllers.question import Question, ask
from sora_desktop.controllers.trash import TrashController
from sora_desktop.controllers.undoable import UNDOABLE, WAIT_KEY, UndoableController
from sora_desktop.domain.job import Job, JobId, Ready, Removed, Trashed, Waiting
from sora_desktop.domain.library import LibraryView
from sora_desktop.domain.marks import MarkFilter
from sora_desktop.domain.queue import Before
from sora_desktop.domain.request import VideoRequest
from sora_desktop.domain.trash import before_trash
from sora_desktop.engine.engine import Engine
from sora_desktop.jobs.errors import CommandRejected
from sora_desktop.state.actions import PAID, Action, JobAction, OfferedAction, RetryOn
from sora_desktop.state.clip_text import title_of
from sora_desktop.state.loaded_part import all_jobs
from sora_desktop.state.marks import MARK_ACTIONS
from sora_desktop.state.retry_on import RetryTarget, retry_details, retry_question, retry_targets
from sora_desktop.state.row_text import RowLink
from sora_desktop.state.submit_guard import REPEATED, REPEATED_FREE, REPEATED_KEY, SubmitGuard
from sora_desktop.state.toasts import Toast
from sora_desktop.state.tone import Tone
from sora_desktop.state.undo_steps import TrashStep
from sora_desktop.state.window_view import NOT_CONNECTED
from sora_desktop.store.errors import StoreError
from sora_desktop.ui.actions.job_actions import CHANGED
from sora_desktop.ui.library.posters import image_at

if TYPE_CHECKING:  # loads the runner, which the first paint does not need
    from sora_desktop.jobs.commands import Commands


def _each(command: Callable[[Commands, JobId], Coroutine[object, object, object]]) -> Command[object]:
    """A command for one job, run for one job after the other."""

    async def run(commands: Commands, ids: Sequence[JobId]) -> None:
        for id in ids:
            await command(commands, id)

    return run


async def _retry(commands: Commands, ids: Sequence[JobId]) -> list[Job]:
    return [job for id in ids for job in await commands.retry(id)]


#: The command behind each action that changes jobs. The ids are in the order of the queue.
_COMMANDS: dict[Action, Command[object]] = {
    Action.RETRY: _retry,
    Action.SEND_AGAIN: _each(lambda commands, id: commands.send_again(id)),
    Action.RECONCILE: _each(lambda commands, id: commands.reconcile(id)),
    Action.RESUME: _each(lambda commands, id: commands.resume(id)),
    Action.FETCH: _each(lambda commands, id: commands.resume(id)),
    Action.CANCEL: _each(lambda commands, id: commands.cancel(id)),
    Action.HOLD: lambda commands, ids: commands.hold(ids),
    Action.RELEASE: lambda commands, ids: commands.release(ids),
}


#: Why a request is not sent to another service after all.
CANNOT_RETRY_THERE = "Nothing was sent: the video or the service has changed meanwhile. Open the menu again."


class JobController:
    """Carries out the actions of rows, menus and player."""

    def __init__(
        self,
        engine: Engine,
        panels: Panels,
        tasks: BackgroundTasks,
        guard: SubmitGuard,
        compare: Callable[[Sequence[Job]], None],
        leave_compare: Callable[[], None],
        review: Callable[[Sequence[Job]], None],
    ) -> None:
        """`guard` keeps an action that spends from being done twice by mistake.

        `compare` shows jobs side by side in place of the player, until `leave_compare`; `review` shows two at a time.
        """
        self._compare, self._leave_compare, self._review = compare, leave_compare, review
        self._engine = engine
        self._panels = panels
        self._tasks = tasks
        self._guard = guard
        self._file_manager = FileManager(tasks, lambda *notice: panels.window_state.show_notice(*notice))
        self._commands = CommandRunner(engine)
        #: Moves to the Trash, marks, and their undo.
        self.undoable = UndoableController(engine, panels, tasks, self._commands)
        #: Puts requests of jobs into the form.
        self.form = FormFiller(engine, panels, tasks, self.undoable)
        #: Copies several clips.
        self.clip_exporter = ClipExporter(engine, panels, tasks, self._file_manager)
        self._files = FileSaver(engine, panels, tasks, self._file_manager)
        #: Deletes what is in the Trash.
        self.trash = TrashController(engine, panels, tasks, self._commands, self._files)

    def run(self, action: JobAction, ids: Sequence[JobId]) -> None:
        """Do what the user asked for to these jobs, which are in the order of the queue.

        Commands run in the background, after a confirmation if `OfferedAction` says so. Actions that
        open something (play, export, edit, …) use the first job alone; "Keep this" keeps the first.
        """
        if action in PAID or isinstance(action, RetryOn):
            if not self._guard.admits((action, tuple(ids))):
                self._panels.toasts.show(self._repeated_toast(action, ids))
                return
            self._panels.toasts.end(REPEATED_KEY)
        match action:
            case Action.PLAY:
                self._with_job(ids, self.play)
            case Action.COMPARE:
                self._compare(found_jobs(self._panels.job_list, self._engine, ids))
            case Action.REVIEW:
                self._review(found_jobs(self._panels.job_list, self._engine, ids))
            case Action.REUSE | Action.EDIT_AS_NEW:
                self._with_job(ids, self.form.fill)
            case Action.EDIT_QUEUED:
                self._with_job(ids, self._edit_queued)
            case Action.EXPORT:
                self._with_job(ids, self._files.save_clip)
            case Action.SHOW_IN_FOLDER:
                self._with_job(ids, self._show_in_folder)
            case Action.REPORT:
                self._with_job(ids, self._files.save_report)
            case Action.DELETE_PERMANENTLY:
                self.trash.delete(ids)
            case Before() as place:
                self._tasks.start(self.undoable.move_in_queue(place, ids), "move")
            case RetryOn(service=service):
                self._tasks.start(self._retry_on(ids[0], service), "retry on another service")
            case _ if action in MARK_ACTIONS:
                self._tasks.start(self._change(action, ids), action.value)
            case _ if len(ids) > 1:
                self._tasks.start(self._confirm_and_run(action, ids), action.value)
            case _:
                self._tasks.start(self._change(action, ids), action.value)

    def _repeated_toast(self, action: JobAction, ids: Sequence[JobId]) -> Toast:
        services = self._panels.job_list.services
        if isinstance(action, RetryOn):
            service = services.known.get(action.service)
            unit = None if service is None else service.unit
        else:
            unit = services.unit_of(found_jobs(self._panels.job_list, self._engine, ids))
        return REPEATED_FREE if unit is None else REPEATED

    def export_picks(self) -> None:
        """Copy all picks of the library into a folder that the user chooses."""
        self.clip_exporter.export(list(self._with_marks(MarkFilter.PICKED)))

    def trash_rejects(self) -> None:
        """Move all rejects of the library to the Trash: undo brings them back."""
        ids = tuple(job.id for job in self._with_marks(MarkFilter.REJECTED))
        if ids:
            self._tasks.start(self._change(Action.TRASH, ids), "trash rejects")

    def show(self, job: Job) -> None:
        """Show the job in the player: its clip, also while it is in the Trash, or its state as text.

        A job that was deleted permanently closes it.
        """
        player, with_clip = self._panels.player, before_trash(job)
        if isinstance(job.phase, Removed):
            player.close_clip()
        elif not isinstance(with_clip.phase, Ready):
            text = self._panels.job_list.text_of(job)
            player.show_job(job, "\n".join(text.all), text.link)
        elif with_clip.phase.clip.file.exists():
            player.open_clip(with_clip, image_at(self._engine.previews.filmstrip(with_clip)))
            self._panels.job_list.mark_opened(job.id)
        else:
            player.show_job(job, f"{with_clip.phase.clip.file} is missing. Put it back, or delete the video.")

    def follow(self, job: Job, link: RowLink, place: QPoint) -> None:
        """Do what the player offers for a job without a clip, unless it spends and something else is offered by now.

        If the user has to choose, the menu of its row is opened at a place on the screen.
        """
        current = self._find(job.id)
        if current is None:
            return
        if link.action is None:
            self._panels.library.open_menu(current, place)
        elif link.action in PAID and self._panels.job_list.text_of(current).link != link:
            self._panels.toasts.show(Toast(CHANGED, key="changed"))
            self.show(current)
        else:
            self.run(link.action, (job.id,))

    def play(self, job: Job) -> None:
        """Show the job, select its row, and play its clip if it has one."""
        self._leave_compare()
        self._panels.library.mark_opened(job.id)
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

    def shown_job_changed(self, before: Job | None, job: Job) -> None:
        """The job in the player has changed. One that was moved to the Trash closes it."""
        if isinstance(job.phase, Trashed) and not (before is not None and isinstance(before.phase, Trashed)):
            self._panels.player.close_clip()
        else:
            self.show(job)

    def refresh_shown_job(self) -> None:
        """Update the text of the job in the player: estimates move between two polls, and refunds come later."""
        job = None if self._panels.window.is_comparing else self._panels.player.job
        if job is not None and not isinstance(job.phase, Ready):
            self.show(job)

    async def save_edit(self, id: JobId, request: VideoRequest) -> None:
        """Replace the request of a queued job. If it was sent meanwhile, the form keeps the text as a new request."""
        composer, window_state = self._panels.composer, self._panels.window_state
        try:
            with self._engine.early_commands.one():  # until it is changed: a new lane would send the old request
                if await self._engine.wait_for_runner(id) is None:
                    window_state.show_notice(NOT_CONNECTED, Tone.WARN)
                    return
                await self.undoable.edit(id, request)
        except CommandRejected as error:
            composer.end_edit(keep_request=True)
            window_state.show_notice(f"{error} Your text is in the form as a new request.", Tone.WARN)
        else:
            composer.end_edit()

    def _with_job(self, ids: Sequence[JobId], act: Callable[[Job], None]) -> None:
        job = self._find(ids[0])
        if job is not None:
            act(job)

    def _with_marks(self, marks: MarkFilter) -> Iterator[Job]:
        return all_jobs(self._engine.store, LibraryView(marks=marks))

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
                answer = await ask(self._panels.window, _question(action, offered))
                if not answer.yes:
                    return

    async def _retry_on(self, id: JobId, service: str) -> None:
        """Send the request of a job to another service, after a question if that changes the request.

        A waiting job leaves its own service.
        """
        confirmed: RetryTarget | None = None
        with self._guard.pending((RetryOn(service), (id,))):
            while (found := self._retry_target(id, service)) is not None:
                job, target = found
                if not target.lost or target == confirmed:
                    break
                confirmed = target  # to ask again if the job or its price there changes before the answer
                answer = await ask(self._panels.window, _retry_question(job, target))
                if not answer.yes:
                    return
            else:
                raise CommandRejected(CANNOT_RETRY_THERE)
            lane = self._engine.lanes.get(service)
            if lane is None:
                raise CommandRejected(CANNOT_RETRY_THERE)
            submit = lane.runner.commands.submit
            if isinstance(job.phase, Waiting):
                self.show_queued(await self._move(job, lambda: submit(target.request)))
            else:
                self.show_queued(await submit(target.request))

    async def _move(self, job: Job, submit: Callable[[], Awaitable[list[Job]]]) -> list[Job]:
        """Submit a waiting job elsewhere, and then move it to the Trash; the new jobs.

        Two services must not render it, and one of them must: until the other has it on disk, it is on hold, also if
        the program ends meanwhile. If it cannot be submitted, it waits again as before.
        """
        await self._run_command(Action.HOLD, (job.id,))
        held = self._find(job.id)
        if held is None or not isinstance(held.phase, Waiting):  # moved to the Trash meanwhile
            raise CommandRejected(CANNOT_RETRY_THERE)
        try:
            jobs = await submit()
        except Exception:
            if not job.on_hold:
                with suppress(CommandRejected, StoreError):  # then it stays on hold, and says so
                    await self._run_command(Action.RELEASE, (job.id,))
            raise
        await self.undoable.move(TrashStep(Action.TRASH, (job.id,)))
        return jobs

    def _retry_target(self, id: JobId, service: str) -> tuple[Job, RetryTarget] | None:
        job = self._find(id)
        targets = () if job is None else retry_targets(job, self._panels.job_list.services)
        target = next((one for one in targets if one.service == service and not one.problem), None)
        return None if job is None or target is None else (job, target)

    def _offered(self, action: Action, ids: Sequence[JobId]) -> OfferedAction | None:
        jobs = found_jobs(self._panels.job_list, self._engine, ids)
        return next((one for one in self._panels.job_list.actions_for(jobs) if one.action is action), None)

    async def _change(self, action: Action, ids: Sequence[JobId]) -> None:
        """Run the action's command."""
        if action in UNDOABLE:
            with self._guard.pending((action, tuple(ids))):
                await self.undoable.run(action, ids)
            return
        if action is Action.RESUME:
            self._panels.toasts.end(WAIT_KEY)  # it offers the same
        changed = await self._run_command(action, ids)
        if action is Action.RETRY:
            self.show_queued(changed)

    async def _run_command(self, action: Action, ids: Sequence[JobId]) -> list[Job]:
        """Run the action's command; the jobs that it has made, as far as it says so."""
        with self._guard.pending((action, tuple(ids))):
            results = await self._commands.run(_COMMANDS[action], ids, waits=action not in PAID)
        return [job for result in results if isinstance(result, list) for job in result]

    def _edit_queued(self, job: Job) -> None:
        services = self._panels.job_list.services
        name = services.current if services.is_current(job) else job.service
        self._panels.composer.edit_job(job.id, job.request, name, services.of(job) if name else None)
        self._panels.window.show_compose()

    def _show_in_folder(self, job: Job) -> None:
        phase = before_trash(job).phase
        if isinstance(phase, Ready):
            self._file_manager.show(phase.clip.file)


def _retry_question(job: Job, target: RetryTarget) -> Question:
    """The question before a request is sent that is not the same as the original."""
    return Question(
        "retryOnDialog",
        retry_question(job, target),
        retry_details(target),
        f"Send ({target.cost})",
        "Cancel",
        return_answers_no=True,
    )


def _question(action: Action, offered: OfferedAction) -> Question:
    """The question before an action that spends, or that cannot be undone."""
    return Question("confirmDialog", f"{offered.label}?", "", "Continue", "Cancel", return_answers_no=action in PAID)
