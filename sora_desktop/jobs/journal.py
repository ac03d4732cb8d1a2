"""Which job stands where: saved before it is shown, shown the moment it is saved."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from typing import Any

from sora_desktop.domain.job import Job, JobId, Phase, Removed
from sora_desktop.jobs.ports import SavedJobs


class Bell:
    """Rings at every change. A ring between two waits is not lost, however many wait."""

    def __init__(self) -> None:
        self.rings = 0
        self._waiting: set[asyncio.Future[None]] = set()

    def ring(self) -> None:
        """Wake all who wait."""
        self.rings += 1
        waiting, self._waiting = self._waiting, set()
        for place in waiting:
            if not place.done():
                place.set_result(None)

    async def wait_past(self, rings: int, timeout: float | None = None) -> None:
        """Return once it has rung more than `rings` times, or `timeout` seconds have passed."""
        if self.rings > rings:
            return
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.add(place)
        try:
            await asyncio.wait({place}, timeout=timeout)
        finally:
            self._waiting.discard(place)
            place.cancel()


class Journal:
    """The unfinished jobs in memory, each as it was last saved or shown.

    Changes that are saved come one after the other, so that none is built on a job that is already out of date; one
    that has begun is saved *and* shown, even where its caller is cancelled meanwhile.
    """

    def __init__(
        self,
        saver: SavedJobs,
        publish: Callable[[Job], None],
        now: Callable[[], float],
        is_ours: Callable[[Job], bool] = lambda _: True,
    ) -> None:
        """What is not ours can be changed and shown, but is not among the jobs here: it would be sent and paid for."""
        self._is_ours = is_ours
        self._saver = saver
        self._publish = publish
        self._now = now
        self._jobs: dict[JobId, Job] = {}
        self._one_at_a_time = asyncio.Lock()
        self._begun: set[asyncio.Task[Any]] = set()
        self.bell = Bell()

    def __iter__(self) -> Iterator[Job]:
        return iter(sorted(self._jobs.values(), key=lambda job: (job.position, job.id)))

    def get(self, id: JobId) -> Job | None:
        """The job as last shown."""
        return self._jobs.get(id)

    def find(self, id: JobId) -> Job | None:
        """The job as last shown, or as saved where it is not in memory. Raises StoreError."""
        return self._jobs.get(id) or self._saver.read(id)

    def stepped(self, job: Job, phase: Phase) -> Job:
        """The job as it will be in `phase`; nothing is saved or shown."""
        same_kind = type(phase) is type(job.phase)
        return replace(job, phase=phase, changed_at=job.changed_at if same_kind else self._now())

    async def move(self, job: Job, phase: Phase) -> Job:
        """Save the job in its new phase, then show it."""
        moved = await self.change(job, lambda current: self.stepped(current, phase))
        assert moved is not None
        return moved

    async def change(
        self,
        job: Job,
        how: Callable[[Job], Job | None],
        save: Callable[[Job], Awaitable[None]] | None = None,
    ) -> Job | None:
        """Save, then show, what `how` makes of the job as it is when its turn comes; None leaves it alone.

        `how` is asked twice, the second time about what was shown while it was being saved.
        """

        async def carry() -> Job | None:
            async with self._one_at_a_time:
                current = self._jobs.get(job.id, job)
                changed = how(current)
                if changed is None:
                    return None
                await (save or self._saver.save)(changed)
                latest = self._jobs.get(job.id, current)
                if latest is not current and type(latest.phase) is type(current.phase):
                    changed = how(latest) or changed
                return self.show(changed)

        task = asyncio.get_running_loop().create_task(carry(), name=f"change {job.id}")
        self._begun.add(task)
        task.add_done_callback(self._begun.discard)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            task.add_done_callback(_heard)
            raise

    async def all_saved(self) -> None:
        """Return when every change that was begun is on disk."""
        while self._begun:
            await asyncio.wait(self._begun)

    async def alter_all(
        self, save: Callable[[list[Job]], Awaitable[None]], how: Callable[[list[Job]], list[Job]]
    ) -> None:
        """Save and show what `how` changes among all jobs, as one."""

        async def carry() -> None:
            async with self._one_at_a_time:
                changed = how(list(self))
                await save(changed)
                for job in changed:
                    self.show(job)

        task = asyncio.get_running_loop().create_task(carry(), name="change the queue")
        self._begun.add(task)
        task.add_done_callback(self._begun.discard)
        await asyncio.shield(task)

    def show(self, job: Job) -> Job:
        """Show a job that is saved already, or whose change is not worth keeping."""
        if isinstance(job.phase, Removed) or not self._is_ours(job):
            self._jobs.pop(job.id, None)
        else:
            self._jobs[job.id] = job
        self._publish(job)
        self.bell.ring()
        return job


def _heard(task: asyncio.Task[Any]) -> None:
    """A failure that nobody waits for any more must not be called unheard."""
    if not task.cancelled():
        task.exception()
