"""Explains how the balance has moved between two readings: by creates, by refunds, or by something else."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from sora_desktop.domain.ledger import SPENT, Attempt, KnownBalance, Outcome, Rise
from sora_desktop.domain.money import Balance, kind_price
from sora_desktop.domain.request import VideoRequest
from sora_desktop.jobs.money.prices import PriceBook
from sora_desktop.jobs.money.refunds import Explained, Undecided, explain_rise, explain_together
from sora_desktop.jobs.money.spending_ledger import SpendingLedger

#: Seconds after a failure within which the balance must show its refund. A later rise may be a top-up.
LATE_REFUND = 900.0
#: Seconds within which the service may go on with a create whose answer is not waited for any more, and charge for it.
SLOW_CHARGE = 900.0


class Movements:
    """Compares each reading with the one before it, which is on disk, so that a restart changes nothing.

    A rise that refunds can explain, but not for certain, is kept until it can be told whose it was. A fall by more than
    the creates were expected to cost shows, when it is seen twice, what they have cost at least: refunds and top-ups
    only hide a cost. All methods raise StoreError.
    """

    def __init__(self, ledger: SpendingLedger, prices: PriceBook) -> None:
        self._ledger = ledger
        self._prices = prices
        self._too_low: list[Attempt] = []  # the creates that have cost more than expected, when that was seen last

    def expected_refunds(self) -> list[Attempt]:
        """Attempts whose refund the next readings may show, the first to fail first."""
        known = self._ledger.known_balance()
        read_at = float("-inf") if known is None else min(known.balance.read_at, self._ledger.now())
        due = self._ledger.due_refunds()
        return [attempt for attempt in due if read_at < (attempt.task_ended_at or 0.0) + LATE_REFUND]

    async def explain(self, balance: Balance) -> None:
        """Account for a balance that was read while no create was on its way."""
        known, last = self._ledger.known_balance(), self._ledger.read.last_attempt()
        rises: tuple[Rise, ...] = ()
        refunded: list[Attempt] = []
        if known is not None:
            later = self._ledger.possible_costs(known.attempt)
            own = [attempt for attempt in later if attempt.outcome in SPENT and self._ledger.has_own_key(attempt)]
            rise = balance.amount - known.balance.amount + sum((each.price or Decimal(0) for each in own), Decimal(0))
            requests = [request for each in own if (request := self._ledger.read.request_of(each)) is not None]
            is_certain = len(own) == len(later) == len(requests)  # otherwise another attempt may have cost something
            rises = known.rises
            if all(attempt.price is not None for attempt in own):
                if rise > 0:
                    rises = (*rises, Rise(rise, last))
                elif rise < 0 and is_certain:
                    await self._explain_fall(-rise, own, requests, balance)
                elif is_certain:
                    for request in requests:
                        self._prices.confirm(request)
            rises, refunded = self._explained(rises)
            if rise > 0 and requests and not refunded and Rise(rise, last) not in rises:
                self._prices.doubt(*requests)  # perhaps they are cheaper now
        await self._ledger.save_known_balance(KnownBalance(balance, last, rises), refunded)

    def _explained(self, rises: Sequence[Rise]) -> tuple[tuple[Rise, ...], list[Attempt]]:
        """The rises that remain, and the attempts whose refunds explain the others."""
        due = self.expected_refunds()
        unseen = [attempt for attempt in self._ledger.possible_refunds() if attempt not in due]
        refunded: list[Attempt] = []
        undecided: list[Rise] = []

        def due_at(rise: Rise) -> list[Attempt]:
            return [attempt for attempt in due if attempt.id <= rise.attempt and attempt not in refunded]

        def explain(rise: Rise) -> Explained | Undecided | None:
            unseen_then = [attempt for attempt in unseen if attempt.id <= rise.attempt]
            match explain_rise(rise.amount, due_at(rise), unseen_then):
                case Explained() as explained:
                    refunded.extend(explained.refunded)
                    return explained
                case Undecided() as result:
                    return result
                case _:
                    return None

        for rise in rises:
            if isinstance(explain(rise), Undecided):
                undecided.append(rise)
        if len(undecided) > 1 and (together := explain_together(undecided, due_at(undecided[-1]))):
            refunded.extend(together)
            undecided.clear()
        return tuple(undecided), refunded

    async def _explain_fall(
        self, fall: Decimal, creates: Sequence[Attempt], requests: Sequence[VideoRequest], balance: Balance
    ) -> None:
        """Creates of one kind have cost more than expected, each the same; otherwise every price is in doubt.

        Once, it may be what another program has spent. When the next creates have cost as much, it is their price.
        """
        in_doubt = {Outcome.OPEN, Outcome.UNKNOWN, Outcome.NOT_BILLED}
        if any(each.outcome in in_doubt for each in self._ledger.sent_within(SLOW_CHARGE)):
            return  # the fall may be the cost of one of these
        kinds = {kind_price(request, Decimal(0)) for request in requests}
        prices = {attempt.price for attempt in creates}
        if len(kinds) != 1 or len(prices) != 1:
            self._prices.doubt()
            return
        expected = creates[0].price or Decimal(0)
        price = expected + fall / len(creates)
        if _decimals(price) > max(map(_decimals, (balance.amount, fall, expected))):
            self._prices.doubt()  # each the same would be no amount of this service
            return
        seen_before, self._too_low = self._too_low, [*creates]
        if await self._prices.learn(requests[0], price):
            for attempt in (*seen_before, *creates):
                await self._ledger.note_balance_after(attempt.id, attempt.job_id, balance, price)


def _decimals(amount: Decimal) -> int:
    """The number of decimals that an amount needs."""
    return max(-int(amount.normalize().as_tuple().exponent), 0)
