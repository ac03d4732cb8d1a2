"""Determines what a create cost, and the outcome of a create whose answer was lost: from a list, or the balance."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import takewhile

from sora_desktop.api.errors import ServiceError
from sora_desktop.api.http.failure_text import said_in
from sora_desktop.domain.job import Job, JobId, Phase, Rendering, Unconfirmed, Waiting
from sora_desktop.domain.ledger import Attempt, Outcome
from sora_desktop.domain.money import Balance
from sora_desktop.jobs.clock import Clock
from sora_desktop.jobs.journal import Journal
from sora_desktop.jobs.money.balance import BalanceTracker
from sora_desktop.jobs.money.balance_evidence import BalanceEvidence
from sora_desktop.jobs.money.list_reader import ListReader
from sora_desktop.jobs.money.list_verdict import ListVerdict
from sora_desktop.jobs.money.prices import PriceBook
from sora_desktop.jobs.money.spending_ledger import SpendingLedger
from sora_desktop.jobs.money.verdict import with_time
from sora_desktop.jobs.service_calls import ServiceCalls
from sora_desktop.store.errors import ChangedElsewhere, StoreError

log = logging.getLogger(__name__)

#: Seconds between the two readings that must agree before a create counts as not charged or not created, at least. The
#: second one is not before the service has had the whole time that an answer is waited for, however it was lost.
SECOND_READING_AFTER = 20.0
#: Seconds after which a balance is read again before a create that counts as not charged is sent again.
RECENT = 10.0
#: Outcomes that later, less certain readings do not change.
DETERMINED = (Outcome.BILLED, Outcome.NOT_BILLED)
#: How often an unreadable balance, or list, is tried for one job before the user has to ask.
TRIES = 6
#: How often in a row a job is sent by itself that the service did not get.
LOST_IN_A_ROW = 3
#: What the user is told about a create without an answer at a service without a balance.
NO_BALANCE = (
    "Outcome unknown: it may have been charged, and this service has no balance that could show it. "
    "Look for the video at the service before you send it again."
)
#: The same if another key is in use now. What to do follows.
SENT_WITH_OTHER_KEY = (
    "Outcome unknown: it was sent with another API key, whose balance alone can show whether it was charged."
)
#: Begins what the user is told if a list cannot show the outcome: at a service that charges nothing, and at others.
CANNOT_SHOW = "No clear answer came, and the engine cannot show whether it took the request"
LIST_CANNOT_SHOW = "Outcome unknown: it may have been charged, and the service's list cannot show it"
#: Why not, as a clause for the user.
HAS_NO_LIST = "it has no list of its videos"


@dataclass(frozen=True, slots=True)
class _AcceptedCreate:
    job: Job
    attempt: int
    before: Balance


class Reconciler:
    """Reads the balance as rarely as correctness allows. Not re-entrant: the caller runs one call at a time."""

    def __init__(
        self,
        journal: Journal,
        ledger: SpendingLedger,
        balance: BalanceTracker,
        prices: PriceBook,
        clock: Clock,
        calls: ServiceCalls,
        lists: ListReader,
    ) -> None:
        self._journal = journal
        self._ledger = ledger
        self._balance = balance
        self._prices = prices
        self._clock = clock
        self._calls = calls
        self._lists = lists
        self._evidence = BalanceEvidence(journal, ledger, prices, calls, clock)
        self._to_check: _AcceptedCreate | None = None
        #: Jobs whose balance, or list, could not be read, and how often that was tried.
        self._unread: dict[JobId, int] = {}
        #: Jobs whose outcome stayed unknown because other videos were rendering.
        self._when_quiet: set[JobId] = set()

    def create_accepted(self, job: Job, attempt: int, before: Balance | None) -> None:
        """A create was accepted; its price is checked before the next create unless the balance has shown it before."""
        self._to_check = None
        if before is None or self._prices.is_sure(job.request):
            return
        self._to_check = _AcceptedCreate(job, attempt, before)

    async def check_price(self) -> None:
        """Read the balance after the last create, and learn its price if nothing else can have moved the balance."""
        checked, self._to_check = self._to_check, None
        if checked is None:
            return
        after = await self._balance.read(checked.job.id)
        if after is None:
            return
        try:
            if not self._evidence.is_alone(checked.attempt):
                return
            drop, in_force = checked.before.amount - after.amount, self._prices.price_of(checked.job.request)
            is_seen = in_force is not None and drop > in_force  # by the reading: it explains falls itself
            is_price = drop > 0 and not is_seen and await self._prices.learn(checked.job.request, drop)
            await self._ledger.note_balance_after(checked.attempt, checked.job.id, after, drop if is_price else None)
        except StoreError as error:
            log.warning("a learned price could not be written: %s", error)

    async def reconcile(self, job: Job) -> Job:
        """Determine the outcome of an Unconfirmed job from the service's list or, without one, from the balance.

        A job that is in the list is rendering from now on; one that the service did not get waits again. Where nothing
        can show the outcome it stays unknown, and the service is not asked.

        Raises StoreError if the ledger cannot be read.
        """
        attempts = self._ledger.read.attempts(job.id)
        if not attempts:
            return await self._conclude(job, Unconfirmed("Outcome unknown: it is not recorded how it was sent."), None)
        attempt = attempts[-1]
        if attempt.outcome is Outcome.REFUSED:  # the service did not get it, again and again
            return self._journal.show(job)
        if self._calls.lists:
            done = await self._reconcile_by_list(job, attempts)
            if done is not None:
                return done
        if not self._balance.bills:
            reason = NO_BALANCE if self._charges else f"{CANNOT_SHOW}: {HAS_NO_LIST}."
            return await self._conclude(job, Unconfirmed(reason), (attempt, Outcome.UNKNOWN, None))
        self._when_quiet.discard(job.id)
        if attempt.key_fingerprint not in ("", self._ledger.key_fingerprint):
            reason = f"{SENT_WITH_OTHER_KEY} {self._ledger.other_key_advice} to find out."
            return await self._conclude(job, Unconfirmed(reason), (attempt, Outcome.OPEN, None))
        self._show(job, "No clear answer came. The balance is being read to find out whether it was charged.")
        after = await self._balance.read(job.id)
        verdict = self._evidence.verdict(attempt, after)
        if verdict.outcome is Outcome.NOT_BILLED:
            pause = max(SECOND_READING_AFTER, self._seconds_to_end(attempt))
            self._show(job, f"No clear answer came. The balance has not moved. Next reading in {pause:.0f} s.")
            await self._clock.sleep(pause)
            after = await self._balance.read(job.id)
            verdict = self._evidence.verdict(attempt, after)
        if attempt.outcome in DETERMINED and verdict.outcome is Outcome.UNKNOWN:
            self._journal.show(job)  # what was seen then still holds, unless the balance has fallen since
            await self.withdraw_late_charges()
            return self._journal.get(job.id) or job
        outcome = verdict.outcome
        if after is None:
            self._unread[job.id] = self._unread.get(job.id, 0) + 1
            outcome = Outcome.OPEN  # nothing is known yet: the next start tries again
        else:
            self._unread.pop(job.id, None)
        if verdict.outcome is Outcome.UNKNOWN and self._evidence.rendering_beside(attempt):
            self._when_quiet.add(job.id)
        phase = Unconfirmed(
            verdict.reason,
            safe_to_send=verdict.outcome is Outcome.NOT_BILLED,
            billed=verdict.outcome is Outcome.BILLED,
        )
        return await self._conclude(job, phase, (attempt, outcome, after))

    def cannot_determine(self, why: str) -> str:
        """What the user is told about a job whose outcome could not be determined. `why`: a sentence, or empty."""
        if self._charges:
            return " ".join(
                filter(None, ("Outcome unknown: it could not be determined.", why, "Check the balance again."))
            )
        return " ".join(filter(None, (f"{CANNOT_SHOW}.", why, "Check again.")))

    async def _reconcile_by_list(self, job: Job, attempts: Sequence[Attempt]) -> Job | None:
        """Determine the outcome of the last attempt from the service's list; None if the balance must show it."""
        attempt = attempts[-1]
        try:
            pause = max(SECOND_READING_AFTER, self._seconds_to_end(attempt))
            verdict = await self._lists.verdict(attempt, pause, partial(self._show, job))
        except ServiceError as error:
            self._unread[job.id] = self._unread.get(job.id, 0) + 1
            phase = Unconfirmed(
                f"No clear answer came, and the list of videos could not be read. {error} Check again later."
            )
            return await self._conclude(job, phase, (attempt, Outcome.OPEN, None))  # the next start tries again
        self._unread.pop(job.id, None)
        match verdict:
            case ListVerdict(remote_id=remote_id) if remote_id is not None:
                return await self._conclude(job, Rendering(remote_id), (attempt, Outcome.ACCEPTED, None))
            case ListVerdict(outcome=Outcome.REFUSED):
                return await self._conclude(job, self._not_sent(attempts), (attempt, Outcome.REFUSED, None))
            case ListVerdict(doubt=doubt):
                if self._balance.bills:
                    return None
                begin = LIST_CANNOT_SHOW if self._charges else CANNOT_SHOW
                return await self._conclude(job, Unconfirmed(f"{begin}: {doubt}."), (attempt, Outcome.UNKNOWN, None))

    def _not_sent(self, attempts: Sequence[Attempt]) -> Waiting | Unconfirmed:
        """The phase of a job that the service did not get: it is sent again by itself, but not for ever.

        `attempts`: all of the job, the last of which was not created.
        """
        earlier = takewhile(lambda each: each.outcome is Outcome.REFUSED and each.is_judged, reversed(attempts[:-1]))
        times = 1 + sum(1 for _ in earlier) % LOST_IN_A_ROW  # it goes on after the user has sent it again
        if times < LOST_IN_A_ROW:
            return Waiting()
        reason = (
            f"Not sent: the connection broke {times} times in a row before the request had arrived. "
            "Check the service and what is between, then send it again."
        )
        return Unconfirmed(reason, safe_to_send=True)

    @property
    def _charges(self) -> bool:
        return self._prices.unit is not None

    async def read_again(self, job: Job) -> Job:
        """Read the balance before a job that counts as not charged is sent again; return it as it is then."""
        if self._balance.exact is None or self._balance.age >= RECENT:
            await self._balance.read(job.id)
        await self.withdraw_late_charges()
        return self._journal.get(job.id) or job

    async def withdraw_late_charges(self) -> None:
        """Make outcomes unknown again that were *not charged* if the balance has fallen since by as much. Never raises.

        A service may charge after all, long after the answer was lost.
        """
        balance = self._balance.exact
        if balance is None:
            return
        for job in list(self._journal.active):
            if not (isinstance(job.phase, Unconfirmed) and job.phase.safe_to_send):
                continue
            try:
                attempt = self._ledger.read.attempts(job.id)[-1]
                after = attempt.after
                if after is None or not self._ledger.has_own_key(attempt):
                    continue
                fall = self._evidence.fall_since(attempt, balance)
                if fall > 0 and fall >= (attempt.price or 0):
                    reason = (
                        "Outcome unknown: the balance showed no charge at first, but has fallen since without another "
                        f"known reason; it was {with_time(after)} and is {with_time(balance)}. "
                        "It may have been charged late."
                    )
                    await self._conclude(job, Unconfirmed(reason), (attempt, Outcome.UNKNOWN, None))
            except StoreError as error:
                log.warning("job %s could not be compared with the balance again: %s", job.id, error)

    def next_to_retry(self) -> Job | None:
        """A job to reconcile again before the next create: its balance was unreadable, or other videos interfered."""
        unread = [id for id, tries in self._unread.items() if tries < TRIES]
        for id in (*unread, *self._when_quiet):
            job = self._journal.get(id)
            if job is None or not isinstance(job.phase, Unconfirmed):
                continue
            if id in self._unread or not self._evidence.rendering_beside(self._ledger.read.attempts(id)[-1]):
                return job
        return None

    def _seconds_to_end(self, attempt: Attempt) -> float:
        """Seconds until the service is certain to have ended a create; 0 if it has.

        That the connection broke, or that a gateway gave up, says nothing: the service may still be at work on it.
        """
        age = self._ledger.age_of(attempt, time_is_known=self._calls.time_is_known)
        return max(self._calls.create_timeout - age, 0.0)

    def _show(self, job: Job, reason: str) -> None:
        current = self._journal.get(job.id)
        if current is not None and isinstance(current.phase, Unconfirmed):
            self._journal.show(self._journal.stepped(current, Unconfirmed(reason)))

    async def _conclude(self, job: Job, phase: Phase, judged: tuple[Attempt, Outcome, Balance | None] | None) -> Job:
        if isinstance(phase, Unconfirmed) and judged is not None:
            phase = _with_answer(phase, judged[0])

        def concluded(current: Job) -> Job | None:
            return self._journal.stepped(current, phase) if isinstance(current.phase, Unconfirmed) else None

        async def save(changed: Job) -> None:
            assert judged is not None
            attempt, outcome, after = judged
            await self._ledger.judge(attempt.id, changed, outcome, after)

        try:
            done = await self._journal.change(job, concluded, save if judged else None)
        except ChangedElsewhere:  # it is shown as it is on disk
            return self._journal.find(job.id) or job
        except StoreError as error:  # still open on disk: the next start tries again
            log.warning("the outcome of job %s could not be written: %s", job.id, error)
            if isinstance(phase, Unconfirmed):
                return self._journal.show_phase(job, phase)
            self._unread[job.id] = self._unread.get(job.id, 0) + 1  # what is not on disk must not go on
            return self._journal.show_phase(job, Unconfirmed(self.cannot_determine(str(error))))
        return done or self._journal.get(job.id) or job


def _with_answer(phase: Unconfirmed, attempt: Attempt) -> Unconfirmed:
    """The same, with what the service answered to the create, if that was no success."""
    said = said_in(attempt.status, attempt.answer)
    if not said:
        return phase
    end = "" if said.endswith((".", "!", "?", "…")) else "."
    return replace(phase, reason=f"{phase.reason} The answer was {said}{end}")
