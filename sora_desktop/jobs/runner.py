"""The only mover of jobs: takes them from waiting to a clip on this disk, and obeys a person's verbs."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from sora_desktop.api.service import Exchange, VideoService
from sora_desktop.domain.job import (
    Failed,
    Job,
    JobId,
    Ready,
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
from sora_desktop.domain.money import Balance, Money, PriceTable
from sora_desktop.domain.queue import QueueState
from sora_desktop.domain.request import VideoRequest, problems_in
from sora_desktop.jobs.closing import closing_words
from sora_desktop.jobs.correspondence import Correspondence
from sora_desktop.jobs.downloads import Inspector, Vault
from sora_desktop.jobs.following import Followers
from sora_desktop.jobs.halts import Cause
from sora_desktop.jobs.inquiry import Inquiry
from sora_desktop.jobs.journal import Journal
from sora_desktop.jobs.ordering import Place, moved, moved_before
from sora_desktop.jobs.pacing import RequestBudget
from sora_desktop.jobs.render_times import RenderTimes
from sora_desktop.jobs.sending import Sender
from sora_desktop.jobs.sending_queue import SendingQueue
from sora_desktop.jobs.terms import Library, NotNow, Terms, new_job
from sora_desktop.jobs.treasury import Treasury
from sora_desktop.jobs.watching import Watcher

log = logging.getLogger(__name__)

#: Broken downloads of one clip after which a command line no longer waits for the next try.
TRIES_WORTH_WAITING_FOR = 4


def ignore(_: object) -> None:
    """For listeners that are not there."""


class JobRunner:
    """Owns the queue and the followers; each verb ends with the job saved and shown."""

    def __init__(
        self,
        service: VideoService,
        library: Library,
        inspector: Inspector,
        budget: RequestBudget,
        terms: Terms,
        *,
        publish: Callable[[Job], None],
        publish_balance: Callable[[Balance], None] = ignore,
        publish_money: Callable[[Money], None] = ignore,
        publish_prices: Callable[[PriceTable], None] = ignore,
        publish_queue: Callable[[QueueState], None] = ignore,
        times: RenderTimes | None = None,
        now: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._library = library
        self._terms = terms
        self._now = now
        self._budget = budget
        self._publish = publish
        self._kinds: dict[JobId, type[Any]] = {}
        self._last_position = 0.0
        name = terms.service_name
        self._journal = journal = Journal(library, self._job_shown, now)
        self._treasury = treasury = Treasury(
            service,
            library,
            budget,
            journal,
            terms,
            publish_balance=publish_balance,
            publish_money=publish_money,
            publish_prices=publish_prices,
            lift=self._lift,
            now=now,
        )
        purse, book = treasury.purse, treasury.book
        inquiry = Inquiry(journal=journal, ledger=library, purse=purse, book=book, service=name, now=now, sleep=sleep)
        self._sender = Sender(
            service=service,
            journal=journal,
            ledger=library,
            purse=purse,
            budget=budget,
            book=book,
            till=treasury.till,
            inquiry=inquiry,
            library=terms.library,
            now=now,
            sleep=sleep,
        )
        self._watcher = Watcher(
            service=service,
            journal=journal,
            vault=Vault(terms.library, service, inspector),
            budget=budget,
            times=times or RenderTimes(),
            refunded=lambda: None,
            now=now,
            sleep=sleep,
        )
        self._followers = Followers(self._watcher, journal, sleep)
        self._queue = SendingQueue(
            journal=journal,
            ledger=library,
            sender=self._sender,
            inquiry=inquiry,
            purse=purse,
            at_once=terms.jobs_at_once,
            paused=terms.paused,
            follow=self._followers.start,
            holds_place=self._watcher.holds_place,
            publish=publish_queue,
            now=now,
        )
        self._correspondence = Correspondence(library, journal, self._queue)

    # -- from start to end ---------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Carry on what the last run left unfinished, then send what waits."""
        self._treasury.book.load()
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
                    self._followers.start(job, remote_id)
                case _:
                    pass
        self._queue.start(unconfirmed)

    async def aclose(self) -> None:
        """Stop. An answer that is on its way is waited for a moment; everything else is on disk already."""
        await self._queue.aclose()
        await self._followers.aclose()
        await self._treasury.aclose()
        await self._correspondence.aclose()
        await self._journal.all_saved()
        await self._budget.aclose()

    async def settled(self) -> None:
        """Return when nothing can go further by itself."""
        bell = self._journal.bell
        while True:
            rings = bell.rings
            if not any(self.can_go_on(job) for job in self._journal):
                return
            await bell.wait_past(rings)

    def hear(self, exchange: Exchange) -> None:
        """A call of the API ended; what was answered is kept for the ledger and for reports."""
        self._sender.hear(exchange)
        self._correspondence.hear(exchange)

    # -- how things stand ----------------------------------------------------------------------------------------

    @property
    def balance(self) -> Balance | None:
        """As last read, less what was spent since."""
        return self._treasury.purse.balance

    @property
    def money(self) -> Money:
        """Balance, reserved, spent today and the cap. Raises StoreProblem."""
        return self._treasury.money

    @property
    def prices(self) -> PriceTable:
        """The prices in force, learned ones before those of the table."""
        return self._treasury.book.table

    @property
    def queue_state(self) -> QueueState:
        """Whether the queue sends, and if not, why."""
        return self._queue.state

    def jobs(self) -> list[Job]:
        """The jobs that this run has touched or found unfinished, in the order of the queue."""
        return list(self._journal)

    def is_at_work(self, job: Job) -> bool:
        """True while something is done for the job, here or at the service."""
        return isinstance(job.phase, Rendering | Saving) or job.id == self._queue.turn

    def is_queued(self, job: Job) -> bool:
        """True while the job waits for its turn."""
        return isinstance(job.phase, Waiting) and job.id != self._queue.turn

    def can_go_on(self, job: Job) -> bool:
        """True unless the job stands until something is done about it."""
        match job.phase:
            case Unsaved():
                return self._watcher.broken_downloads(job.id) <= TRIES_WORTH_WAITING_FOR
            case Rendering() | Saving():
                return True
            case _:
                return self._queue.can_go_on(job)

    def closing_words(self) -> tuple[str, ...]:
        """What happens to each job when the program is closed now; empty when closing changes nothing."""
        return closing_words(self._journal, paused=self._queue.state.paused)

    async def read_balance(self) -> Decimal | None:
        """Ask the service; None when it does not say."""
        balance = await self._treasury.purse.read()
        return None if balance is None else balance.credits

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
        """Queue waiting jobs that were made elsewhere, each once."""
        fresh = [job for job in jobs if isinstance(job.phase, Waiting) and self._library.read(job.id) is None]
        await self._library.add(fresh)
        for job in fresh:
            self._last_position = max(self._last_position, job.position)
            if job.service in ("", self._terms.service_name):
                self._journal.show(job)

    async def remove(self, id: JobId) -> None:
        """Take out of the library a job that costs nothing more: waiting, or settled. The file of a clip stays.

        Raises NotNow while its create is on the wire: the answer may bring the only way to a paid video.
        """

        def away(current: Job) -> Job | None:
            self._unclaimed(current)
            removable = isinstance(current.phase, Waiting | Ready | Failed | Unwatched | Unconfirmed)
            return self._journal.stepped(current, Removed()) if removable else None

        await self._change(id, away)

    async def edit(self, id: JobId, request: VideoRequest) -> None:
        """Replace a waiting job's request. Raises NotNow once it is being sent, or for a request with problems."""
        problems = problems_in(request)
        if problems:
            raise NotNow(problems[0])
        await self._change(id, lambda current: replace(self._waiting(current), request=request, phase=Waiting()))

    async def hold(self, id: JobId) -> None:
        """Keep a waiting job in the queue unsent. Raises NotNow once it is being sent."""
        await self._change(id, lambda current: replace(self._waiting(current), on_hold=True))

    async def release(self, id: JobId) -> None:
        """Let a held job be sent when its turn comes."""
        await self._change(id, lambda current: replace(self._waiting(current), on_hold=False))

    async def reorder(self, id: JobId, place: Place) -> None:
        """Move a waiting job within the queue."""
        await self._journal.alter_all(self._library.add, lambda jobs: moved(jobs, id, place))

    async def reorder_before(self, id: JobId, other: JobId) -> None:
        """Move a waiting job right before another."""
        await self._journal.alter_all(self._library.add, lambda jobs: moved_before(jobs, id, other))

    async def stop_watching(self, id: JobId) -> None:
        """Stop waiting; the service goes on and has charged for it."""
        await self._followers.stop(id)

        def stopped(current: Job) -> Job | None:
            remote_id = remote_id_of(current.phase)
            if remote_id is None or is_settled(current.phase):
                return None
            return self._journal.stepped(current, Unwatched(remote_id))

        await self._change(id, stopped)

    async def resume(self, id: JobId) -> None:
        """Watch again, or fetch again without waiting for the pause to end. Raises NotNow for another service's job."""
        await self._followers.stop(id)

        def watched(current: Job) -> Job | None:
            remote_id = remote_id_of(current.phase)
            if remote_id is None or not isinstance(current.phase, Unwatched | Failed):
                return None
            self._ours(current)
            return self._journal.stepped(current, Rendering(remote_id))

        await self._change(id, watched)
        job = self._journal.get(id)
        if job is not None and isinstance(job.phase, Rendering | Saving | Unsaved):
            self._followers.start(job, job.phase.remote_id)

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
        self._queue.lift(Cause.SILENCE)

    async def settle(self, id: JobId) -> None:
        """Check the balance once more for a job whose outcome is unknown. Raises NotNow."""
        job = self._find(id)
        if job is None or not isinstance(job.phase, Unconfirmed):
            return
        self._unclaimed(job)
        self._ours(job)
        if self._journal.get(id) is None:
            self._journal.show(job)
        await self._queue.settle(job)

    async def star(self, id: JobId, starred: bool) -> None:
        """Mark or unmark a keeper."""
        await self._change(id, lambda current: replace(current, starred=starred))

    def pause(self, paused: bool) -> None:
        """Send nothing until told otherwise; whoever asks keeps it in the settings."""
        self._queue.pause(paused)

    def go_on(self) -> None:
        """Something that the queue waited for was done about: try again."""
        self._queue.go_on()

    def set_daily_cap(self, cap: Decimal | None) -> None:
        """Credits that may be spent in a day; whoever asks keeps it in the settings."""
        self._treasury.set_cap(cap)

    def set_prices(self, prices: PriceTable) -> None:
        """A person edited the prices; whoever asks keeps them in their file."""
        self._treasury.set_prices(prices)

    # -- within --------------------------------------------------------------------------------------------------

    def _find(self, id: JobId) -> Job | None:
        return self._journal.get(id) or self._library.read(id)

    async def _change(self, id: JobId, how: Callable[[Job], Job | None]) -> None:
        job = self._find(id)
        if job is not None:
            await self._journal.change(job, how)

    def _unclaimed(self, job: Job) -> None:
        if job.id == self._queue.claimed:
            raise NotNow("It is being sent at this moment. Wait until its answer is here.")

    def _waiting(self, job: Job) -> Job:
        if not isinstance(job.phase, Waiting):
            raise NotNow("It has been sent and can no longer be changed. Make a new request instead.")
        return job

    def _ours(self, job: Job) -> None:
        if job.service not in ("", self._terms.service_name):
            raise NotNow(f"It belongs to {job.service}. Choose that service in Settings first.")

    def _lift(self, *causes: Cause) -> None:
        self._queue.lift(*causes)

    def _job_shown(self, job: Job) -> None:
        self._publish(job)
        before = self._kinds.get(job.id)
        if before is type(job.phase):
            return
        self._kinds[job.id] = type(job.phase)
        if before is Rendering:
            self._lift(Cause.SLOT)
        if isinstance(job.phase, Failed) and before in (Rendering, Saving) and job.phase.remote_id is not None:
            self._treasury.failed_at_service(job)
        self._treasury.tell()
