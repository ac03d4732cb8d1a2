"""Writes attempts to the ledger, and knows what the attempts of today cost without reading them all again."""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from email.utils import parsedate_to_datetime

from sora_desktop.domain.job import Job, JobId
from sora_desktop.domain.ledger import IN_DOUBT, SPENT, Attempt, KnownBalance, ListMark, Outcome, TaskEnd
from sora_desktop.domain.money import Balance
from sora_desktop.domain.service_config import SANDBOX
from sora_desktop.jobs.clock import Clock
from sora_desktop.jobs.ports import Ledger
from sora_desktop.store.errors import ChangedElsewhere

NOTHING = (Decimal(0), Decimal(0))
#: Seconds after its create, or its failure, in which a task may still be refunded.
REFUND_POSSIBLE = 24 * 3600.0
#: Seconds behind the end of the day up to which an attempt counts for the day.
SET_AHEAD = 25 * 3600.0
#: Seconds after its create in which the end of a task may still come.
TASK_POSSIBLE = 3 * 24 * 3600.0
#: So many of the latest attempts may be refunded unless the service's own time shows that they are old.
LATEST_ATTEMPTS = 50
#: Seconds by which two times of one attempt may differ in an order that cannot be.
TOLERANCE = 600.0
#: Higher than every attempt number.
NO_ATTEMPT = 2**62


class SpendingLedger:
    """The attempts at one service. Every change of an attempt passes through here. All methods raise StoreError.

    Totals come from the ledger on disk, so that a restart changes nothing. A day is a local day of this machine, and
    attempts that seem to be sent on the next one, because the clock was set ahead for a moment, are counted.
    """

    def __init__(
        self, ledger: Ledger, service: str, key_fingerprint: str, clock: Clock, other_key_advice: str = ""
    ) -> None:
        """`other_key_advice`: as in RunnerSettings."""
        self.other_key_advice = other_key_advice
        self.read = ledger
        self.service = service
        self.key_fingerprint = key_fingerprint
        self._now = clock.now
        self._tick = clock.tick
        self._begun: deque[tuple[float, int]] = deque()  # tick and number of the attempts of this run
        self._day = (0.0, 0.0)  # unix seconds: begin and end of the day that the totals belong to
        #: Spent and in doubt, of each attempt of the day that cost something.
        self._shares: dict[int, tuple[Decimal, Decimal]] = {}
        self._distinct: dict[tuple[Decimal, Decimal], tuple[Decimal, Decimal]] = {}  # shares, each as one object
        self._spent, self._in_doubt = NOTHING
        self._unpriced: dict[int, Attempt] = {}  # attempts of the day with a cost that cannot be read, or is not known
        self._doubtful: set[int] = set()  # attempts of the day whose outcome is in doubt
        self._last = 0  # the highest attempt number in the totals
        self._stale: set[JobId] = set()  # jobs whose attempts have changed since they were counted

    async def begin(
        self,
        job: Job,
        balance: Balance | None,
        age: float | None,
        price: Decimal | None,
        mark: ListMark | None = None,
    ) -> int:
        """Save the job as Unconfirmed with a new attempt; return the attempt's number. Raises SentElsewhere.

        `age`: seconds since the balance was read.
        """
        fingerprint = self.key_fingerprint
        number = await self.read.begin_attempt(
            job, balance, price, key_fingerprint=fingerprint, balance_age=age, sent_at=self._now(), mark=mark
        )
        self._begun.append((self._tick(), number))
        return number

    async def end(
        self, attempt: int, job: Job, answer: str, outcome: Outcome, status: int | None, headers: str = ""
    ) -> None:
        """Save the answer to an attempt together with the job's new phase."""
        await self._write(job.id, self.read.end_attempt(attempt, job, answer, outcome, status, headers))

    async def judge(self, attempt: int, job: Job, outcome: Outcome, after: Balance | None) -> None:
        """Save what the balance or a list shows about an attempt together with the job's new phase."""
        await self._write(job.id, self.read.judge_attempt(attempt, job, outcome, after))

    async def note_balance_after(self, attempt: int, id: JobId, after: Balance, price: Decimal | None) -> None:
        """Save the balance that was read after a job's attempt, and the price if the balance showed it."""
        await self._write(id, self.read.note_balance_after(attempt, after, price))

    async def save_known_balance(self, known: KnownBalance, refunded: Sequence[Attempt]) -> None:
        """Save the balance that the next reading is compared with, and the refunds that it contains."""
        numbers = [attempt.id for attempt in refunded]
        try:
            await self.read.save_known_balance(self.service, self.key_fingerprint, known, numbers)
        finally:
            self._stale.update(attempt.job_id for attempt in refunded)

    def known_balance(self) -> KnownBalance | None:
        """The balance that the next reading is compared with."""
        return self.read.known_balance(self.service, self.key_fingerprint)

    def due_refunds(self) -> Sequence[Attempt]:
        """Attempts whose task has failed in the last 24 h and whose refund was not seen, the first to fail first."""
        return self.read.due_refunds(self.service, self.key_fingerprint, self._now() - REFUND_POSSIBLE)

    def possible_refunds(self, sent_at: float | None = None) -> Sequence[Attempt]:
        """Attempts whose refund may come, or may have come unseen in the 24 h before `sent_at`, in unix seconds.

        `sent_at`: now, unless given.
        """
        since = min(self._now(), sent_at or self._now()) - REFUND_POSSIBLE
        return self.read.possible_refunds(self.service, since, self._first_of_last_day())

    def may_hide_charge(self, attempt: Attempt, *, time_is_known: bool) -> Sequence[Attempt]:
        """Other attempts whose refund may hide that this one was charged, by number.

        With any key, and at any service but the sandbox, since another name or key may belong to the same account.
        What this computer's clock said in an earlier run is not believed: the latest attempts are among them unless
        the service's own time shows that they are old. `time_is_known`: the present time is the service's.
        """
        since = min(self._now(), attempt.sent_at) - REFUND_POSSIBLE
        unended_since = since + REFUND_POSSIBLE - TASK_POSSIBLE
        found = {
            each.id: each for each in self.read.possible_refunds(None, since, self._first_of_last_day(), unended_since)
        }
        long_ago = self._last_answered_before(unended_since) if time_is_known else 0
        day_ago = self._last_answered_before(since) if time_is_known else 0
        for each in self.read.latest_unresolved(LATEST_ATTEMPTS):
            failed_at = each.task_ended_at if each.task_end is TaskEnd.FAILED else None
            if failed_at is None:
                is_old = each.id <= long_ago
            else:
                is_old = each.id <= day_ago and each.sent_at - TOLERANCE <= failed_at < since
            if not is_old:
                found[each.id] = each
        found.pop(attempt.id, None)
        in_sandbox = self.service == SANDBOX
        return [found[id] for id in sorted(found) if (found[id].service == SANDBOX) == in_sandbox]

    def _first_of_last_day(self) -> int:
        """The first attempt that this run has sent in the last 24 h, whatever time the clock showed."""
        while self._begun and self._tick() - self._begun[0][0] >= REFUND_POSSIBLE:
            self._begun.popleft()
        return self._begun[0][1] if self._begun else NO_ATTEMPT

    def _last_answered_before(self, moment: float) -> int:
        """The highest number of an attempt that the service itself says it has answered before then; 0 if none."""
        for attempt in self.read.latest_answered(moment, LATEST_ATTEMPTS):
            answered_at = _date_in(attempt.headers)
            if answered_at is not None and answered_at < moment:
                return attempt.id
        return 0

    def later(self, attempt: int) -> Sequence[Attempt]:
        """Attempts after this number, oldest first."""
        return self.read.attempts_after(attempt, self.service)

    def age_of(self, attempt: Attempt, *, time_is_known: bool) -> float:
        """Seconds since the attempt was sent, at least. `time_is_known`: the present time is the service's."""
        ticks = [tick for tick, number in self._begun if number == attempt.id]
        if ticks:
            return self._tick() - ticks[0]
        return max(self._now() - attempt.sent_at, 0.0) if time_is_known else 0.0

    def possible_costs(self, attempt: int) -> list[Attempt]:
        """Attempts after this number that have cost something, or may have, oldest first."""
        return [each for each in self.later(attempt) if each.outcome in SPENT or each.outcome in IN_DOUBT]

    def sent_within(self, seconds: float) -> Sequence[Attempt]:
        """The attempts of the last `seconds`, and those that seem to be sent in the future."""
        return self.read.attempts_between(self._now() - seconds, float("inf"), self.service)

    def now(self) -> float:
        """The time of day, in unix seconds."""
        return self._now()

    def has_own_key(self, attempt: Attempt) -> bool:
        """True if the attempt was sent with the present key. One with another key may have moved the same account."""
        return attempt.key_fingerprint == self.key_fingerprint

    def today(self) -> tuple[Decimal, Decimal]:
        """What was spent since midnight, and what may have been spent because the outcome is not known."""
        day = local_day(self._now())
        if day != self._day:
            self._shares, self._unpriced, self._last = {}, {}, 0
            self._doubtful.clear()
            self._spent, self._in_doubt = NOTHING
            self._stale.clear()
            self._count(self.read.attempts_between(day[0], day[1] + SET_AHEAD, self.service), day)
            self._day = day
        self._count(self.read.attempts_after(self._last, self.service), day)
        while self._stale:
            id = next(iter(self._stale))
            self._count((each for each in self.read.attempts(id) if each.service == self.service), day)
            self._stale.discard(id)
        if self._doubtful:  # another process that has sent one may have got its answer
            self._count(self.read.decided(self._doubtful), day)
        return self._spent, self._in_doubt

    def unpriced_today(self) -> Sequence[Attempt]:
        """Attempts that `today()` counts as nothing, because their price is not in the ledger or cannot be read."""
        self.today()
        return list(self._unpriced.values())

    async def _write(self, id: JobId, write: Awaitable[None]) -> None:
        try:
            await write
        except ChangedElsewhere as error:
            if error.own_job is not None:
                self._stale.add(error.own_job.id)
            raise
        finally:
            self._stale.add(id)

    def _count(self, attempts: Iterable[Attempt], day: tuple[float, float]) -> None:
        for attempt in attempts:
            self._last = max(self._last, attempt.id)
            if not day[0] <= attempt.sent_at < day[1] + SET_AHEAD:
                continue
            price = attempt.price or Decimal(0)
            share = NOTHING
            if attempt.outcome in SPENT:
                share = (price, Decimal(0))
            elif attempt.outcome in IN_DOUBT:
                share = (Decimal(0), price)
            before = self._shares.pop(attempt.id, NOTHING)
            self._spent += share[0] - before[0]
            self._in_doubt += share[1] - before[1]
            self._unpriced.pop(attempt.id, None)
            if attempt.price is None and attempt.outcome in (*SPENT, *IN_DOUBT):
                self._unpriced[attempt.id] = attempt
            if attempt.outcome in IN_DOUBT:
                self._doubtful.add(attempt.id)
            else:
                self._doubtful.discard(attempt.id)
            if share != NOTHING:
                self._shares[attempt.id] = self._distinct.setdefault(share, share)


def _date_in(headers: str) -> float | None:
    """The time in an answer's headers, in unix seconds."""
    for line in headers.splitlines():
        name, _, value = line.partition(":")
        if name.strip().lower() == "date":
            try:
                return parsedate_to_datetime(value.strip()).timestamp()
            except (ValueError, TypeError, IndexError, OverflowError, OSError):  # whatever the service has written
                return None
    return None


def local_day(now: float) -> tuple[float, float]:
    """The last midnight and the next by this machine's clock, in unix seconds."""
    today = datetime.fromtimestamp(now).replace(hour=0, minute=0, second=0, microsecond=0)
    return today.timestamp(), (today + timedelta(days=1)).timestamp()
