"""Sends jobs one at a time, so that a create whose answer is lost can be told from the balance."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Protocol

from sora_desktop.api.errors import (
    AnswerLost,
    DailyLimit,
    KeyRejected,
    NoSlot,
    OutOfCredits,
    Refused,
    ServiceError,
    TooBusy,
    Unreachable,
)
from sora_desktop.api.service import VideoService
from sora_desktop.domain.job import Failed, Job, Phase, Rendering, Unconfirmed, Waiting
from sora_desktop.domain.money import PriceTable, written
from sora_desktop.jobs.journal import Journal
from sora_desktop.jobs.pacing import RequestBudget, Want, next_midnight
from sora_desktop.jobs.purse import Purse
from sora_desktop.store.problems import StoreProblem

log = logging.getLogger(__name__)

#: Seconds between the two readings that must agree before a create counts as not charged.
SECOND_LOOK_AT_BALANCE = 20.0
LONGEST_PAUSE = 60.0


class Ledger(Protocol):
    """What sending asks the store: the attempt and the job's new phase are one transaction."""

    async def begin_attempt(self, job: Job, balance: Decimal | None, price: Decimal | None) -> int:
        """The attempt's number; the job is on disk as Unconfirmed."""

    async def end_attempt(self, attempt: int, job: Job, answer: str) -> None:
        """What came of it; the job's phase is on disk with it."""

    async def note_balance_after(self, attempt: int, balance: Decimal) -> None:
        """The balance read after the attempt."""


@dataclass(frozen=True, slots=True)
class Halt:
    """The queue stands still: why, and until when (unix seconds; None: until something is done about it)."""

    reason: str
    until: float | None


class Sender:
    """Takes a waiting job to Rendering, Unconfirmed, Failed, or back to waiting."""

    def __init__(
        self,
        *,
        service: VideoService,
        journal: Journal,
        ledger: Ledger,
        purse: Purse,
        budget: RequestBudget,
        prices: PriceTable,
        now: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        self._service = service
        self._journal = journal
        self._ledger = ledger
        self._purse = purse
        self._budget = budget
        self._prices = prices
        self._now = now
        self._sleep = sleep
        self._uploaded: dict[str, str] = {}  # sha256 of an image: its URL at the service
        self._failures = 0
        self.halt: Halt | None = None

    async def send(self, job: Job) -> Job:
        """Send one job; afterwards `halt` says whether the next may follow."""
        try:
            ready = await self._prepare(job)
        except (ServiceError, OSError) as trouble:
            return await self._undo(job, trouble)
        current = self._journal.get(job.id)
        if ready is None or current is None or not isinstance(current.phase, Waiting):
            return job  # held for credits, or a person took it back meanwhile
        image_url, before, price = ready
        sent = self._journal.stepped(current, Unconfirmed())
        try:
            attempt = await self._ledger.begin_attempt(sent, before, price)
        except StoreProblem as trouble:
            return await self._undo(job, trouble)
        self._journal.show(sent)
        try:
            remote_id = await self._service.create(sent.request, image_url)
        except AnswerLost:
            return await self._settle(sent, attempt, before, price)
        except ServiceError as trouble:
            phase = self._phase_after(trouble)
            await self._end(attempt, sent, phase, f"{type(trouble).__name__} {trouble.code}: {trouble.raw or trouble}")
            return self._journal.show(self._journal.stepped(sent, phase))
        except Exception:
            log.exception("a create ended in an error of our own")
            return await self._settle(sent, attempt, before, price)
        done = self._journal.stepped(sent, Rendering(remote_id))
        await self._ledger.end_attempt(attempt, done, f"accepted: {remote_id}")
        self._failures, self.halt = 0, None
        self._purse.spent(price)
        return self._journal.show(done)

    async def settle_at_start(self, job: Job, attempt: int, before: Decimal | None, price: Decimal | None) -> Job:
        """Find out what became of a create that the last run did not live to hear of."""
        return await self._settle(job, attempt, before, price)

    async def _prepare(self, job: Job) -> tuple[str | None, Decimal | None, Decimal | None] | None:
        image_url: str | None = None
        image = job.request.image
        if image is not None:
            image_url = self._uploaded.get(image.sha256)
            if image_url is None:
                await self._budget.take(Want.CREATE)
                image_url = await self._service.upload(image)
                self._uploaded[image.sha256] = image_url
        price = self._prices.price_of(job.request)
        before = await self._purse.before_spending()
        if price is not None and before is not None and before < price:
            raise OutOfCredits(f"Not enough credits: this needs {written(price)}, {written(before)} are left.")
        await self._budget.take(Want.CREATE)
        return image_url, before, price

    async def _undo(self, job: Job, trouble: Exception) -> Job:
        """Nothing was sent: the job waits, or fails where waiting would not help."""
        current = self._journal.get(job.id)
        if current is None or not isinstance(current.phase, Waiting):
            return job
        if isinstance(trouble, OSError) and not isinstance(trouble, ServiceError):
            reason = f"The reference image cannot be read ({trouble.strerror or trouble}). Choose it again."
            return await self._journal.move(current, Failed(reason))
        if isinstance(trouble, AnswerLost):  # an upload's answer: free, and harmless to repeat
            trouble = Unreachable(str(trouble))
        phase = self._phase_after(trouble)
        return await self._journal.move(current, phase)

    def _phase_after(self, trouble: Exception) -> Phase:
        """Where a job stands after a refusal that surely was not accepted; sets `halt` where the queue must stop."""
        reason = str(trouble)
        now = self._now()
        if isinstance(trouble, KeyRejected | OutOfCredits):
            self.halt = Halt(reason, None)
        elif isinstance(trouble, DailyLimit):
            until = next_midnight(now)
            clock = datetime.fromtimestamp(until, UTC).astimezone()
            reason = f"The service's daily limit is reached; the queue goes on at {clock:%H:%M}."
            self.halt = Halt(reason, until)
        elif isinstance(trouble, TooBusy):
            self.halt = Halt(reason, now + (trouble.retry_after or self._pause()))
        elif isinstance(trouble, NoSlot):
            self.halt = Halt(reason, now + 10.0)
        elif isinstance(trouble, Unreachable | StoreProblem):
            self.halt = Halt(reason, now + self._pause())
        else:
            by_policy = isinstance(trouble, Refused) and trouble.by_policy
            return Failed(reason, getattr(trouble, "code", ""), by_policy)
        return Waiting(held=reason)

    def _pause(self) -> float:
        self._failures += 1
        return float(min(2.0**self._failures, LONGEST_PAUSE))

    async def _end(self, attempt: int, job: Job, phase: Phase, answer: str) -> None:
        await self._ledger.end_attempt(attempt, self._journal.stepped(job, phase), answer)

    async def _settle(self, job: Job, attempt: int, before: Decimal | None, price: Decimal | None) -> Job:
        others = any(isinstance(other.phase, Rendering) for other in self._journal)
        after = await self._purse.read()
        verdict = self._purse.judge(before, after, price, others)
        if verdict.safe_to_send:
            looking = Unconfirmed("No answer came. The balance has not moved; it is read once more to be sure.")
            self._journal.show(self._journal.stepped(job, looking))
            await self._sleep(SECOND_LOOK_AT_BALANCE)
            after = await self._purse.read()
            verdict = self._purse.judge(before, after, price, others)
        if after is not None:
            await self._ledger.note_balance_after(attempt, after)
        phase = Unconfirmed(verdict.finding, verdict.safe_to_send)
        await self._end(attempt, job, phase, "no answer")
        return self._journal.show(self._journal.stepped(job, phase))
