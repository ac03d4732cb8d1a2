"""What the balance shows about a create whose answer was lost, and what else may have moved the balance."""

from __future__ import annotations

from decimal import Decimal

from sora_desktop.domain.job import Rendering
from sora_desktop.domain.ledger import IN_DOUBT, SPENT, Attempt, Outcome, TaskEnd
from sora_desktop.domain.money import Balance
from sora_desktop.domain.service_config import SANDBOX
from sora_desktop.jobs.clock import Clock
from sora_desktop.jobs.journal import Journal
from sora_desktop.jobs.money.balance import FRESH
from sora_desktop.jobs.money.list_reader import LACKS_ATTEMPTS
from sora_desktop.jobs.money.movements import SLOW_CHARGE
from sora_desktop.jobs.money.prices import PriceBook
from sora_desktop.jobs.money.spending_ledger import REFUND_POSSIBLE, SpendingLedger
from sora_desktop.jobs.money.verdict import Evidence, Verdict, judge
from sora_desktop.jobs.service_calls import ServiceCalls

#: Seconds after which so much may have moved the balance that an unmoved one proves nothing.
LONGEST_COMPARISON = 24 * 3600.0


class BalanceEvidence:
    """Reads the ledger, and asks the service for nothing. Methods raise StoreError."""

    def __init__(
        self, journal: Journal, ledger: SpendingLedger, prices: PriceBook, calls: ServiceCalls, clock: Clock
    ) -> None:
        self._journal = journal
        self._ledger = ledger
        self._prices = prices
        self._calls = calls
        self._clock = clock

    def verdict(self, attempt: Attempt, after: Balance | None) -> Verdict:
        """What the balance shows about the attempt. `after`: as it is now; None if it could not be read."""
        spent, other_costs = self._other_costs(attempt)
        hides_charge = self._hides_charge(attempt, after)
        refunded = self._refunded_since(attempt)
        evidence = Evidence(attempt.before, after, attempt.price, spent, refunded, hides_charge, other_costs)
        return judge(evidence, self._prices.unit)

    def fall_since(self, attempt: Attempt, balance: Balance) -> Decimal:
        """By how much the balance is lower than before the attempt, without what is known about others.

        Whose charge it was that made a later one count as billed is not known if both were sent in a short time.
        """
        before = attempt.before or balance
        spent = Decimal(0)
        for later in self._ledger.later(attempt.id):
            is_near = abs(later.sent_at - attempt.sent_at) < SLOW_CHARGE
            if later.outcome in SPENT and not (is_near and later.outcome is Outcome.BILLED):
                spent += later.price or 0
        return before.amount - balance.amount - spent + self._refunded_since(attempt)

    def rendering_beside(self, attempt: Attempt) -> bool:
        """True while another task is rendered, whose end may make the outcome of the attempt clear."""
        if any(isinstance(job.phase, Rendering) and job.id != attempt.job_id for job in self._journal.active):
            return True  # without reading the ledger: this is asked at each change of a job
        return any(
            each.id != attempt.id and each.outcome is Outcome.ACCEPTED and each.task_end is None
            for each in self._ledger.possible_refunds(attempt.sent_at)
        )

    def is_alone(self, attempt: int) -> bool:
        """True if nothing but this attempt can have moved the balance since it was read before it."""
        return (
            self._ledger.read.last_attempt() == attempt
            and not self._lacks_attempts(attempt)
            and all(each.id == attempt for each in self._ledger.possible_refunds())
        )

    def _refunded_since(self, attempt: Attempt) -> Decimal:
        """What was refunded for earlier attempts. The price of a later one was paid and refunded since."""
        seen = self._ledger.read.refunds_seen_since(attempt)
        return sum((each.price or Decimal(0) for each in seen if each.id < attempt.id), Decimal(0))

    def _other_costs(self, attempt: Attempt) -> tuple[Decimal, str]:
        """What others have cost since the balance was read before the attempt, and why that is not certain, if so."""
        if self._lacks_attempts(attempt.id):
            return Decimal(0), LACKS_ATTEMPTS
        for earlier in self._ledger.possible_refunds(attempt.sent_at):
            in_doubt = earlier.id < attempt.id and earlier.outcome in IN_DOUBT
            if in_doubt and abs(attempt.sent_at - earlier.sent_at) < SLOW_CHARGE:
                return Decimal(0), "an earlier request may have been charged only then"
        spent = Decimal(0)
        for later in self._ledger.later(attempt.id):
            request = self._ledger.read.request_of(later)
            sure = later.price is not None and self._prices.is_sure(request, later.price)
            if later.outcome in IN_DOUBT or (later.outcome in SPENT and not (sure and self._ledger.has_own_key(later))):
                return spent, "what other requests have cost since is not known for certain"
            if later.outcome in SPENT:
                spent += later.price or 0
        return spent, ""

    def _hides_charge(self, attempt: Attempt, after: Balance | None) -> str:
        """What may have raised the balance since it was read before the attempt; empty if nothing can have."""
        ledger, before = self._ledger.read, attempt.before
        if self._lacks_attempts(attempt.id):
            return LACKS_ATTEMPTS
        if not self._ledger.has_own_key(attempt):
            return "it is not recorded with which API key it was sent"
        possible = self._ledger.may_hide_charge(attempt, time_is_known=self._calls.time_is_known)
        if any(each.outcome is Outcome.ACCEPTED and each.task_end is None for each in possible):
            return "another video is rendering, and a failed one is refunded"
        seen = ledger.refunds_seen_since(attempt)
        are_certain = all(each.service == attempt.service and self._ledger.has_own_key(each) for each in seen)
        if any(each.task_end is TaskEnd.FAILED for each in possible) or not are_certain:
            return "another video failed since, or shortly before, which may have been refunded"
        if possible:
            return "the outcome of another request is not known, and it may have been refunded"
        if self._sent_by_another_library():
            return "another data folder on this computer has sent requests in the last day, perhaps with the same key"
        if ledger.charges_late(self._ledger.service):
            return "this service has charged later than it accepts before"
        if attempt.before_age is None or attempt.before_age > FRESH:
            return "the first reading was too long before the request to show that nothing else moved the balance"
        if before is not None and after is not None and not 0 <= after.read_at - before.read_at < LONGEST_COMPARISON:
            return "too much time has passed, or the clock was changed, between the two readings"
        return ""

    def _sent_by_another_library(self) -> bool:
        sent_at = self._ledger.read.other_library_sent_at()
        in_sandbox = self._ledger.service == SANDBOX
        return sent_at is not None and not in_sandbox and self._clock.now() - sent_at < REFUND_POSSIBLE

    def _lacks_attempts(self, attempt: int) -> bool:
        """True if attempts that a restored copy lacks may have moved the balance around this one."""
        restore = self._ledger.read.last_restore()
        if restore is None:
            return False
        last_in_copy, noticed_at = restore
        return attempt <= last_in_copy or abs(self._clock.now() - noticed_at) < LONGEST_COMPARISON
