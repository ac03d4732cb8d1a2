"""The only mover of jobs: takes them from waiting to a clip on this disk, and obeys a person's verbs."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

from sora_desktop.api.service import Bills, VideoService
from sora_desktop.domain.job import (
    Failed,
    Job,
    JobId,
    Rendering,
    Saving,
    Unconfirmed,
    Unsaved,
    Waiting,
)
from sora_desktop.domain.money import Balance, Money, PriceTable
from sora_desktop.domain.queue import QueueState
from sora_desktop.jobs.clips.downloads import Downloads
from sora_desktop.jobs.clock import Clock
from sora_desktop.jobs.commands import Commands
from sora_desktop.jobs.journal import Journal
from sora_desktop.jobs.money.account import Account
from sora_desktop.jobs.money.reconcile import Reconciler
from sora_desktop.jobs.polling.rate_limit import RateLimit
from sora_desktop.jobs.polling.render_times import RenderTimes
from sora_desktop.jobs.polling.watcher import Watcher
from sora_desktop.jobs.ports import Inspector, JobLibrary
from sora_desktop.jobs.runner_settings import RunnerSettings
from sora_desktop.jobs.sending.blocks import BlockCause
from sora_desktop.jobs.sending.queue import SendingQueue
from sora_desktop.jobs.sending.sender import Sender
from sora_desktop.jobs.support.exchange_log import ExchangeLog

log = logging.getLogger(__name__)

#: Broken downloads of one clip, and steps that could not be written, after which a command line no longer waits for the
#: next try.
TRIES_WORTH_WAITING_FOR = 4


def ignore(_: object) -> None:
    """For listeners that are not there."""


class JobRunner(Commands):
    """Owns the queue and the followers; each verb ends with the job saved and shown."""

    def __init__(
        self,
        service: VideoService,
        library: JobLibrary,
        inspector: Inspector,
        rate_limit: RateLimit,
        settings: RunnerSettings,
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
        self._rate_limit = rate_limit
        self._publish = publish
        times = times or RenderTimes()
        self._kinds: dict[JobId, type[Any]] = {}
        name = settings.service_name
        journal = Journal(library, self._job_shown, now, lambda job: job.service in ("", name))
        self._exchange_log = ExchangeLog(library)
        account = Account(
            service if isinstance(service, Bills) else None,
            library,
            rate_limit,
            journal,
            settings,
            publish_balance=publish_balance,
            publish_money=publish_money,
            publish_prices=publish_prices,
            lift=self._lift,
            log_exchange=self._exchange_log.add,
            now=now,
        )
        balance_tracker, book = account.balance_tracker, account.book
        reconciler = Reconciler(
            journal=journal,
            ledger=library,
            balance_tracker=balance_tracker,
            book=book,
            service=name,
            now=now,
            sleep=sleep,
        )
        self._sender = Sender(
            service=service,
            journal=journal,
            ledger=library,
            balance_tracker=balance_tracker,
            rate_limit=rate_limit,
            book=book,
            spending_limit=account.spending_limit,
            reconciler=reconciler,
            exchange_log=self._exchange_log,
            library=settings.clips_folder,
            now=now,
            sleep=sleep,
        )
        watcher = Watcher(
            service=service,
            journal=journal,
            downloads=Downloads(settings.clips_folder, service, inspector),
            rate_limit=rate_limit,
            times=times,
            exchange_log=self._exchange_log,
            clock=Clock(now, sleep),
        )
        queue = SendingQueue(
            journal=journal,
            ledger=library,
            sender=self._sender,
            reconciler=reconciler,
            balance_tracker=balance_tracker,
            at_once=settings.jobs_at_once,
            paused=settings.paused,
            follow=watcher.start,
            holds_place=watcher.holds_slot,
            publish=publish_queue,
            now=now,
        )
        super().__init__(journal, library, settings, queue, watcher, account, now)

    # -- from start to end ---------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Carry on what the last run left unfinished, then send what waits."""
        self._account.book.load()
        unconfirmed = []
        for job in self._library.unfinished():
            self._last_position = max(self._last_position, job.position)
            if not self._is_ours(job):
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
        self._queue.start(unconfirmed)
        abandoned = self._library.abandoned_since(self._now() - self._rate_limit.limits.link_lifetime)
        self._watcher.start_abandoned(job for job in abandoned if self._is_ours(job))

    async def aclose(self) -> None:
        """Stop. An answer that is on its way is waited for a moment; everything else is on disk already."""
        await self._queue.aclose()
        await self._watcher.aclose()
        await self._account.aclose()
        await self._exchange_log.aclose()
        await self._journal.all_saved()
        await self._rate_limit.aclose()

    async def settled(self) -> None:
        """Return when nothing can go further by itself."""
        bell = self._journal.bell
        while True:
            rings = bell.rings
            if not any(self.can_go_on(job) for job in self._journal):
                return
            await bell.wait_past(rings)

    # -- how things stand ----------------------------------------------------------------------------------------

    @property
    def balance(self) -> Balance | None:
        """As last read, less what was spent since."""
        return self._account.balance_tracker.balance

    @property
    def money(self) -> Money:
        """Balance, reserved, spent today and the cap. Raises StoreProblem."""
        return self._account.money

    @property
    def prices(self) -> PriceTable:
        """The prices in force, learned ones before those of the table."""
        return self._account.book.table

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
            case Rendering() | Saving() | Unsaved():
                return self._watcher.failures(job) <= TRIES_WORTH_WAITING_FOR
            case _:
                return self._queue.can_go_on(job)

    async def read_balance(self) -> Decimal | None:
        """Ask the service; None when it does not say."""
        balance = await self._account.balance_tracker.read()
        self._queue.tell()
        return None if balance is None else balance.amount

    @property
    def balance_error(self) -> str:
        """Why the balance could not be read the last time, in a sentence for a person; empty when it could."""
        return self._account.balance_tracker.error

    def _is_ours(self, job: Job) -> bool:
        return job.service in ("", self._settings.service_name)

    def _lift(self, *causes: BlockCause) -> None:
        self._queue.lift(*causes)

    def _job_shown(self, job: Job) -> None:
        self._publish(job)
        before = self._kinds.get(job.id)
        if before is type(job.phase):
            return
        self._kinds[job.id] = type(job.phase)
        if before is Rendering:
            self._lift(BlockCause.SLOT)
        if isinstance(job.phase, Failed) and before in (Rendering, Saving) and job.phase.remote_id is not None:
            self._account.failed_at_service(job)
        self._account.tell()
