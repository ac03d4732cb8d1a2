"""The only mover of jobs: takes them from waiting to a clip on this disk, and obeys a person's verbs."""

from __future__ import annotations

import asyncio
import logging
import time
import uuid
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol

from sora_desktop.api.service import VideoService
from sora_desktop.domain.job import (
    Failed,
    Job,
    JobId,
    Ready,
    RemoteId,
    Removed,
    Rendering,
    Saving,
    Unconfirmed,
    Unsaved,
    Unwatched,
    Waiting,
    is_settled,
    remote_id_of,
)
from sora_desktop.domain.money import Balance, PriceTable
from sora_desktop.domain.request import VideoRequest
from sora_desktop.jobs.downloads import Inspector, Vault
from sora_desktop.jobs.journal import Journal
from sora_desktop.jobs.pacing import RenderTimes, RequestBudget
from sora_desktop.jobs.purse import Purse
from sora_desktop.jobs.sending import Ledger, Sender
from sora_desktop.jobs.watching import Watcher
from sora_desktop.store.attempts import Attempt

log = logging.getLogger(__name__)

#: Seconds that closing waits for the answer to a create that is on the wire.
LAST_ANSWER = 5.0
#: Broken downloads of one clip after which a command line no longer waits for the next try.
TRIES_WORTH_WAITING_FOR = 4


class Library(Ledger, Protocol):
    """What the runner asks the store."""

    async def add(self, jobs: Sequence[Job]) -> None:
        """The jobs are on disk when this returns."""

    async def save(self, job: Job) -> None:
        """The job is on disk when this returns."""

    def read(self, id: JobId) -> Job | None:
        """The job as saved."""

    def unfinished(self) -> list[Job]:
        """Jobs that are not settled, in the order of the queue."""

    def attempts(self, id: JobId) -> list[Attempt]:
        """What was tried for one job, oldest first."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a person may set about the running of jobs."""

    service_name: str  # a base URL or "sandbox": jobs of another service are left alone
    library: Path
    prices: PriceTable
    jobs_at_once: int = 3


class JobRunner:
    """Owns one task for the queue and one for each job under way."""

    def __init__(
        self,
        service: VideoService,
        library: Library,
        inspector: Inspector,
        budget: RequestBudget,
        terms: Terms,
        *,
        publish: Callable[[Job], None],
        publish_balance: Callable[[Balance], None],
        now: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._library = library
        self._terms = terms
        self._now = now
        self._journal = Journal(library, publish, now)
        self._purse = Purse(service, budget, publish_balance, now)
        self._budget = budget
        self._sender = Sender(
            service=service,
            journal=self._journal,
            ledger=library,
            purse=self._purse,
            budget=budget,
            prices=terms.prices,
            now=now,
            sleep=sleep,
        )
        self._watcher = Watcher(
            service=service,
            journal=self._journal,
            vault=Vault(terms.library, service, inspector),
            budget=budget,
            times=RenderTimes(),
            refunded=self._refunded,
            now=now,
            sleep=sleep,
        )
        self._tasks: dict[JobId, asyncio.Task[None]] = {}
        self._errands: set[asyncio.Task[None]] = set()
        self._queue: asyncio.Task[None] | None = None
        self._sending: asyncio.Task[Job] | None = None
        self._on_the_wire: JobId | None = None
        self._last_position = 0.0

    # -- from start to end ---------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Carry on what the last run left unfinished, then send what waits."""
        unconfirmed = []
        for job in self._library.unfinished():
            self._last_position = max(self._last_position, job.position)
            if job.service and job.service != self._terms.service_name:
                continue
            match job.phase:
                case Waiting():
                    self._journal.show(replace(job, phase=Waiting()))
                case Unconfirmed():
                    self._journal.show(job)
                    unconfirmed.append(job)
                case Rendering(remote_id=remote_id) | Saving(remote_id=remote_id) | Unsaved(remote_id=remote_id):
                    self._journal.show(job)
                    self._follow(job, remote_id)
                case _:
                    pass
        self._queue = asyncio.create_task(self._run_queue(unconfirmed), name="queue")

    async def aclose(self) -> None:
        """Stop. An answer that is on its way is waited for a moment; everything else is on disk already."""
        if self._sending is not None and not self._sending.done():
            await asyncio.wait({self._sending}, timeout=LAST_ANSWER)
        owned: list[asyncio.Task[Any]] = [*self._tasks.values(), *self._errands]
        owned += [task for task in (self._queue, self._sending) if task is not None]
        for task in owned:
            task.cancel()
        await asyncio.gather(*owned, return_exceptions=True)
        await self._budget.aclose()

    async def settled(self) -> None:
        """Return when nothing can go further by itself."""
        while any(self._can_go_on(job) for job in self._journal):
            self._journal.changed.clear()
            await self._journal.changed.wait()

    @property
    def balance(self) -> Balance | None:
        """As last read, less what was spent since."""
        return self._purse.balance

    def jobs(self) -> list[Job]:
        """The jobs that this run has touched or found unfinished, in the order of the queue."""
        return list(self._journal)

    def is_at_work(self, job: Job) -> bool:
        """True while something is done for the job, here or at the service."""
        return isinstance(job.phase, Rendering | Saving) or job.id == self._on_the_wire

    def is_queued(self, job: Job) -> bool:
        """True while the job waits for its turn."""
        return isinstance(job.phase, Waiting) and job.id != self._on_the_wire

    async def read_balance(self) -> Decimal | None:
        """Ask the service; None when it does not say."""
        return await self._purse.read()

    # -- a person's verbs ----------------------------------------------------------------------------------------

    async def submit(self, request: VideoRequest, takes: int = 1) -> list[Job]:
        """Queue `takes` jobs for the same request."""
        jobs = [self.new_job(request) for _ in range(takes)]
        await self.accept(jobs)
        return jobs

    def new_job(self, request: VideoRequest) -> Job:
        """A job at the end of the queue, not saved yet."""
        self._last_position = max(self._now(), self._last_position + 0.001)
        return new_job(request, self._terms.service_name, self._now(), self._last_position)

    async def accept(self, jobs: Sequence[Job]) -> None:
        """Queue jobs that were made elsewhere, each once."""
        fresh = [job for job in jobs if self._library.read(job.id) is None]
        await self._library.add(fresh)
        for job in fresh:
            if job.service in ("", self._terms.service_name):
                self._journal.show(job)

    async def remove(self, id: JobId) -> None:
        """Take out of the library a job that costs nothing more: waiting, or settled. The file of a clip stays."""
        job = self._find(id)
        if job is None or not isinstance(job.phase, Waiting | Ready | Failed | Unwatched | Unconfirmed):
            return
        if id == self._on_the_wire and isinstance(job.phase, Unconfirmed):
            return  # its answer may still come, and with it the only way to a paid video
        await self._journal.move(job, Removed())

    async def stop_watching(self, id: JobId) -> None:
        """Stop waiting; the service goes on and has charged for it."""
        job = self._find(id)
        remote_id = remote_id_of(job.phase) if job is not None else None
        if job is None or remote_id is None or is_settled(job.phase):
            return
        await self._stop_following(id)
        await self._journal.move(job, Unwatched(remote_id))

    async def resume(self, id: JobId) -> None:
        """Watch again, or fetch again without waiting for the pause to end."""
        job = self._find(id)
        remote_id = remote_id_of(job.phase) if job is not None else None
        if job is None or remote_id is None or isinstance(job.phase, Ready):
            return
        await self._stop_following(id)
        if isinstance(job.phase, Unwatched | Failed):
            job = await self._journal.move(job, Rendering(remote_id))
        self._follow(job, remote_id)

    async def retry(self, id: JobId) -> list[Job]:
        """A new take of the same request; it costs again."""
        job = self._find(id)
        return [] if job is None else await self.submit(job.request)

    async def send_again(self, id: JobId) -> None:
        """A person decided to send a job whose outcome is unknown; it may cost a second time."""
        job = self._find(id)
        if job is not None and isinstance(job.phase, Unconfirmed) and job.phase.finding:
            await self._journal.move(job, Waiting())

    async def star(self, id: JobId, starred: bool) -> None:
        """Mark or unmark a keeper."""
        job = self._find(id)
        if job is not None:
            await self._journal.alter(replace(job, starred=starred))

    # -- the queue -----------------------------------------------------------------------------------------------

    def _find(self, id: JobId) -> Job | None:
        return self._journal.get(id) or self._library.read(id)

    async def _run_queue(self, unconfirmed: list[Job]) -> None:
        await self._settle_what_was_lost(unconfirmed)
        if self._purse.balance is None:
            await self._purse.read()
        while True:
            self._journal.changed.clear()
            job = self._next_to_send()
            if job is None:
                await self._wait_for_a_change()
                continue
            self._sending = asyncio.create_task(self._sender.send(job), name=f"send {job.id}")
            self._on_the_wire = job.id
            try:
                job = await asyncio.shield(self._sending)
            except asyncio.CancelledError:
                raise
            except Exception:
                log.exception("sending failed; the queue goes on")
                await asyncio.sleep(1.0)
                continue
            finally:
                self._on_the_wire = None
            if isinstance(job.phase, Rendering):
                self._follow(job, job.phase.remote_id)

    async def _settle_what_was_lost(self, unconfirmed: list[Job]) -> None:
        for job in unconfirmed:
            if isinstance(job.phase, Unconfirmed) and job.phase.finding:
                continue  # found out already, as far as it could be
            attempts = self._library.attempts(job.id)
            if attempts:
                last = attempts[-1]
                await self._sender.settle_at_start(job, last.id, last.balance_before, last.price)

    def _next_to_send(self) -> Job | None:
        halt = self._sender.halt
        if halt is not None and (halt.until is None or self._now() < halt.until):
            return None
        at_work = sum(isinstance(job.phase, Rendering) for job in self._journal)
        if at_work >= self._terms.jobs_at_once:
            return None
        return next((job for job in self._journal if isinstance(job.phase, Waiting) and not job.on_hold), None)

    async def _wait_for_a_change(self) -> None:
        halt = self._sender.halt
        pause = None if halt is None or halt.until is None else max(halt.until - self._now(), 0.05)
        try:
            await asyncio.wait_for(self._journal.changed.wait(), pause)
        except TimeoutError:
            self._sender.halt = None

    def go_on(self) -> None:
        """Something a halt was waiting for was done about: try again."""
        self._sender.halt = None
        self._journal.changed.set()

    def _can_go_on(self, job: Job) -> bool:
        match job.phase:
            case Waiting():
                halt = self._sender.halt
                stands = halt is not None and (halt.until is None or halt.until - self._now() > 600)
                return not job.on_hold and not stands
            case Unconfirmed(finding=finding):
                return job.id == self._on_the_wire or not finding
            case Unsaved():
                return self._watcher.broken_downloads(job.id) <= TRIES_WORTH_WAITING_FOR
            case Rendering() | Saving():
                return True
            case _:
                return False

    # -- those under way -----------------------------------------------------------------------------------------

    def _follow(self, job: Job, remote_id: RemoteId) -> None:
        async def carry() -> None:
            try:
                await self._watcher.follow(job, remote_id)
            except asyncio.CancelledError:
                raise
            except Exception:
                log.exception("watching job %s ended in an error of our own; it goes on at the next start", job.id)

        task = asyncio.create_task(carry(), name=f"job {job.id}")
        self._tasks[job.id] = task

        def ended(_: asyncio.Task[None]) -> None:
            if self._tasks.get(job.id) is task:
                del self._tasks[job.id]
            self._journal.changed.set()

        task.add_done_callback(ended)

    async def _stop_following(self, id: JobId) -> None:
        task = self._tasks.pop(id, None)
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def _refunded(self) -> None:
        self._purse.disturbed()

        async def read() -> None:
            await self._purse.read()

        errand = asyncio.create_task(read(), name="balance")
        self._errands.add(errand)
        errand.add_done_callback(self._errands.discard)


def new_job(request: VideoRequest, service: str, now: float | None = None, position: float | None = None) -> Job:
    """A waiting job with an id of its own, not saved yet."""
    made = time.time() if now is None else now
    return Job(
        JobId(uuid.uuid4().hex),
        request,
        Waiting(),
        made,
        made,
        made if position is None else position,
        service=service,
    )
