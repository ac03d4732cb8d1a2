"""Finds out from the balance what a create cost, and what became of one whose answer was lost."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from decimal import Decimal

from sora_desktop.domain.job import Job, JobId, Unconfirmed
from sora_desktop.domain.ledger import IN_DOUBT, SPENT, Attempt, Outcome
from sora_desktop.domain.money import Balance
from sora_desktop.jobs.journal import Journal
from sora_desktop.jobs.money.balance import LATE_REFUND, BalanceTracker
from sora_desktop.jobs.money.evidence import Evidence, Verdict, judge
from sora_desktop.jobs.money.prices import PriceBook
from sora_desktop.jobs.ports import Ledger
from sora_desktop.store.errors import StoreError

log = logging.getLogger(__name__)

#: Seconds between the two readings that must agree before a create counts as not charged.
SECOND_LOOK_AT_BALANCE = 20.0
#: How often an unreadable balance is tried for one job before a person has to ask.
TRIES = 6
#: Seconds after which a task that nobody watches is surely over.
SURELY_OVER = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class _Accepted:
    job: Job
    attempt: int
    before: Balance


class Reconciler:
    """Asks for the balance as seldom as the truth allows. One question at a time: its owner sees to that."""

    def __init__(
        self,
        *,
        journal: Journal,
        ledger: Ledger,
        balance_tracker: BalanceTracker,
        book: PriceBook,
        service: str,
        now: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        self._journal = journal
        self._ledger = ledger
        self._balance_tracker = balance_tracker
        self._book = book
        self._service = service
        self._now = now
        self._sleep = sleep
        self._to_check: _Accepted | None = None
        #: Jobs whose balance could not be read since, and how often that was tried.
        self._unread: dict[JobId, int] = {}
        #: Jobs of which nothing could be told while others were being rendered.
        self._when_quiet: set[JobId] = set()

    # -- what one costs ------------------------------------------------------------------------------------------

    def accepted(self, job: Job, attempt: int, before: Balance | None) -> None:
        """A create was accepted; its price is looked into before the next one where that can teach something."""
        self._to_check = None
        if before is None or self._book.is_sure(job.request):
            return
        try:
            alone = self._movements(before.read_at) == (1, 0)
        except StoreError:
            return
        if alone:
            self._to_check = _Accepted(job, attempt, before)

    async def check_price(self) -> None:
        """Learn the price of the last create from the balance, where nothing else can have moved it."""
        checked, self._to_check = self._to_check, None
        if checked is None:
            return
        after = await self._balance_tracker.read(checked.job.id)
        if after is None:
            return
        try:
            running, failed = self._movements(checked.before.read_at)
            if running > 1 or failed:
                return
            drop = checked.before.amount - after.amount
            if drop > 0:
                await self._book.learn(checked.job.request, drop)
            await self._ledger.note_balance_after(checked.attempt, after, drop if drop > 0 else None)
        except StoreError as trouble:
            log.warning("a price could not be kept: %s", trouble)

    # -- what became of one --------------------------------------------------------------------------------------

    async def reconcile(self, job: Job) -> Job:
        """Say of an Unconfirmed job what the balance shows; it is never sent again here."""
        attempts = self._ledger.attempts(job.id)
        if not attempts:
            return await self._say(job, Unconfirmed("Outcome unknown: nothing is noted about how it was sent."), None)
        attempt = attempts[-1]
        self._when_quiet.discard(job.id)
        self._show(job, "No answer came. The balance is being read to find out whether it was charged.")
        after = await self._balance_tracker.read(job.id)
        verdict = self._verdict(attempt, after)
        if verdict.outcome is Outcome.NOT_BILLED:
            self._show(job, "No answer came. The balance has not moved; it is read once more to be sure.")
            await self._sleep(SECOND_LOOK_AT_BALANCE)
            after = await self._balance_tracker.read(job.id)
            verdict = self._verdict(attempt, after)
        outcome = verdict.outcome
        if after is None:
            self._unread[job.id] = self._unread.get(job.id, 0) + 1
            outcome = Outcome.OPEN  # nothing was found out yet: the next start asks again
        else:
            self._unread.pop(job.id, None)
        if verdict.outcome is Outcome.UNKNOWN and self._movements(attempt.sent_at)[0]:
            self._when_quiet.add(job.id)
        phase = Unconfirmed(
            verdict.reason,
            safe_to_send=verdict.outcome is Outcome.NOT_BILLED,
            billed=verdict.outcome is Outcome.BILLED,
        )
        return await self._say(job, phase, (attempt, outcome, after))

    def still_open(self) -> Job | None:
        """A job worth another look before the next create: its balance could not be read, or others were in the way."""
        unread = [id for id, tries in self._unread.items() if tries < TRIES]
        quiet = bool(self._when_quiet) and self._movements(self._now())[0] == 0
        for id in (*unread, *(self._when_quiet if quiet else ())):
            job = self._journal.get(id)
            if job is not None and isinstance(job.phase, Unconfirmed):
                return job
        return None

    def _verdict(self, attempt: Attempt, after: Balance | None) -> Verdict:
        running, failed = self._movements(attempt.sent_at)
        muddied = ""
        if running:
            muddied = "another video is being made, and a failed one gives its credits back"
        elif failed:
            muddied = "another video failed meanwhile, which may have given its credits back"
        elif self._ledger.charges_late(self._service):
            muddied = "this service has been seen to charge later than it accepts"
        spent = Decimal(0)
        for later in self._ledger.attempts_after(attempt.id, self._service):
            sure = later.price is not None and self._book.is_sure(self._ledger.request_of(later))
            if later.outcome in IN_DOUBT or (later.outcome in SPENT and not sure):
                muddied = muddied or "what other requests cost since then is not known for sure"
            elif later.outcome in SPENT:
                spent += later.price or 0
            elif later.outcome is Outcome.REFUNDED:
                muddied = muddied or "another video failed meanwhile, which has given its credits back"
        return judge(Evidence(attempt.before, after, attempt.price, spent, muddied))

    def _movements(self, since: float) -> tuple[int, int]:
        return self._ledger.may_be_refunded(
            self._service, since, late_since=since - LATE_REFUND, abandoned_since=self._now() - SURELY_OVER
        )

    def _show(self, job: Job, reason: str) -> None:
        current = self._journal.get(job.id)
        if current is not None and isinstance(current.phase, Unconfirmed):
            self._journal.show(self._journal.stepped(current, Unconfirmed(reason)))

    async def _say(self, job: Job, phase: Unconfirmed, judged: tuple[Attempt, Outcome, Balance | None] | None) -> Job:
        def said(current: Job) -> Job | None:
            return self._journal.stepped(current, phase) if isinstance(current.phase, Unconfirmed) else None

        async def save(changed: Job) -> None:
            assert judged is not None
            attempt, outcome, after = judged
            await self._ledger.judge_attempt(attempt.id, changed, outcome, after)

        try:
            done = await self._journal.change(job, said, save if judged else None)
        except StoreError as trouble:  # still open on disk: the next start looks into it again
            log.warning("what became of job %s could not be written: %s", job.id, trouble)
            return self._journal.show(self._journal.stepped(self._journal.get(job.id) or job, phase))
        return done or self._journal.get(job.id) or job
