"""Builds, starts and stops everything that works on the jobs of one service: queue, account, watcher, commands."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import TypeAlias

from sora_desktop.domain.job import ChangedJobs, Failed, Job, Rendering, Saving, Unconfirmed, Unsaved, Waiting
from sora_desktop.domain.money import Balance, Money, PriceTable
from sora_desktop.domain.queue import QueueState
from sora_desktop.jobs.clips.download_retry import DownloadRetry
from sora_desktop.jobs.clips.downloads import Downloads
from sora_desktop.jobs.clock import Clock
from sora_desktop.jobs.commands import Commands
from sora_desktop.jobs.journal import Held, Journal
from sora_desktop.jobs.money.account import Account, AccountChange
from sora_desktop.jobs.polling.mixed_places import MixedPlace, MixedPlaces
from sora_desktop.jobs.polling.rate_limit import RateLimit
from sora_desktop.jobs.polling.render_times import RenderTimes
from sora_desktop.jobs.polling.watcher import Watcher
from sora_desktop.jobs.ports import RunnerPorts
from sora_desktop.jobs.runner_settings import RunnerSettings
from sora_desktop.jobs.sending.blocks import BlockCause, QueueBlock
from sora_desktop.jobs.sending.queue import SendingQueue
from sora_desktop.jobs.sending.sender import Sender
from sora_desktop.jobs.service_calls import ServiceCalls
from sora_desktop.jobs.support.exchange_log import ExchangeLog

#: Seconds by which the time of day may be ahead when the program starts: so much older jobs are polled once more.
CLOCK_DOUBT = 2 * 86400.0

#: What a runner reports: each value replaces the last one of its type (a Job: the one with the same id).
RunnerChange: TypeAlias = ChangedJobs | QueueState | AccountChange | MixedPlace


class JobRunner:
    """Owns everything that works on the jobs of one service. `start` it, use its `commands`, `aclose` it."""

    def __init__(
        self,
        ports: RunnerPorts,
        rate_limit: RateLimit,
        times: RenderTimes,
        settings: RunnerSettings,
        changed: Callable[[RunnerChange], None],
        clock: Clock,
    ) -> None:
        """`changed` is called with each new value, on the loop's thread."""
        library = ports.library
        self._library = library
        self._rate_limit = rate_limit
        self._changed = changed
        self._clock = clock
        self._spent_today = Decimal(0)
        self._journal = Journal(
            library, settings.service_names, changed, self._jobs_changed, clock.now, self._job_reloaded
        )
        self._exchange_log = ExchangeLog(library)
        calls = ServiceCalls(ports.service, rate_limit, self._exchange_log, MixedPlaces(settings.mixed_places, changed))
        self._account = Account(calls, library, self._journal, settings, self._account_changed, clock)
        downloads = Downloads(
            settings.clips_folder, ports.service, ports.inspector, library, settings.more_clips_folders
        )
        download_retry = DownloadRetry(calls, self._journal, downloads, clock)
        self._watcher = Watcher(
            calls=calls,
            journal=self._journal,
            download_retry=download_retry,
            rate_limit=rate_limit,
            times=times,
            clock=clock,
            other_key_advice=self._account.other_key_advice,
        )
        self._lists = calls.lists
        sender = Sender(calls, self._journal, self._account, ports.images, settings.clips_folder, clock)
        block = QueueBlock(rate_limit.service_time, clock)
        self._queue = SendingQueue(self._journal, sender, self._account, self._watcher, settings, changed, block)
        #: What the user can instruct the jobs and the queue to do.
        self.commands = Commands(library, settings, self._journal, self._queue, self._watcher, self._account, clock)

    async def start(self, may_send: Callable[[], Awaitable[None]] | None = None) -> None:
        """Continue what the previous run left unfinished, then send what waits. Raises StoreError.

        `may_send` returns when the first request may be sent.
        """
        self._account.start()
        unconfirmed = []
        for job in self._library.unfinished():
            self.commands.note_position(job)
            if not self._journal.is_ours(job):
                continue
            match job.phase:
                case Waiting():
                    self._journal.show(replace(job, phase=Waiting()))
                case Unconfirmed():
                    self._journal.show(job)
                    unconfirmed.append(job)
                case Rendering() | Saving() | Unsaved():
                    self._journal.show(job)
                    self._watcher.start(job)
                case _:
                    pass
        self._queue.start(unconfirmed, may_send)
        lifetime = self._rate_limit.limits.link_lifetime + CLOCK_DOUBT
        abandoned = self._library.abandoned_since(self._clock.now() - lifetime)
        self._watcher.start_abandoned(filter(self._journal.is_ours, abandoned))

    @property
    def seconds_to_answer(self) -> float | None:
        """Seconds until the create that was sent has ended, at most; None if none is open."""
        return self._queue.seconds_to_answer

    def stop_sending(self) -> None:
        """Send nothing more until `aclose()`."""
        self._queue.stop_sending()

    async def aclose(self) -> None:
        """Stop. The answer to a create that was sent is awaited; everything else is on disk already."""
        await self._queue.aclose()
        await self._watcher.aclose()
        await self._journal.all_saved()
        await self._account.aclose()  # a failure that was being saved has made it read the balance
        await self._exchange_log.aclose()
        await self._rate_limit.aclose()

    async def until_idle(self) -> None:
        """Return when no job is likely to change soon without the user.

        Waits at most an hour for a service that gives no usable answer, or has no free place, and a minute for one that
        does not tell the balance after a video has failed (see `refund_doubt`). Rare polls of abandoned jobs, the
        service's next day and a disk that fails again and again are not waited for. All jobs go on while the runner is
        open.
        """
        bell = self._journal.bell
        while True:
            rings = bell.rings
            next_waiting = self._journal.next_waiting
            waits = next_waiting is not None and self.can_go_on(next_waiting)
            if not waits and not any(map(self.can_go_on, self._journal.active)):
                await self._account.refunds_asked()
                if bell.rings == rings:
                    return
                continue
            await bell.wait_past(rings)

    @property
    def bills(self) -> bool:
        """True if the service has a balance."""
        return self._account.bills

    @property
    def can_reconcile(self) -> bool:
        """True if a list of tasks or a balance can show what became of a create whose answer was lost."""
        return self._lists or self.bills

    @property
    def balance(self) -> Balance | None:
        """The balance as last read, less what was spent since; None if it is not known."""
        return self._account.balance

    @property
    def balance_error(self) -> str:
        """Why the balance could not be read the last time, for the user; empty if it could."""
        return self._account.balance_error

    @property
    def refund_doubt(self) -> str:
        """Why the balance was not compared after a video had failed, for the user; empty if it was."""
        return self._account.refund_doubt

    @property
    def money(self) -> Money:
        """Balance, reserved, spent today and the limit. Raises StoreError."""
        return self._account.money

    @property
    def prices(self) -> PriceTable:
        """The prices in force, learned prices included."""
        return self._account.prices

    @property
    def queue_state(self) -> QueueState:
        """Whether the queue sends, and if not, why."""
        return self._queue.state

    @property
    def waiting_count(self) -> int:
        """The number of jobs that wait to be sent, without those on hold."""
        return self._journal.waiting_count

    def jobs(self) -> list[Job]:
        """The unsettled jobs of this service, in queue order."""
        return list(self._journal)

    @property
    def jobs_at_work(self) -> list[Job]:
        """The jobs for which something is done, here or at the service, in no particular order."""
        first = self._waiting_first
        return [*filter(self._is_at_work, self._journal.active), *(() if first is None else (first,))]

    @property
    def queued_count(self) -> int:
        """The number of jobs that wait for their turn, on hold or not."""
        return self._journal.unsent_count - (self._waiting_first is not None)

    @property
    def _waiting_first(self) -> Job | None:
        """The waiting job whose turn it is."""
        turn = self._queue.turn
        job = None if turn is None else self._journal.get(turn)
        return job if job is not None and isinstance(job.phase, Waiting) else None

    def _is_at_work(self, job: Job) -> bool:
        is_followed = isinstance(job.phase, Rendering) and not self._watcher.waits_for_key(job)
        return is_followed or isinstance(job.phase, Saving) or job.id == self._queue.turn

    def can_go_on(self, job: Job) -> bool:
        """True if the job may change without the user, and soon."""
        match job.phase:
            case Rendering() | Saving() | Unsaved():
                return self._watcher.is_worth_waiting(job)
            case _:
                return self._queue.can_go_on(job)

    async def read_balance(self) -> Balance | None:
        """Read the balance from the service; None if it could not be read or the service has none (see `bills`)."""
        balance = await self._account.read_balance()
        self._queue.publish_state()
        return balance

    def _job_reloaded(self, job: Job) -> None:
        """Another program has changed the job; that program may end at any moment, so it is followed here too."""
        if self._journal.is_ours(job) and isinstance(job.phase, Rendering | Saving | Unsaved):
            self._watcher.start(job, poll_now=True)

    def _jobs_changed(self, changes: Sequence[Held]) -> None:
        costs = False
        for job, before in changes:
            if self._journal.is_ours(job):
                self._account.job_changed(job)
            was, now = before and before.phase, job.phase
            if before and type(was) is type(now) and before.on_hold == job.on_hold and not isinstance(now, Unconfirmed):
                continue
            if isinstance(was, Rendering) and not isinstance(now, Rendering):
                self._queue.lift(BlockCause.SLOT)
            if isinstance(was, Rendering | Saving) and isinstance(now, Failed) and now.remote_id is not None:
                self._account.failed_at_service()
            costs = True
        if costs:
            self._account.publish_money()

    def _account_changed(self, change: AccountChange) -> None:
        self._changed(change)
        match change:
            case Balance():
                next_waiting = self._journal.next_waiting
                if next_waiting is not None and self._account.can_pay(next_waiting.request):
                    self._queue.lift(BlockCause.BALANCE)
                self._account.publish_money()
            case Money(spent_today=spent):
                if spent < self._spent_today:  # a refund, or a new day
                    self._queue.lift(BlockCause.SPENDING_LIMIT)
                self._spent_today = spent
            case PriceTable():
                pass
