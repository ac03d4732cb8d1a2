"""What the user can instruct jobs and the queue to do. When a command returns, the jobs are saved and shown."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from sora_desktop.api.errors import ServiceError, TooBusy
from sora_desktop.domain.capabilities import problems_in
from sora_desktop.domain.job import (
    Abandoned,
    Failed,
    Job,
    JobChange,
    JobId,
    Ready,
    Removed,
    Rendering,
    Trashed,
    Unconfirmed,
    Waiting,
    new_job,
    remote_id_of,
)
from sora_desktop.domain.ledger import is_named_by_answer
from sora_desktop.domain.marking import marked
from sora_desktop.domain.marks import MarkEdit
from sora_desktop.domain.money import PriceTable
from sora_desktop.domain.queue import Before, Place
from sora_desktop.domain.request import VideoRequest
from sora_desktop.domain.service_config import SANDBOX
from sora_desktop.domain.takes import another_take, takes_of
from sora_desktop.domain.trash import restored, trashed
from sora_desktop.jobs.clock import Clock
from sora_desktop.jobs.errors import CommandRejected
from sora_desktop.jobs.journal import Journal
from sora_desktop.jobs.money.account import Account
from sora_desktop.jobs.polling.watcher import Watcher
from sora_desktop.jobs.ports import JobLibrary
from sora_desktop.jobs.runner_settings import RunnerSettings
from sora_desktop.jobs.sending.blocks import BlockCause
from sora_desktop.jobs.sending.order import arranged, moved
from sora_desktop.jobs.sending.queue import SendingQueue

ALREADY_SENT = "This request has been sent and can no longer be changed. Make a new request instead."
BEING_SENT = "This request is being sent. Wait for the answer."
CANNOT_CANCEL = "This service cannot stop a video that it renders. Stop waiting for it instead."
NOT_CREATED_HERE = (
    "The video was not cancelled: no answer to this program has named it, so it may be another program's. Stop waiting "
    "for it instead."
)
STILL_RENDERING = "The video was not cancelled and may still be rendering."
IN_TRASH = "This request is in the Trash. Restore it first."


class Commands:
    """A command that no longer applies does nothing or, where that is said, raises CommandRejected.

    All commands that change jobs raise StoreError when the change cannot be saved.
    """

    def __init__(
        self,
        library: JobLibrary,
        settings: RunnerSettings,
        journal: Journal,
        queue: SendingQueue,
        watcher: Watcher,
        account: Account,
        clock: Clock,
    ) -> None:
        self._library = library
        self._settings = settings
        self._journal = journal
        self._queue = queue
        self._watcher = watcher
        self._account = account
        self._now = clock.now
        self._last_position = 0.0

    async def submit(self, request: VideoRequest, takes: int = 1) -> list[Job]:
        """Queue `takes` jobs for the same request, each with a seed of its own."""
        jobs = [self.new_job(take) for take in takes_of(request, takes, self._settings.capabilities)]
        await self.accept(jobs)
        return jobs

    def new_job(self, request: VideoRequest) -> Job:
        """A job at the end of the queue, not saved yet."""
        self._last_position = max(self._now(), self._last_position + 0.001)
        return new_job(request, self._settings.service_name, self._now(), self._last_position)

    def note_position(self, job: Job) -> None:
        """New jobs go behind this one."""
        self._last_position = max(self._last_position, job.position)

    async def accept(self, jobs: Sequence[Job]) -> None:
        """Queue waiting jobs that were made elsewhere, each once; also those that were saved while this run began."""
        unsaved = [job for job in jobs if isinstance(job.phase, Waiting) and self._library.read(job.id) is None]
        await self._library.add(unsaved)
        saved = [self._library.read(job.id) for job in jobs if self._journal.get(job.id) is None]
        waiting = [job for job in saved if job is not None and isinstance(job.phase, Waiting)]
        for job in waiting:
            self.note_position(job)
        await self._journal.show_all([job for job in waiting if self._journal.is_ours(job)])

    async def trash(self, ids: Iterable[JobId]) -> list[Job]:
        """Move jobs that cost nothing more to the Trash, in one transaction; return those that were moved.

        Jobs that are rendered or downloaded are left alone. Raises CommandRejected, after moving the others, if a job
        is being sent: its answer may bring the only way to a paid video.
        """
        claimed: set[JobId] = set()

        def moved(current: Job) -> Job | None:
            if current.id == self._queue.claimed:
                claimed.add(current.id)
                return None
            return trashed(current, self._now())

        jobs = await self._journal.change_many(ids, moved)
        if claimed:
            raise CommandRejected(BEING_SENT, jobs)
        return jobs

    async def restore(self, ids: Iterable[JobId]) -> list[Job]:
        """Take jobs out of the Trash, in one transaction; return those that were there. A waiting one is on hold."""
        jobs = await self._journal.change_many(ids, restored)
        self._watcher.start_abandoned(
            job for job in jobs if isinstance(job.phase, Abandoned) and self._journal.is_ours(job)
        )
        return jobs

    async def delete(self, ids: Iterable[JobId]) -> list[Job]:
        """Delete jobs in the Trash permanently, in one transaction; return those that were there.

        Their attempts stay in the ledger. Their files are the caller's.
        """

        def deleted(current: Job) -> Job | None:
            return self._journal.stepped(current, Removed()) if isinstance(current.phase, Trashed) else None

        return await self._journal.change_many(ids, deleted)

    async def edit(self, id: JobId, request: VideoRequest, *, on_hold: bool | None = None) -> None:
        """Replace a waiting job's request. Raises CommandRejected once it is sent, and for a request with problems.

        `on_hold`: whether it is on hold from then on; None leaves that as it is.
        """
        problems = problems_in(request, self._settings.capabilities)
        if problems:
            raise CommandRejected(problems[0])

        def edited(current: Job) -> Job:
            stays = current.on_hold if on_hold is None else on_hold
            return replace(_waiting(current), request=request, phase=Waiting(), on_hold=stays)

        await self._change(id, edited)

    async def hold(self, ids: Iterable[JobId]) -> None:
        """Keep waiting jobs from being sent, in one transaction.

        Raises CommandRejected, after holding the others, if a job does not wait.
        """
        await self._set_on_hold(ids, True)

    async def release(self, ids: Iterable[JobId]) -> None:
        """Let jobs on hold be sent when their turn comes, in one transaction.

        Raises CommandRejected, after releasing the others, if a job does not wait.
        """
        await self._set_on_hold(ids, False)

    async def reorder(self, id: JobId, place: Place | Before) -> None:
        """Move a waiting job within the queue."""
        await self._journal.change_waiting(lambda jobs: moved(jobs, id, place))

    async def arrange(self, order: Sequence[JobId]) -> None:
        """Let waiting jobs follow each other in this order, at the places that they have together."""
        await self._journal.change_waiting(lambda jobs: arranged(jobs, order))

    def queue_order(self) -> list[JobId]:
        """The waiting jobs, from the front of the queue."""
        waiting = [job for job in self._journal if isinstance(job.phase, Waiting)]
        return [job.id for job in sorted(waiting, key=lambda job: (job.position, job.id))]

    async def abandon(self, id: JobId) -> None:
        """Stop waiting for a job that was accepted. It is still billed."""
        await self._watcher.abandon(id)

    async def cancel(self, id: JobId) -> None:
        """Stop a rendering at a service that can do that. A video that has been finished meanwhile is kept.

        Does nothing for a job that is not being rendered. One that the service does not know at the moment is cancelled
        once that is certain, or as soon as it is known again. Raises CommandRejected for another service's job, for a
        task that no answer has named, and if the service did not stop it: it is followed as before.
        """
        job = self._journal.find(id)
        if job is None or not isinstance(job.phase, Rendering):
            return
        self._reject_foreign(job)
        if not self._settings.capabilities.cancels:
            raise CommandRejected(CANNOT_CANCEL)
        if not is_named_by_answer(self._library.attempts(id)):
            raise CommandRejected(NOT_CREATED_HERE)
        try:
            await self._watcher.cancel(id)
        except TooBusy as error:
            raise CommandRejected(f"{STILL_RENDERING} Try again in a moment. {error}") from error
        except ServiceError as error:
            raise CommandRejected(f"{STILL_RENDERING} {error}") from error

    async def resume(self, id: JobId) -> None:
        """Poll the job again, or download it without waiting for the pause to end.

        Raises CommandRejected for another service's job.
        """
        job = self._journal.find(id)
        if job is not None and isinstance(job.phase, Abandoned | Failed) and remote_id_of(job.phase) is not None:
            self._reject_foreign(job)
        await self._watcher.resume(id)

    async def retry(self, id: JobId) -> list[Job]:
        """Queue the request again; it costs again. Raises CommandRejected for a request with problems.

        A finished clip gets another take with a seed of its own. Without a clip, the seed stays.
        """
        job = self._journal.find(id)
        if job is None:
            return []
        capabilities = self._settings.capabilities
        problems = problems_in(job.request, capabilities)
        if problems:
            raise CommandRejected(problems[0])
        has_clip = isinstance(job.phase, Ready)
        return await self.submit(another_take(job.request, capabilities) if has_clip else job.request)

    async def send_again(self, id: JobId) -> None:
        """Send a job whose outcome is unknown; it may cost a second time.

        Raises CommandRejected for another service's job, while the job is sent or reconciled, and if it counts as not
        charged and the balance shows by now that it may have been.
        """
        job = self._journal.find(id)
        if job is not None and isinstance(job.phase, Unconfirmed) and job.phase.safe_to_send:
            self._reject_claimed(job)
            self._reject_foreign(job)
            again = (await self._queue.read_before_sending_again(job)).phase
            if isinstance(again, Unconfirmed) and not again.safe_to_send:
                raise CommandRejected(again.reason)

        def waiting(current: Job) -> Job | None:
            self._reject_claimed(current)
            self._reject_foreign(current)
            return self._journal.stepped(current, Waiting()) if isinstance(current.phase, Unconfirmed) else None

        await self._change(id, waiting)
        self._queue.lift(BlockCause.SILENCE)

    async def reconcile(self, id: JobId) -> None:
        """Check the balance once more for a job whose outcome is unknown.

        Raises CommandRejected for another service's job, and while the job is sent or reconciled.
        """
        job = self._journal.find(id)
        if job is None or not isinstance(job.phase, Unconfirmed):
            return
        self._reject_claimed(job)
        self._reject_foreign(job)
        if self._journal.get(id) is None:
            self._journal.show(job)
        await self._queue.reconcile(job)

    async def mark(self, edits: Mapping[JobId, MarkEdit]) -> list[JobChange]:
        """Change the marks of jobs, in one transaction; return each job that has changed, before and after."""
        before: dict[JobId, Job] = {}

        def changed(current: Job) -> Job | None:
            job = marked(current, edits[current.id])
            if job is not None:
                before.setdefault(current.id, current)
            return job

        return [JobChange(before[job.id], job) for job in await self._journal.change_many(edits, changed)]

    def pause(self, paused: bool) -> None:
        """Send nothing until the queue is resumed. The caller keeps the setting."""
        self._queue.pause(paused)

    def go_on(self) -> None:
        """Try again: the user has removed what the queue waited for."""
        self._queue.go_on()

    async def top_up(self) -> None:
        """Raise the balance of a service that does this at no cost, and try again. Raises ServiceError."""
        await self._queue.top_up()

    def set_spending_limit(self, limit: Decimal | None) -> None:
        """Change the limit for each day; None removes it. The caller keeps the setting."""
        self._account.set_spending_limit(limit)
        self._queue.lift(BlockCause.SPENDING_LIMIT)

    def set_prices(self, prices: PriceTable) -> None:
        """Replace the price table; learned prices are given up. The caller keeps the file."""
        self._account.set_prices(prices)
        self._queue.lift(BlockCause.SPENDING_LIMIT, BlockCause.BALANCE)

    async def _set_on_hold(self, ids: Iterable[JobId], on_hold: bool) -> None:
        others: list[Job] = []

        def changed(current: Job) -> Job | None:
            if not isinstance(current.phase, Waiting):
                others.append(current)
                return None
            return replace(current, on_hold=on_hold)

        await self._journal.change_many(ids, changed)
        for job in others:
            _waiting(job)

    async def _change(self, id: JobId, how: Callable[[Job], Job | None]) -> None:
        job = self._journal.find(id)
        if job is not None:
            await self._journal.change(job, how)

    def _reject_claimed(self, job: Job) -> None:
        if job.id == self._queue.claimed:
            raise CommandRejected(BEING_SENT)

    def _reject_foreign(self, job: Job) -> None:
        if not self._journal.is_ours(job):
            raise CommandRejected(
                "This video belongs to the sandbox. Start the program with --sandbox to go on with it."
                if job.service == SANDBOX
                else f"This video belongs to {job.service}. Enter that base URL and its API key in Settings first."
                if "://" in job.service
                else f"This video belongs to “{job.service}”, which is not connected. See Settings › Services."
            )


def _waiting(job: Job) -> Job:
    """The job. Raises CommandRejected if it does not wait."""
    if not isinstance(job.phase, Waiting):
        raise CommandRejected(IN_TRASH if isinstance(job.phase, Trashed) else ALREADY_SENT)
    return job
