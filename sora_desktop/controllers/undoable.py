"""What the user does to jobs and can undo: to the Trash, marks, waiting for them, and changes of waiting jobs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, assert_never

from sora_desktop.controllers.background_tasks import BackgroundTasks
from sora_desktop.controllers.command_runner import CommandRunner
from sora_desktop.controllers.found_jobs import found_jobs
from sora_desktop.controllers.panels import Panels
from sora_desktop.controllers.queue_steps import MOVES, QueueSteps
from sora_desktop.domain.job import Abandoned, Job, JobId
from sora_desktop.domain.marking import marked
from sora_desktop.domain.marks import Flag, MarkEdit
from sora_desktop.domain.queue import Before, Place
from sora_desktop.domain.request import VideoRequest
from sora_desktop.domain.trash import before_trash
from sora_desktop.engine.engine import Engine
from sora_desktop.jobs.errors import CommandRejected
from sora_desktop.state.actions import Action
from sora_desktop.state.clip_text import title_of
from sora_desktop.state.marks import MARK_ACTIONS, mark_edits, spoken_marks
from sora_desktop.state.queue_steps import EditStep, HoldStep, OrderStep
from sora_desktop.state.toasts import Toast, ToastAction
from sora_desktop.state.trash_text import moved_text, restored_text, videos_text
from sora_desktop.state.undo_steps import FormStep, MarkChange, MarkStep, ReviewStep, Step, TrashStep, WaitStep
from sora_desktop.system.slices import SLICE
from sora_desktop.ui.widgets.announcement import announce

if TYPE_CHECKING:  # loads the runner, which the first paint does not need
    from sora_desktop.domain.job import JobChange
    from sora_desktop.jobs.commands import Commands
    from sora_desktop.state.undo_history import Doing

#: The actions that `UndoableController.run` carries out.
UNDOABLE = MARK_ACTIONS | MOVES.keys() | {Action.TRASH, Action.RESTORE, Action.HOLD, Action.RELEASE, Action.ABANDON}

#: The key of the toast about the form.
_FORM = "form"
#: The key of the toast about jobs that are not waited for any more.
WAIT_KEY = "wait"


class UndoableController:
    """Carries out steps, remembers them, and undoes them."""

    def __init__(self, engine: Engine, panels: Panels, tasks: BackgroundTasks, commands: CommandRunner) -> None:
        self._engine = engine
        self._panels = panels
        self._tasks = tasks
        self._commands = commands
        self._queue = QueueSteps(engine, panels, commands)

    async def run(self, action: Action, ids: Sequence[JobId]) -> None:
        """Do one of the actions `UNDOABLE` to jobs, and remember it. Raises CommandRejected."""
        with self._marks_shown_early(action, ids):
            await self._run(action, ids)

    async def _run(self, action: Action, ids: Sequence[JobId]) -> None:
        async with self._being_done():
            if action in MOVES:
                self._note(await self._queue.move(MOVES[action], ids))
            elif action in (Action.HOLD, Action.RELEASE):
                self._note(await self._queue.set_on_hold(action, ids))
            elif action in MARK_ACTIONS:
                await self._mark_and_record(action, ids)
            elif action is Action.ABANDON:
                await self._stop_waiting_and_record(ids)
            else:
                await self._move_and_record(action, ids)

    async def move_in_queue(self, place: Place | Before, ids: Sequence[JobId]) -> None:
        """Move waiting jobs, which are in the order of the queue, and remember it."""
        async with self._being_done():
            self._note(await self._queue.move(place, ids))

    async def edit(self, id: JobId, request: VideoRequest) -> None:
        """Replace the request of a waiting job, and remember it. Raises CommandRejected."""
        async with self._being_done():
            self._note(await self._queue.edit(id, request))

    @contextmanager
    def _marks_shown_early(self, action: Action, ids: Sequence[JobId]) -> Iterator[None]:
        """Show the marks of a few jobs at once if they must wait for a lane, and take them back if they are refused."""
        early = self._early_marks(action, ids) if action in MARK_ACTIONS and len(ids) <= SLICE else []
        if early:
            self._engine.show(early)
        try:
            yield
        except Exception:
            if early:
                self._engine.show(job for shown in early if (job := self._engine.store.read(shown.id)) is not None)
            raise

    def _early_marks(self, action: Action, ids: Sequence[JobId]) -> list[Job]:
        """The jobs as they will be marked, if a lane of theirs is not open."""
        jobs = found_jobs(self._panels.job_list, self._engine, ids)
        one_of_each = {job.service: job for job in jobs}.values()
        if all(self._engine.runner_of(job.id) is not None for job in one_of_each):
            return []
        edits = mark_edits(action, ids)
        return [changed for job in jobs if (changed := marked(job, edits[job.id])) is not None]

    @asynccontextmanager
    async def _being_done(self) -> AsyncIterator[None]:
        """Something is done in its turn. From now on it can be undone, which then follows it."""
        history = self._panels.undo_history
        with history.doing() as doing:
            async with self._commands.turn():
                before = history.next_undo
                try:
                    yield
                finally:
                    after = history.next_undo
                    doing.step = None if after is before else after

    async def _mark_and_record(self, action: Action, ids: Sequence[JobId]) -> None:
        edits = mark_edits(action, ids)
        changes = await self._mark(edits)
        undoing = {known.id: edits[known.id].undoing(known.marks) for known, _ in changes}
        step = MarkStep(action, tuple(MarkChange(id, edits[id], undoing[id]) for id in undoing))
        self._record(step, [changed for _, changed in changes])

    async def _move_and_record(self, action: Action, ids: Sequence[JobId]) -> None:
        moved: list[Job] = []
        try:
            moved = await self.move(TrashStep(action, tuple(ids)))
        except CommandRejected as error:
            moved = error.changed
            raise
        finally:
            self._record(TrashStep(action, tuple(job.id for job in moved)), moved)

    async def _stop_waiting_and_record(self, ids: Sequence[JobId]) -> None:
        stopped: list[Job] = []
        try:
            await self._set_waiting(WaitStep(Action.ABANDON, tuple(ids)), stopped)
        finally:
            self._record(WaitStep(Action.ABANDON, tuple(job.id for job in stopped)), stopped)

    def note_filled_form(self, step: FormStep | None, job: Job) -> None:
        """The form was filled with the request of a job; None: it held that already."""
        undo = None
        if step is not None:
            self._panels.undo_history.record(step)
            undo = ToastAction("Undo", lambda: self._tasks.start(self._undo(step), "undo"))
        picture = self._engine.previews.poster(job)
        self._panels.toasts.show(Toast("Form filled", title_of(job), undo, picture, key=_FORM))

    def undo(self) -> None:
        """Undo what was last done to the library, or is being done: that as soon as it is done."""
        self._tasks.start(self._undo(None, self._panels.undo_history.take_doing()), "undo")

    def redo(self) -> None:
        """Do again what was last undone."""
        self._tasks.start(self._redo(), "redo")

    async def _undo(self, step: Step | None, doing: Doing | None = None) -> None:
        """Undo this step or, without one, that of `doing`, which has its turn before; without both, the last one."""
        async with self._commands.turn():
            history = self._panels.undo_history
            step = step or (history.next_undo if doing is None else doing.step)
            if step is None:
                return
            self._close_toast()
            await self._carry_out(step.undoing, step, "Undone")
            if isinstance(step, HoldStep) and not self._queue.may_be_repeated(step):
                history.drop(step)
            else:
                history.note_undone(step)

    def _close_toast(self) -> None:
        """Take away the toasts that offer to undo what may be undone now."""
        for key in ("marks", WAIT_KEY, _FORM):
            self._panels.toasts.end(key)

    async def _redo(self) -> None:
        async with self._commands.turn():
            history = self._panels.undo_history
            if (step := history.next_redo) is not None:
                await self._carry_out(step, step, "Done again")
                history.note_redone(step)

    async def _carry_out(self, step: Step, noted: Step, says: str) -> None:
        """`noted`: the same as the history has it. One that a job does not allow any more is forgotten.

        `says`: what begins the sentence about it.
        """
        match step:
            case TrashStep():
                changed = await self.move(step)
                self._announce_move(step, changed)
            case MarkStep():
                changed = [changed for _, changed in await self._mark(step.edits)]
                self._speak_marks(changed)
            case WaitStep():
                changed = []
                with self._forgotten_if_rejected(noted):
                    await self._set_waiting(step, changed)
                if not changed:
                    self._panels.undo_history.drop(noted)
                    detail = "The video has ended, or has been changed since"
                    self._panels.toasts.show(Toast(f"Nothing to change: {noted.text}", detail, key="undo"))
            case ReviewStep():
                step.show(step.after)
                changed = []
            case FormStep():
                step.exchange()
                self._panels.toasts.show(Toast(f"{says}: {noted.text}", key="undo"))
                changed = []
            case OrderStep() | EditStep() | HoldStep():
                with self._forgotten_if_rejected(noted):
                    changed = await self._queue.carry_out(step)
            case _:
                assert_never(step)
        if not changed:
            return
        if isinstance(step, TrashStep) and step.action is Action.RESTORE:
            self._panels.library.select(changed, opens=not self._panels.window.is_comparing)
        else:
            self._panels.library.reveal(changed[0].id)
        if not isinstance(step, TrashStep):  # which has said more
            is_listed = self._panels.job_list.row_of(changed[0].id) is not None
            detail = "" if is_listed else "This tab, search or filter does not show it"
            self._panels.toasts.show(Toast(f"{says}: {noted.text}", detail, key="undo"))

    async def move(self, step: TrashStep) -> list[Job]:
        """Move jobs to the Trash or back, without remembering it; those that were moved.

        Raises CommandRejected, with those that were moved at all services.
        """
        moved: list[Job] = []

        async def move(commands: Commands, ids: Sequence[JobId]) -> None:
            moved.extend(await (commands.trash(ids) if step.action is Action.TRASH else commands.restore(ids)))

        try:
            await self._commands.run(move, step.ids)
        except CommandRejected as error:
            raise CommandRejected(str(error), [*moved, *error.changed]) from error
        return moved

    async def _mark(self, edits: Mapping[JobId, MarkEdit]) -> list[JobChange]:
        """Change the marks of jobs; those that have changed, before and after."""

        async def mark(commands: Commands, ids: Sequence[JobId]) -> list[JobChange]:
            return await commands.mark({id: edits[id] for id in ids})

        return [change for changes in await self._commands.run(mark, [*edits]) for change in changes]

    @contextmanager
    def _forgotten_if_rejected(self, step: Step) -> Iterator[None]:
        try:
            yield
        except CommandRejected:
            if all(self._engine.runner_of(id) is not None for id in step.ids):
                self._panels.undo_history.drop(step)
            raise

    async def _set_waiting(self, step: WaitStep, changed: list[Job]) -> None:
        """Stop waiting for those of the jobs that are waited for, or resume it for the others.

        `changed` gets those that have changed, also if the command raises. Raises the first CommandRejected, after all.
        """

        def applies(job: Job) -> bool:
            return isinstance(job.phase, Abandoned) is (step.action is Action.RESUME)

        rejected: list[CommandRejected] = []

        async def change(commands: Commands, ids: Sequence[JobId]) -> None:
            for id in ids:
                try:
                    await (commands.resume(id) if step.action is Action.RESUME else commands.abandon(id))
                except CommandRejected as error:
                    rejected.append(error)

        ids = [job.id for job in found_jobs(self._panels.job_list, self._engine, step.ids) if applies(job)]
        try:
            await self._commands.run(change, ids)
        finally:
            found = found_jobs(self._panels.job_list, self._engine, ids)
            changed.extend(job for job in found if not applies(job))
        if rejected:
            raise rejected[0]

    def _note(self, step: OrderStep | EditStep | HoldStep | None) -> None:
        if step is not None:
            self._panels.undo_history.record(step)  # the row shows what was done

    def _record(self, step: TrashStep | WaitStep | MarkStep, changed: Sequence[Job]) -> None:
        if not step.ids:
            return
        self._panels.undo_history.record(step)
        undo = ToastAction("Undo", lambda: self._tasks.start(self._undo(step), "undo"))
        match step:
            case TrashStep():
                self._announce_move(step, changed, undo)
            case WaitStep():
                self._show_stopped(changed, undo)
            case MarkStep(action=Action.KEEP_THIS):
                self._panels.toasts.show(Toast(_kept_text(changed), "", undo, key="marks"))
            case MarkStep():
                self._speak_marks(changed)
            case _:
                assert_never(step)

    def _speak_marks(self, changed: Sequence[Job]) -> None:
        """To those who do not see the marks in their rows."""
        if changed:
            announce(self._panels.window, spoken_marks(changed))

    def _show_stopped(self, changed: Sequence[Job], undo: ToastAction) -> None:
        one = len(changed) == 1
        text = "Stopped waiting" if one else f"Stopped waiting for {videos_text(len(changed))}"
        billed = "" if self._panels.job_list.services.unit_of(changed) is None else " (still billed)"
        self._panels.toasts.show(Toast(f"{text}{billed}", title_of(changed[0]) if one else "", undo, key=WAIT_KEY))

    def _announce_move(self, step: TrashStep, changed: Sequence[Job], undo: ToastAction | None = None) -> None:
        if not changed:
            return
        first = before_trash(changed[0])
        one = len(changed) == 1
        picture = self._engine.previews.poster(first) if one else None
        is_moved = step.action is Action.TRASH
        text = moved_text(len(changed)) if is_moved else restored_text(changed)
        detail = title_of(first) if one else ""
        self._panels.toasts.show(Toast(text, detail, undo if is_moved else None, picture, key="trash"))


def _kept_text(changed: Sequence[Job]) -> str:
    rejected = sum(job.flag is Flag.REJECTED for job in changed)
    picked = len(changed) - rejected
    return ", ".join(f"{number} {word}" for number, word in ((picked, "picked"), (rejected, "rejected")) if number)
