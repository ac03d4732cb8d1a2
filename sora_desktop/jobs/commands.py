"""What a person may want of a job or of the queue; each wish ends with the job saved and shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal

from sora_desktop.domain.capabilities import problems_in
from sora_desktop.domain.job import (
    Abandoned,
    Failed,
    Job,
    JobId,
    Ready,
    Removed,
    Unconfirmed,
    Waiting,
    new_job,
    remote_id_of,
)
from sora_desktop.domain.money import PriceTable
from sora_desktop.domain.request import VideoRequest
from sora_desktop.jobs.errors import CommandRejected
from sora_desktop.jobs.journal import Journal
from sora_desktop.jobs.money.account import Account
from sora_desktop.jobs.polling.watcher import Watcher
from sora_desktop.jobs.ports import JobLibrary
from sora_desktop.jobs.runner_settings import RunnerSettings
from sora_desktop.jobs.sending.blocks import BlockCause
from sora_desktop.jobs.sending.order import Before, Place, moved
from sora_desktop.jobs.sending.queue import SendingQueue


class Commands:
    """The person's side of the runner. A verb that no longer applies does nothing, or raises NotNow if it says so."""

    def __init__(
        self,
        journal: Journal,
        library: JobLibrary,
        settings: RunnerSettings,
        queue: SendingQueue,
        watcher: Watcher,
        account: Account,
        now: Callable[[], float],
    ) -> None:
        self._journal = journal
        self._library = library
        self._settings = settings
        self._queue = queue
        self._watcher = watcher
        self._account = account
        self._now = now
        self._last_position = 0.0

    async def submit(self, request: VideoRequest, takes: int = 1) -> list[Job]:
        """Queue `takes` jobs for the same request."""
        jobs = [self.new_job(request) for _ in range(takes)]
        await self.accept(jobs)
        return jobs

    def new_job(self, request: VideoRequest) -> Job:
        """A job at the end of the queue, not saved yet."""
        self._last_position = max(self._now(), self._last_position + 0.001)
        return new_job(request, self._settings.service_name, self._now(), self._last_position)

    async def accept(self, jobs: Sequence[Job]) -> None:
        """Queue waiting jobs that were made elsewhere, each once; also those that were saved while this run began."""
        fresh = [job for job in jobs if isinstance(job.phase, Waiting) and self._library.read(job.id) is None]
        await self._library.add(fresh)
        kept = [self._library.read(job.id) for job in jobs if self._journal.get(job.id) is None]
        for job in (job for job in kept if job is not None and isinstance(job.phase, Waiting)):
            self._last_position = max(self._last_position, job.position)
            if job.service in ("", self._settings.service_name):
                self._journal.show(job)

    async def remove(self, id: JobId) -> None:
        """Take out of the library a job that costs nothing more: waiting, or settled. The file of a clip stays.

        Raises NotNow while its create is on the wire: the answer may bring the only way to a paid video.
        """

        def away(current: Job) -> Job | None:
            self._unclaimed(current)
            removable = isinstance(current.phase, Waiting | Ready | Failed | Abandoned | Unconfirmed)
            return self._journal.stepped(current, Removed()) if removable else None

        await self._change(id, away)

    async def edit(self, id: JobId, request: VideoRequest) -> None:
        """Replace a waiting job's request. Raises NotNow once it is being sent, or for a request with problems."""
        problems = problems_in(request, self._settings.capabilities)
        if problems:
            raise CommandRejected(problems[0])
        await self._change(id, lambda current: replace(self._waiting(current), request=request, phase=Waiting()))

    async def hold(self, id: JobId) -> None:
        """Keep a waiting job in the queue unsent. Raises NotNow once it is being sent."""
        await self._change(id, lambda current: replace(self._waiting(current), on_hold=True))

    async def release(self, id: JobId) -> None:
        """Let a held job be sent when its turn comes."""
        await self._change(id, lambda current: replace(self._waiting(current), on_hold=False))

    async def reorder(self, id: JobId, place: Place | Before) -> None:
        """Move a waiting job within the queue."""
        await self._journal.alter_all(self._library.add, lambda jobs: moved(jobs, id, place))

    async def abandon(self, id: JobId) -> None:
        """Stop waiting; the service goes on and has charged for it."""
        await self._watcher.abandon(id)

    async def resume(self, id: JobId) -> None:
        """Watch again, or fetch again without waiting for the pause to end. Raises NotNow for another service's job."""
        job = self._find(id)
        if job is not None and isinstance(job.phase, Abandoned | Failed) and remote_id_of(job.phase) is not None:
            self._ours(job)
        await self._watcher.resume(id)

    async def retry(self, id: JobId) -> list[Job]:
        """A new take of the same request; it costs again."""
        job = self._find(id)
        return [] if job is None else await self.submit(job.request)

    async def send_again(self, id: JobId) -> None:
        """A person decided to send a job whose outcome is unknown; it may cost a second time. Raises NotNow."""

        def waiting(current: Job) -> Job | None:
            self._unclaimed(current)
            self._ours(current)
            return self._journal.stepped(current, Waiting()) if isinstance(current.phase, Unconfirmed) else None

        await self._change(id, waiting)
        self._queue.lift(BlockCause.SILENCE)

    async def reconcile(self, id: JobId) -> None:
        """Check the balance once more for a job whose outcome is unknown. Raises NotNow."""
        job = self._find(id)
        if job is None or not isinstance(job.phase, Unconfirmed):
            return
        self._unclaimed(job)
        self._ours(job)
        if self._journal.get(id) is None:
            self._journal.show(job)
        await self._queue.reconcile(job)

    async def star(self, id: JobId, starred: bool) -> None:
        """Mark or unmark a keeper."""
        await self._change(id, lambda current: replace(current, starred=starred))

    def pause(self, paused: bool) -> None:
        """Send nothing until told otherwise; whoever asks keeps it in the settings."""
        self._queue.pause(paused)

    def go_on(self) -> None:
        """Something that the queue waited for was done about: try again."""
        self._queue.go_on()

    def set_spending_limit(self, limit: Decimal | None) -> None:
        """Credits that may be spent in a day; whoever asks keeps it in the settings."""
        self._account.set_spending_limit(limit)

    def set_prices(self, prices: PriceTable) -> None:
        """A person edited the prices; whoever asks keeps them in their file."""
        self._account.set_prices(prices)

    def _find(self, id: JobId) -> Job | None:
        return self._journal.find(id)

    async def _change(self, id: JobId, how: Callable[[Job], Job | None]) -> None:
        job = self._find(id)
        if job is not None:
            # another service's job is not in the journal: it is read again when its turn comes
            await self._journal.change(job, lambda current: how(self._find(id) or current))

    def _unclaimed(self, job: Job) -> None:
        if job.id == self._queue.claimed:
            raise CommandRejected("It is being sent at this moment. Wait until its answer is here.")

    def _waiting(self, job: Job) -> Job:
        if not isinstance(job.phase, Waiting):
            raise CommandRejected("It has been sent and can no longer be changed. Make a new request instead.")
        return job

    def _ours(self, job: Job) -> None:
        if job.service not in ("", self._settings.service_name):
            raise CommandRejected(f"It belongs to {job.service}. Choose that service in Settings first.")
