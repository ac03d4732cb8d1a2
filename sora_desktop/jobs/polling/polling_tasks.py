"""One task for each job that is rendered or fetched."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Protocol

from sora_desktop.domain.job import Job, JobId, RemoteId, Rendering, Saving, Unsaved
from sora_desktop.jobs.journal import Journal
from sora_desktop.store.errors import StoreError

log = logging.getLogger(__name__)

#: Seconds before a job is watched again whose step could not be written.
FIRST_PAUSE, LONGEST_PAUSE = 2.0, 60.0
#: The longest pause after an error of our own, which may cost a request each time.
LONGEST_AFTER_ERROR = 600.0


class Follower(Protocol):
    """What carries one job to its end."""

    async def follow(self, job: Job, remote_id: RemoteId, *, anew: bool = False) -> Job:
        """Watch until the task ends; return the job settled. `anew`: nobody has looked for a while."""


class PollingTasks:
    """Starts, stops and owns the tasks; a job is never followed twice at once."""

    def __init__(self, watcher: Follower, journal: Journal, sleep: Callable[[float], Awaitable[None]]) -> None:
        self._watcher = watcher
        self._journal = journal
        self._sleep = sleep
        self._tasks: dict[JobId, asyncio.Task[None]] = {}
        self._failures: dict[JobId, int] = {}

    def failures(self, id: JobId) -> int:
        """How often in a row a step of this job went wrong on this side; 0 while all is well."""
        return self._failures.get(id, 0)

    def start(self, job: Job, remote_id: RemoteId, *, anew: bool = False) -> None:
        """Follow the job, unless it is being followed. `anew`: nobody has looked for a while."""
        if job.id in self._tasks:
            return
        task = asyncio.create_task(self._carry(job, remote_id, anew), name=f"job {job.id}")
        self._tasks[job.id] = task

        def ended(_: asyncio.Task[None]) -> None:
            if self._tasks.get(job.id) is task:
                del self._tasks[job.id]
                self._failures.pop(job.id, None)
            self._journal.bell.ring()

        task.add_done_callback(ended)

    async def stop(self, id: JobId) -> None:
        """Return when the job is no longer followed."""
        task = self._tasks.pop(id, None)
        self._failures.pop(id, None)
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def aclose(self) -> None:
        """Stop all."""
        tasks, self._tasks = list(self._tasks.values()), {}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _carry(self, job: Job, remote_id: RemoteId, anew: bool) -> None:
        failures = 0
        while True:
            try:
                await self._watcher.follow(job, remote_id, anew=anew)
                return
            except StoreError as trouble:
                failures = await self._until_written(job, remote_id, trouble, failures)
            except Exception:
                log.exception("watching job %s ended in an error of our own", job.id)
                failures += 1
                self._failures[job.id] = failures
                self._tell(job, remote_id, "Something went wrong that was not foreseen here; it is tried again.")
                await self._sleep(min(FIRST_PAUSE * 2.0 ** min(failures, 10), LONGEST_AFTER_ERROR))
            job = self._journal.get(job.id) or job

    async def _until_written(self, job: Job, remote_id: RemoteId, trouble: StoreError, failures: int) -> int:
        """Try to write how the job stands until that succeeds: it costs no request. How often it has failed by now."""
        while True:
            log.error("a step of job %s could not be written: %s", job.id, trouble)
            failures += 1
            self._failures[job.id] = failures
            self._tell(job, remote_id, str(trouble))
            await self._sleep(min(FIRST_PAUSE * 2.0 ** min(failures, 10), LONGEST_PAUSE))
            try:
                await self._journal.change(job, lambda current: current)
            except StoreError as again:
                trouble = again
            else:
                self._failures.pop(job.id, None)
                return failures

    def _tell(self, job: Job, remote_id: RemoteId, trouble: str) -> None:
        job = self._journal.get(job.id) or job
        if isinstance(job.phase, Rendering):
            self._journal.show(self._journal.stepped(job, Rendering(remote_id, job.phase.percent, trouble)))
        elif isinstance(job.phase, Saving | Unsaved):
            self._journal.show(self._journal.stepped(job, Unsaved(remote_id, trouble)))
