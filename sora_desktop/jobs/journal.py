"""Which job stands where: saved before it is shown, shown the moment it is saved."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Protocol

from sora_desktop.domain.job import Job, JobId, Phase, Removed


class Shelf(Protocol):
    """What the journal asks the store."""

    async def save(self, job: Job) -> None:
        """The job is on disk when this returns."""


class Journal:
    """The unfinished jobs in memory, each as it was last saved or shown."""

    def __init__(self, shelf: Shelf, publish: Callable[[Job], None], now: Callable[[], float]) -> None:
        self._shelf = shelf
        self._publish = publish
        self._now = now
        self._jobs: dict[JobId, Job] = {}
        #: Set at every change; those who wait for the queue clear it.
        self.changed = asyncio.Event()

    def __iter__(self) -> Iterator[Job]:
        return iter(sorted(self._jobs.values(), key=lambda job: job.position))

    def get(self, id: JobId) -> Job | None:
        """The job as last shown."""
        return self._jobs.get(id)

    def stepped(self, job: Job, phase: Phase) -> Job:
        """The job as it will be in `phase`; nothing is saved or shown."""
        same_kind = type(phase) is type(job.phase)
        return replace(job, phase=phase, changed_at=job.changed_at if same_kind else self._now())

    async def move(self, job: Job, phase: Phase) -> Job:
        """Save the job in its new phase, then show it."""
        job = self.stepped(self._jobs.get(job.id, job), phase)
        await self._shelf.save(job)
        return self.show(job)

    async def alter(self, job: Job) -> Job:
        """Save a job that a person changed (a star, a hold, its request), then show it."""
        await self._shelf.save(job)
        return self.show(job)

    def show(self, job: Job) -> Job:
        """Show a job that is saved already, or whose change is not worth keeping."""
        if isinstance(job.phase, Removed):
            self._jobs.pop(job.id, None)
        else:
            self._jobs[job.id] = job
        self._publish(job)
        self.changed.set()
        return job
