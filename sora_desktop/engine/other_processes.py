"""The other processes on the same data folder: they leave jobs here, and are told how those stand."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from sora_desktop.domain.job import Job, JobId, Rendering, Waiting
from sora_desktop.jobs.errors import CommandRejected
from sora_desktop.store import codec
from sora_desktop.store.data_folder import DataFolder
from sora_desktop.store.database.jobs import JobStore
from sora_desktop.store.errors import StoreError
from sora_desktop.store.inbox import Inbox, Message
from sora_desktop.store.lock import OwnerFile, OwnerNote

if TYPE_CHECKING:
    from sora_desktop.jobs.runner import JobRunner

log = logging.getLogger(__name__)

#: Seconds between two readings of what other processes ask.
INBOX_EVERY = 0.25


class OtherProcesses:
    """Belongs to the process that owns the data folder. `open()` first, `aclose()` last."""

    def __init__(
        self,
        data_folder: DataFolder,
        store: JobStore,
        *,
        publish: Callable[[Job], None],
        raise_window: Callable[[], None] | None,
        pause: Callable[[bool], None] = lambda _: None,
    ) -> None:
        self._inbox = Inbox(data_folder.inbox)
        self._owner = OwnerFile(data_folder.owner_file)
        self._store = store
        self._publish = publish
        self._raise_window = raise_window
        self._pause = pause
        self._service = ""
        self._runner: JobRunner | None = None
        self._followed: set[JobId] = set()
        self._told: OwnerNote | None = None
        self._task: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Take what was left while nobody was here, and keep in touch from now on."""
        await self.read_inbox()
        await self._tell()
        self._task = asyncio.create_task(self._keep_in_touch(), name="inbox")

    async def introduce(self, service: str, runner: JobRunner | None) -> None:
        """From now on this runner gets their jobs; None while the service is changed."""
        self._service, self._runner = service, runner
        await self._tell()

    async def read_inbox(self) -> None:
        """Follow what has been left by now; what cannot be followed at the moment stays."""
        for message in await asyncio.to_thread(self._inbox.read):
            try:
                await self._obey(message)
            except StoreError as problem:
                log.warning("a message from another process waits: %s", problem)
                return
            except Exception:
                log.exception("a message from another process could not be followed")
            message.done()

    async def aclose(self) -> None:
        """Read no more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def _keep_in_touch(self) -> None:
        while True:
            await asyncio.sleep(INBOX_EVERY)
            try:
                await self.read_inbox()
                await self._tell()
            except Exception:
                log.exception("other processes could not be heard; it is tried again")

    async def _obey(self, message: Message) -> None:
        said = message.content
        jobs, followed, paused = said.get("jobs"), said.get("follow"), said.get("paused")
        if said.get("do") == "raise" and self._task is not None and self._raise_window is not None:
            self._raise_window()
        if isinstance(followed, list):
            self._followed.update(JobId(str(id)) for id in followed)
        if isinstance(jobs, list):
            await self._accept(_readable(jobs))
        if isinstance(paused, bool):
            self._pause(paused)
            if not paused and self._runner is not None:
                self._runner.go_on()
        for wish, held in (("hold", True), ("release", False)):
            ids = said.get(wish)
            for id in ids if isinstance(ids, list) else ():
                await self._hold(JobId(str(id)), held)

    async def _hold(self, id: JobId, held: bool) -> None:
        job = self._store.read(id)
        if job is None or not isinstance(job.phase, Waiting):
            return
        if self._runner is None:
            changed = replace(job, on_hold=held)
            await self._store.save(changed)
            if self._task is not None:
                self._publish(changed)
        if self._runner is not None:  # also one that has come meanwhile, and may have read how it stood before
            try:
                await (self._runner.hold(id) if held else self._runner.release(id))
            except CommandRejected as answer:
                log.warning("job %s could not be held or released: %s", id, answer)

    async def _accept(self, jobs: list[Job]) -> None:
        self._followed.update(job.id for job in jobs)
        if self._runner is None:
            fresh = [job for job in jobs if self._store.read(job.id) is None]
            await self._store.add(fresh)
            if self._task is not None:
                for job in fresh:
                    self._publish(job)
        if self._runner is not None:  # also one that has come meanwhile, and may not have found them
            await self._runner.accept(jobs)

    async def _tell(self) -> None:
        note = self._note()
        if note == self._told:
            return
        try:
            await asyncio.to_thread(self._owner.write, note)
            self._told = note
        except OSError as trouble:
            log.warning("other processes cannot be told how it stands: %s", trouble)

    def _note(self) -> OwnerNote:
        runner, window = self._runner, self._raise_window is not None
        if runner is None:
            return OwnerNote(window=window)
        followed = [job for job in runner.jobs() if job.id in self._followed] if self._followed else []
        resting = tuple(job.id for job in followed if not runner.can_go_on(job))
        percents = tuple(
            (job.id, job.phase.percent)
            for job in followed
            if isinstance(job.phase, Rendering) and job.phase.percent is not None
        )
        return OwnerNote(self._service, window, resting, percents)


def _readable(texts: list[object]) -> list[Job]:
    """The jobs; a text that is none never will be, and must not hold up the others."""
    found = []
    for text in texts:
        try:
            found.append(codec.job_from_text(str(text)))
        except StoreError as problem:
            log.warning("a job from another process cannot be read: %s", problem)
    return found
