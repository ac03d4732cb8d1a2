"""The unsettled jobs: every change is on disk before it is shown."""

from __future__ import annotations

import asyncio
from bisect import bisect_left, insort
from collections.abc import Awaitable, Callable, Collection, Coroutine, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any, NamedTuple, TypeAlias, TypeVar

from sora_desktop.domain.job import ChangedJobs, Job, JobChange, JobId, Phase, Waiting, is_settled, remote_id_of
from sora_desktop.jobs.ports import SavedJobs
from sora_desktop.store.errors import ChangedElsewhere, StoreError
from sora_desktop.system.slices import in_slices

T = TypeVar("T")

#: Returns the changed job, or None to leave it alone.
JobEdit: TypeAlias = Callable[[Job], Job | None]


class Held(NamedTuple):
    """A job that was changed."""

    job: Job
    before: Job | None  # None: it was not known here


class Bell:
    """Wakes everything that waits for a change. A ring between two waits is not lost."""

    def __init__(self) -> None:
        self.rings = 0
        self._waiting: set[asyncio.Future[None]] = set()

    def ring(self) -> None:
        """Wake all that wait."""
        self.rings += 1
        waiting, self._waiting = self._waiting, set()
        for future in waiting:
            if not future.done():
                future.set_result(None)

    async def wait_past(self, rings: int, pause: Awaitable[None] | None = None) -> None:
        """Return once the bell has rung more than `rings` times, or at the end of the pause."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        ends: list[asyncio.Future[None]] = [future]
        if pause is not None:
            ends.append(asyncio.ensure_future(pause))
        self._waiting.add(future)
        try:
            if self.rings <= rings:
                await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._waiting.discard(future)
            for end in ends:
                end.cancel()


class Journal:
    """Holds the unsettled jobs of one service, each as it was last saved or shown; settled jobs are on disk only.

    Changes are saved one after the other, so that none is based on an outdated job. A change that was started is
    saved and shown even if its caller is cancelled. Jobs of other services can be changed, but are not held here:
    they would be sent and paid for.
    """

    def __init__(
        self,
        store: SavedJobs,
        services: Collection[str],
        show: Callable[[ChangedJobs], None],
        changed: Callable[[Sequence[Held]], None],
        now: Callable[[], float],
        reloaded: Callable[[Job], None] = lambda _: None,
    ) -> None:
        """`services`: names by which jobs of this service are known.

        `show` is called with jobs to be shown; those of a long command come in parts, between which the event loop does
        something else. `changed` is called once with all that were changed together: nothing is sent in between.
        `reloaded` is called with each job that another program has changed, after it was shown.
        """
        self._store = store
        self._services = services
        self._show_jobs = show
        self._changed = changed
        self._now = now
        self._reloaded = reloaded
        self._jobs: dict[JobId, Job] = {}
        self._saved: dict[JobId, Job] = {}  # the same jobs as they are on disk, as far as is known here
        self._active: dict[JobId, Job] = {}  # those that do not wait
        self._line: list[tuple[float, JobId]] = []  # position and id of those that wait to be sent, sorted
        self._one_at_a_time = asyncio.Lock()
        self._tasks: set[asyncio.Task[Any]] = set()
        self.bell = Bell()

    def __iter__(self) -> Iterator[Job]:
        """All jobs held here, in queue order."""
        return iter(sorted(self._jobs.values(), key=lambda job: (job.position, job.id)))

    @property
    def active(self) -> Iterable[Job]:
        """Jobs that are neither waiting nor settled, in no particular order."""
        return self._active.values()

    @property
    def next_waiting(self) -> Job | None:
        """The job that is sent next; jobs on hold are passed over."""
        return self._jobs[self._line[0][1]] if self._line else None

    @property
    def waiting_count(self) -> int:
        """The number of jobs that wait to be sent, without those on hold."""
        return len(self._line)

    @property
    def unsent_count(self) -> int:
        """The number of waiting jobs, on hold or not."""
        return len(self._jobs) - len(self._active)

    def is_ours(self, job: Job) -> bool:
        """True if the job belongs to this service."""
        return job.service in self._services

    def get(self, id: JobId) -> Job | None:
        """The unsettled job as last shown."""
        return self._jobs.get(id)

    def find(self, id: JobId) -> Job | None:
        """The job as last shown or, if it is settled or of another service, as saved. Raises StoreError."""
        return self._jobs.get(id) or self._store.read(id)

    def shares_remote_id(self, job: Job) -> bool:
        """True if another saved job of the same service has the same remote id. Raises StoreError."""
        return self._store.shares_remote_id(job)

    def stepped(self, job: Job, phase: Phase) -> Job:
        """The job in `phase`, neither saved nor shown."""
        same_kind = type(phase) is type(job.phase)
        return replace(job, phase=phase, changed_at=job.changed_at if same_kind else self._now())

    async def move(self, job: Job, phase: Phase) -> Job:
        """Save the job in its new phase, then show it."""
        moved = await self.change(job, lambda current: self.stepped(current, phase))
        assert moved is not None
        return moved

    async def change(self, job: Job, how: JobEdit, save: Callable[[Job], Awaitable[None]] | None = None) -> Job | None:
        """Save, then show, the job as `how` changes it when its turn comes; None leaves it alone. Raises StoreError.

        Raises ChangedElsewhere if another program has changed the job, which is then shown as it is on disk.

        `how` is called twice: the second time with the job as it was shown while it was being saved.
        """

        async def carry() -> Job | None:
            current = self.find(job.id) or job
            changed = how(current)
            if changed is None:
                return None
            try:
                await (save(changed) if save else self._store.change([self._change_of(current, changed)]))
            except ChangedElsewhere:
                self._reload([current])
                raise
            return self._show_saved(changed, current, how)

        return await self._in_turn(carry(), f"change {job.id}")

    async def change_many(self, ids: Iterable[JobId], how: JobEdit) -> list[Job]:
        """Change jobs as `change` does, in one transaction: all of them or, on an error, none. The changed jobs."""

        async def carry() -> list[Job]:
            pairs: list[tuple[Job, Job]] = []
            async for part in in_slices(ids):
                found = [job for job in map(self.find, part) if job is not None]
                pairs += [(job, changed) for job in found if (changed := how(job)) is not None]
            await self._save_all(pairs)
            return await self._show_all([self._hold_saved(changed, current, how) for current, changed in pairs])

        return await self._in_turn(carry(), "change many jobs")

    async def change_waiting(self, how: Callable[[list[Job]], list[Job]]) -> None:
        """Save and show what `how` changes among the waiting jobs, in one transaction."""

        async def carry() -> None:
            changed = how([job for job in self if isinstance(job.phase, Waiting)])
            await self._save_all([(self._jobs[job.id], job) for job in changed])
            await self._show_all([self._hold_now(job, self._jobs.get(job.id), job) for job in changed])

        await self._in_turn(carry(), "change the queue")

    async def all_saved(self) -> None:
        """Return when every change that was started is on disk."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    def show(self, job: Job) -> Job:
        """Show a job that is saved already, or whose change is not worth saving."""
        return self._show(job, self._jobs.get(job.id))

    async def show_all(self, jobs: Sequence[Job]) -> None:
        """Show jobs that are saved already."""
        await self._show_all([self._hold_now(job, self._jobs.get(job.id)) for job in jobs])

    def show_phase(self, job: Job, phase: Phase) -> Job:
        """Show the job, as it is now, in a phase that is saved already or not worth saving."""
        return self.show(self.stepped(self._jobs.get(job.id) or job, phase))

    def show_unsaved(self, job: Job) -> Job:
        """Show a job whose settled phase could not be saved, and hold it: on disk it still waits."""
        saved = self._saved.get(job.id, job)
        self.show(job)
        if self.is_ours(job) and job.id not in self._jobs:
            self._hold(job, saved)
        return job

    def _change_of(self, current: Job, changed: Job) -> JobChange:
        return JobChange(self._saved.get(current.id, current), changed)

    async def _save_all(self, pairs: Sequence[tuple[Job, Job]]) -> None:
        try:
            await self._store.change([self._change_of(current, changed) for current, changed in pairs])
        except ChangedElsewhere:
            self._reload([current for current, _ in pairs])
            raise

    def _reload(self, jobs: Iterable[Job]) -> None:
        """Show jobs as they are on disk if another program has changed them."""
        for job in jobs:
            known = self._saved.get(job.id, job)
            with suppress(StoreError):  # it is tried again with the next change
                saved = self._store.read(job.id)
                if saved is not None and _is_elsewhere(saved, known):
                    self._show(saved, self._jobs.get(job.id), saved)
                    self._reloaded(saved)

    def _show_saved(self, saved: Job, before: Job, how: JobEdit) -> Job:
        return self._show_one(self._hold_saved(saved, before, how))

    def _show(self, job: Job, before: Job | None, saved: Job | None = None) -> Job:
        return self._show_one(self._hold_now(job, before, saved))

    def _show_one(self, held: Held) -> Job:
        self._show_jobs(ChangedJobs((held.job,)))
        self._changed([held])
        self.bell.ring()
        return held.job

    async def _show_all(self, held: Sequence[Held]) -> list[Job]:
        """Show jobs that are held as they are by now: whatever happens between two parts, none of them is sent."""
        jobs = [each.job for each in held]
        if held:
            self._changed(held)
            self.bell.ring()
        shown = 0
        async for part in in_slices(jobs):
            shown += len(part)
            self._show_jobs(ChangedJobs(tuple(self._jobs.get(job.id, job) for job in part), shown == len(jobs)))
        return jobs

    def _hold_saved(self, saved: Job, before: Job, how: JobEdit) -> Held:
        latest = self._jobs.get(saved.id, before)
        if latest is not before and type(latest.phase) is type(before.phase):
            return self._hold_now(how(latest) or saved, latest, saved)
        return self._hold_now(saved, latest, saved)

    def _hold_now(self, job: Job, before: Job | None, saved: Job | None = None) -> Held:
        saved = saved or self._saved.get(job.id, job)
        self._drop(job.id)
        if self.is_ours(job) and not is_settled(job.phase):
            self._hold(job, saved)
        return Held(job, before)

    def _hold(self, job: Job, saved: Job) -> None:
        self._jobs[job.id] = job
        self._saved[job.id] = saved
        if not isinstance(job.phase, Waiting):
            self._active[job.id] = job
        elif not job.on_hold:
            insort(self._line, (job.position, job.id))

    def _drop(self, id: JobId) -> None:
        job = self._jobs.pop(id, None)
        self._saved.pop(id, None)
        self._active.pop(id, None)
        if job is not None and isinstance(job.phase, Waiting) and not job.on_hold:
            del self._line[bisect_left(self._line, (job.position, job.id))]

    async def _in_turn(self, work: Coroutine[Any, Any, T], name: str) -> T:
        async def carry() -> T:
            async with self._one_at_a_time:
                return await work

        task = asyncio.get_running_loop().create_task(carry(), name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            task.add_done_callback(_retrieve)
            raise


def _is_elsewhere(saved: Job, known: Job) -> bool:
    """True if the job on disk is not as it was known here. Progress and stars may differ."""
    if (saved.on_hold, saved.request) != (known.on_hold, known.request):
        return True
    return type(saved.phase) is not type(known.phase) or remote_id_of(saved.phase) != remote_id_of(known.phase)


def _retrieve(task: asyncio.Task[Any]) -> None:
    """Keep asyncio from reporting an error that nobody waits for."""
    if not task.cancelled():
        task.exception()
