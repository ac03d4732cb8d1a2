"""Deletes jobs in the Trash permanently. Their files go to the system's trash."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from sora_desktop.controllers.background_tasks import BackgroundTasks
from sora_desktop.controllers.command_runner import CommandRunner
from sora_desktop.controllers.file_saver import FileSaver
from sora_desktop.controllers.panels import Panels
from sora_desktop.controllers.question import Question, ask
from sora_desktop.controllers.system_trash import move_to_system_trash
from sora_desktop.domain.clip import Clip
from sora_desktop.domain.job import Job, JobId, Ready, Trashed
from sora_desktop.domain.trash import before_trash
from sora_desktop.engine.engine import Engine
from sora_desktop.state.toasts import Toast
from sora_desktop.state.tone import Tone
from sora_desktop.state.trash_text import (
    Deletion,
    deleted_text,
    deleting_text,
    deletion_details,
    deletion_title,
    left_text,
)
from sora_desktop.system.slices import SLICE, in_slices

if TYPE_CHECKING:  # loads the runner, which the first paint does not need
    from sora_desktop.jobs.commands import Commands

log = logging.getLogger(__name__)

#: Key of the toast about what is being deleted.
_TOAST = "deleted"


class _Moved(NamedTuple):
    """What became of the files of some jobs."""

    gone: list[JobId]  # jobs whose file is in the system's trash, or that have none
    left: list[Path]  # the files that could not be moved, one for each other job


class TrashController:
    """Asks, moves the files, then deletes the rows whose files are gone. Nothing is deleted without an answer."""

    def __init__(
        self,
        engine: Engine,
        panels: Panels,
        tasks: BackgroundTasks,
        commands: CommandRunner,
        files: FileSaver,
        move_file: Callable[[Path], None] = move_to_system_trash,
    ) -> None:
        """`move_file` moves a file to the system's trash; it runs in a thread and raises OSError."""
        self._engine = engine
        self._panels = panels
        self._tasks = tasks
        self._commands = commands
        self._files = files
        self._move_file = move_file
        self._asking = False

    def empty(self) -> None:
        """Delete all jobs in the Trash, after a question."""
        self._tasks.start(self._delete(None), "empty the Trash")

    def delete(self, ids: Sequence[JobId]) -> None:
        """Delete these jobs, after a question. Those that are not in the Trash are left alone."""
        self._tasks.start(self._delete(ids), "delete")

    async def _delete(self, ids: Sequence[JobId] | None) -> None:
        if self._asking:
            return
        self._asking = True
        try:
            jobs = await self._jobs(ids)
            if not jobs or not await self._is_wanted(jobs, is_all=ids is None):
                return
        finally:
            self._asking = False
        await self._delete_now(jobs)

    async def _jobs(self, ids: Sequence[JobId] | None) -> list[Job]:
        """Those of the jobs that are in the Trash; without ids, all."""
        store = self._engine.store
        jobs = store.in_trash() if ids is None else (job for id in ids if (job := store.read(id)) is not None)
        return [job async for part in in_slices(jobs) for job in part if isinstance(job.phase, Trashed)]

    async def _is_wanted(self, jobs: Sequence[Job], *, is_all: bool) -> bool:
        """Ask. The report of a single job that has the only record can be saved first; nothing is deleted then."""
        clips = {clip.file: clip for clip in (await self._clips_of(jobs)).values()}  # jobs may share one
        found = await asyncio.to_thread(lambda: tuple(clip for file, clip in clips.items() if file.exists()))
        records = 0
        async for part in in_slices(jobs):
            records += sum(map(self._panels.job_list.needs_report, part))
        deletion = Deletion(tuple(jobs), is_all, records, found, len(clips) - len(found))
        can_report = len(jobs) == 1 and records == 1
        question = Question(
            "deleteDialog",
            deletion_title(deletion),
            deletion_details(deletion),
            "Empty Trash" if is_all else "Delete permanently",
            "Cancel",
            aside="Save support report…" if can_report else "",
            return_answers_no=True,
        )
        answer = await ask(self._panels.window, question)
        if answer.aside:
            self._files.save_report(jobs[0])
        return answer.yes

    async def _delete_now(self, jobs: Sequence[Job]) -> None:
        """Move the files and delete the rows, as soon as the services are connected. Raises CommandRejected."""
        if not self._engine.connected or len(jobs) > SLICE:
            self._panels.toasts.show(Toast(deleting_text(len(jobs)), key=_TOAST))
        left: list[Path] = []

        async def delete(commands: Commands, ids: Sequence[JobId]) -> list[Job]:
            trashed = await self._jobs(ids)  # by now
            moved = await asyncio.to_thread(
                self._move_files, [job.id for job in trashed], await self._clips_of(trashed)
            )
            left.extend(moved.left)
            return await commands.delete(moved.gone)

        ids, player = {job.id for job in jobs}, self._panels.player
        async with self._commands.turn():  # an undo must not restore a row whose file is on its way
            if player.job is not None and player.job.id in ids:
                player.close_clip()  # Windows does not move an open file
            try:
                results = await self._commands.run(delete, [job.id for job in jobs])
            except Exception:
                self._panels.toasts.end(_TOAST)
                raise
            deleted = [job.id for result in results for job in result]
            self._panels.undo_history.forget(deleted)
        await asyncio.to_thread(self._engine.previews.delete, deleted)
        if left:
            self._panels.toasts.end(_TOAST)
            self._panels.window_state.show_notice(left_text(len(left), left[0].parent), Tone.ERROR)
        elif deleted:
            self._panels.toasts.show(Toast(deleted_text(len(deleted)), key=_TOAST))

    async def _clips_of(self, jobs: Sequence[Job]) -> dict[JobId, Clip]:
        """The clips that no other job has."""
        ids = {job.id for job in jobs}
        clips: dict[JobId, Clip] = {}
        async for part in in_slices(jobs):
            for job in part:
                phase = before_trash(job).phase
                if isinstance(phase, Ready) and ids.issuperset(self._engine.store.jobs_with_file(phase.clip)):
                    clips[job.id] = phase.clip
        return clips

    def _move_files(self, ids: Sequence[JobId], clips: dict[JobId, Clip]) -> _Moved:
        gone: list[JobId] = []
        left: list[Path] = []
        for id in ids:
            try:
                if id in clips and clips[id].file.exists():
                    self._move_file(clips[id].file)
            except OSError as error:
                log.warning("%s cannot be moved to the system's trash: %s", clips[id].file, error)
                left.append(clips[id].file)
            else:
                gone.append(id)
        return _Moved(gone, left)
