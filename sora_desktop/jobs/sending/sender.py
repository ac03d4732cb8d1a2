"""Sends jobs one at a time, so that a create whose answer is lost can be told from the balance."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from sora_desktop.api.errors import (
    AnswerLost,
    BadUrl,
    DailyLimit,
    KeyRejected,
    NoSlot,
    OutOfCredits,
    Refused,
    ServiceError,
    TooBusy,
    Unreachable,
)
from sora_desktop.api.service import Created, VideoService
from sora_desktop.domain.job import Failed, Job, JobId, Phase, Rendering, Unconfirmed, Waiting
from sora_desktop.domain.ledger import Exchange, Outcome
from sora_desktop.domain.money import Balance, format_amount
from sora_desktop.domain.request import ReferenceImage
from sora_desktop.jobs.journal import Journal
from sora_desktop.jobs.money.balance import BalanceTracker
from sora_desktop.jobs.money.prices import PriceBook
from sora_desktop.jobs.money.reconcile import Reconciler
from sora_desktop.jobs.money.spending_limit import SpendingLimit
from sora_desktop.jobs.polling.rate_limit import RateLimit, RequestKind
from sora_desktop.jobs.ports import Ledger
from sora_desktop.jobs.sending.attempt_writer import AttemptWriter
from sora_desktop.jobs.sending.blocks import CREDITS_AGAIN, Block, BlockCause, block_after
from sora_desktop.jobs.support.exchange_log import ExchangeLog
from sora_desktop.store import disk
from sora_desktop.store.errors import SentElsewhere, StoreError

log = logging.getLogger(__name__)

#: Seconds: the longest pause between two tries, and between an unanswered create and the next one.
LONGEST_PAUSE = 60.0
FIRST_SILENCE, LONGEST_SILENCE = 5.0, 600.0

#: What a create may end in without having been accepted; after anything else its outcome is unknown.
SURELY_NOT_ACCEPTED = (BadUrl, Unreachable, TooBusy, NoSlot, DailyLimit, OutOfCredits, KeyRejected, Refused)


@dataclass(frozen=True, slots=True)
class _Fare:
    """What a job needs besides itself to be sent."""

    image_url: str | None
    #: The image was uploaded for another job; its link may have expired since.
    used_before: bool
    before: Balance | None
    price: Decimal | None


class Sender:
    """Takes a waiting job to Rendering, Unconfirmed, Failed, or back to waiting."""

    def __init__(
        self,
        *,
        service: VideoService,
        journal: Journal,
        ledger: Ledger,
        balance_tracker: BalanceTracker,
        rate_limit: RateLimit,
        book: PriceBook,
        spending_limit: SpendingLimit,
        reconciler: Reconciler,
        exchange_log: ExchangeLog,
        library: Path,
        now: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        self._service = service
        self._journal = journal
        self._ledger = ledger
        self._balance_tracker = balance_tracker
        self._rate_limit = rate_limit
        self._book = book
        self._spending_limit = spending_limit
        self._reconciler = reconciler
        self._exchange_log = exchange_log
        self._library = library
        self._now = now
        self._attempt_writer = AttemptWriter(journal, ledger, sleep)
        self._uploaded: dict[str, str] = {}  # sha256 of an image: its URL at the service
        self._failures = self._silences = 0
        self._block: Block | None = None
        #: Told whenever the queue must stand still, or no longer.
        self.block_changed: Callable[[], None] = lambda: None
        #: The job whose create is on the wire, or whose outcome is being looked into.
        self.busy_with: JobId | None = None
        #: True while the answer to a create is awaited.
        self.on_the_wire = False

    @property
    def block(self) -> Block | None:
        """Why nothing may be sent, until it is over."""
        return self._block

    @block.setter
    def block(self, block: Block | None) -> None:
        self._block = block
        self.block_changed()

    async def send(self, job: Job, wanted: Callable[[], bool] = lambda: True) -> Job:
        """Send one job; afterwards `halt` says whether the next may follow.

        `wanted` is asked in the last moment; a person may have paused the queue while it was being prepared.
        """
        try:
            fare = await self._prepare(job)
            if fare is None:
                return job
            begun = await self._begin(job, fare, wanted)
            if begun is None:
                return job  # a person took it back, changed it or held it meanwhile
            return await self._create(*begun, fare)
        except SentElsewhere as trouble:  # what is on disk is newer than what is known here: write nothing over it
            self.block = Block(BlockCause.DISK, str(trouble), self._now(), None)
            return job
        except (ServiceError, StoreError, OSError) as trouble:
            return await self._undo(job, trouble)
        finally:
            self.busy_with = None

    async def _prepare(self, job: Job) -> _Fare | None:
        """All that can be known and done before money is spent; None when the queue must stand still."""
        await asyncio.to_thread(disk.check_writable, self._library)
        await asyncio.to_thread(disk.require_space, self._library)
        if await self._refused(job, self._spending_limit.refusal(job.request)):
            return None
        image_url: str | None = None
        used_before = False
        image = job.request.image
        if image is not None:
            image_url = self._uploaded.get(image.sha256)
            used_before = image_url is not None
            if image_url is None:
                await self._rate_limit.take(RequestKind.CREATE)
                image_url = await self._upload(job.id, image)
                self._uploaded[image.sha256] = image_url
        before = await self._balance_tracker.before_spending(job.id)
        if await self._refused(job, self._too_poor(job, before)):
            return None
        await self._rate_limit.take(RequestKind.CREATE)
        if (
            before is not None and self._balance_tracker.exact is None
        ):  # it took long, or credits may have come back meanwhile
            before = await self._balance_tracker.read(job.id)
        if await self._refused(job, self._spending_limit.refusal(job.request) or self._too_poor(job, before)):
            return None  # a person has set a cap or a price meanwhile, or the balance has fallen
        return _Fare(image_url, used_before, before, self._book.price_of(job.request))

    async def _upload(self, id: JobId, image: ReferenceImage) -> str:
        try:
            uploaded = await self._service.upload(image)
        except ServiceError as error:
            self._exchange_log.add(id, error.exchange)
            raise
        self._exchange_log.add(id, uploaded.exchange)
        return uploaded.url

    def _too_poor(self, job: Job, before: Balance | None) -> Block | None:
        price = self._book.price_of(job.request)
        if price is None or before is None or before.amount >= price:
            return None
        reason = f"Not enough credits: this needs {format_amount(price)}, {format_amount(before.amount)} are left."
        return Block(BlockCause.CREDITS, reason, self._now(), self._now() + CREDITS_AGAIN)

    async def _refused(self, job: Job, block: Block | None) -> bool:
        if block is None:
            return False
        self.block = block
        await self._wait_again(job, block.reason)
        return True

    async def _begin(self, job: Job, fare: _Fare, wanted: Callable[[], bool]) -> tuple[Job, int] | None:
        """On disk as Unconfirmed; from here on nobody but the sender moves the job."""
        numbers: list[int] = []

        def claim(current: Job) -> Job | None:
            waits = isinstance(current.phase, Waiting) and not current.on_hold
            if self._journal.get(job.id) is None or not waits or current.request != job.request or not wanted():
                return None
            self.busy_with = job.id  # before anybody else's turn comes
            return self._journal.stepped(current, Unconfirmed())

        async def save(sent: Job) -> None:
            numbers.append(await self._ledger.begin_attempt(sent, fare.before, fare.price))

        try:
            sent = await self._journal.change(job, claim, save)
        except asyncio.CancelledError:  # the program closes; what is begun is carried through
            await self._journal.all_saved()
            claimed = self._journal.get(job.id)
            if numbers and claimed is not None:
                await self._attempt_writer.note(
                    claimed, numbers[-1], Waiting(), "Not sent: the program was closed.", Outcome.REFUSED
                )
            raise
        return None if sent is None else (sent, numbers[-1])

    async def _create(self, sent: Job, attempt: int, fare: _Fare) -> Job:
        self._balance_tracker.paying()
        try:
            created = await self._sent(sent, fare)
        except SURELY_NOT_ACCEPTED as error:
            self._exchange_log.add(sent.id, error.exchange)
            self._balance_tracker.kept()
            phase = self._phase_after(error, sent)
            if isinstance(phase, Failed) and not phase.by_policy and fare.used_before:
                phase = Waiting()  # perhaps for its image's link alone: that is uploaded anew, once
            return await self._note(sent, attempt, phase, Outcome.REFUSED, error)
        except Exception as error:
            self._exchange_log.add(sent.id, getattr(error, "exchange", None))
            if not isinstance(error, AnswerLost):
                log.exception("a create ended in an error of our own")
            return await self._unanswered(sent, attempt, error)
        exchange = created.exchange
        self._exchange_log.add(sent.id, exchange)
        done = await self._attempt_writer.note(
            sent, attempt, Rendering(created.remote_id), exchange.answer, Outcome.ACCEPTED, exchange.status
        )
        self._failures = self._silences = 0
        self.block = None
        self._balance_tracker.spent(fare.price, sure=self._book.is_sure(sent.request))
        self._reconciler.accepted(done, attempt, fare.before)
        return done

    async def _sent(self, sent: Job, fare: _Fare) -> Created:
        self.on_the_wire = True
        try:
            return await self._service.create(sent.request, fare.image_url)
        finally:
            self.on_the_wire = False

    async def _note(self, sent: Job, attempt: int, phase: Phase, outcome: Outcome, error: Exception) -> Job:
        exchange: Exchange | None = getattr(error, "exchange", None)
        answer = exchange.answer if exchange is not None else f"{type(error).__name__}: {error}"
        status = exchange.status if exchange is not None else None
        return await self._attempt_writer.note(sent, attempt, phase, answer, outcome, status)

    async def _unanswered(self, sent: Job, attempt: int, error: Exception) -> Job:
        log.warning("no clear answer to job %s: %s", sent.id, error)
        self._balance_tracker.disturbed()
        sent = await self._note(sent, attempt, Unconfirmed(), Outcome.OPEN, error)
        done = await self._reconciler.reconcile(sent)
        self.be_patient()
        return done

    def be_patient(self) -> None:
        """The service does not answer clearly: leave it alone for a while, longer each time."""
        now = self._now()
        pause = min(FIRST_SILENCE * 2.0 ** min(self._silences, 10), LONGEST_SILENCE)
        self._silences += 1
        reason = "The last request got no clear answer; the next one waits a little."
        self.block = Block(BlockCause.SILENCE, reason, now, now + pause)

    async def _undo(self, job: Job, trouble: Exception) -> Job:
        """Nothing was sent: the job waits, or fails where waiting would not help."""
        if isinstance(trouble, OSError):
            reason = f"The reference image cannot be read ({trouble.strerror or trouble}). Choose it again."
            return await self._step_back(job, Failed(reason))
        if isinstance(trouble, AnswerLost):  # an upload's answer: free, and harmless to repeat
            trouble = Unreachable(str(trouble))
        phase = self._phase_after(trouble, job)
        return await self._step_back(job, phase)

    async def _wait_again(self, job: Job, reason: str) -> Job:
        return await self._step_back(job, Waiting(reason))

    async def _step_back(self, job: Job, phase: Phase) -> Job:
        def back(current: Job) -> Job | None:
            gone = self._journal.get(job.id) is None or not isinstance(current.phase, Waiting)
            return None if gone else self._journal.stepped(current, phase)

        try:
            return await self._journal.change(job, back) or job
        except StoreError as trouble:
            log.warning("job %s waits, which could not be written: %s", job.id, trouble)
            current = self._journal.get(job.id)
            return job if current is None else self._journal.show(self._journal.stepped(current, phase))

    def _phase_after(self, trouble: Exception, job: Job) -> Phase:
        """Where a job stands after a refusal that surely was not accepted; sets `halt` where the queue must stop."""
        now = self._now()
        block = block_after(trouble, now, self._pause(), self._rate_limit.service_day.limit_ends(now))
        if isinstance(trouble, TooBusy):
            self._rate_limit.refused(trouble.retry_after)
        if isinstance(trouble, DailyLimit) and trouble.code:  # the service's word, not the budget's own
            self._rate_limit.refused_today()
        if isinstance(trouble, OutOfCredits):
            self._balance_tracker.disturbed()
        if block is not None:
            self.block = block
            return Waiting(reason=block.reason)
        if job.request.image is not None:  # it may be the image's link that has expired there
            self._uploaded.pop(job.request.image.sha256, None)
        by_policy = isinstance(trouble, Refused) and trouble.by_policy
        return Failed(str(trouble), getattr(trouble, "code", ""), by_policy)

    def _pause(self) -> float:
        self._failures += 1
        return float(min(2.0**self._failures, LONGEST_PAUSE))
