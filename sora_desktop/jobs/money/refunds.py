"""Which refunds explain that the balance is higher than expected."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from sora_desktop.domain.ledger import Attempt, Rise

#: So many ways to deal out refunds among rises are tried; where there are more, nothing is certain.
MOST_WAYS = 10_000
#: Ways to make one sum: the counts by price of the first way, and how many ways there are (2 stands for more).
_Ways = dict[Decimal, tuple[tuple[int, ...], int]]


@dataclass(frozen=True, slots=True)
class Explained:
    """The balance is as expected after these refunds; without any, it is as expected."""

    refunded: tuple[Attempt, ...] = ()


@dataclass(frozen=True, slots=True)
class Undecided:
    """Refunds can explain the balance, but not only these, or the failure of a task has not been seen yet."""


@dataclass(frozen=True, slots=True)
class Unexplained:
    """No refund explains the balance: a top-up, another program, or a wrong price."""


def explain_rise(
    rise: Decimal, due: Sequence[Attempt], unseen: Sequence[Attempt]
) -> Explained | Undecided | Unexplained:
    """Explain by how much the balance is higher than expected.

    `due`: attempts whose tasks have failed and whose refund was not seen, the first to fail first; of two with the same
    price, the first is refunded first. `unseen`: attempts whose tasks may have failed unseen.
    """
    if rise == 0:
        return Explained()
    if rise < 0:
        return Unexplained()
    by_price = _by_price(due)
    chosen, ways = _ways(rise, {price: len(attempts) for price, attempts in by_price.items()}).get(rise, ((), 0))
    if ways == 1:
        pairs = zip(by_price.values(), chosen, strict=True)
        return Explained(tuple(attempt for attempts, count in pairs for attempt in attempts[:count]))
    candidates = (*due, *unseen)
    all_prices = {price: len(attempts) for price, attempts in _by_price(candidates).items()}
    if ways or any(attempt.price is None for attempt in candidates) or rise in _ways(rise, all_prices):
        return Undecided()
    return Unexplained()


def explain_together(rises: Sequence[Rise], due: Sequence[Attempt]) -> tuple[Attempt, ...]:
    """The refunds that explain several rises, of which each alone is undecided; empty if that is not certain.

    Each refund comes whole: it is part of one rise, and not of one that was seen before its attempt was sent.
    """
    total = explain_rise(sum((rise.amount for rise in rises), Decimal(0)), due, ())
    if not isinstance(total, Explained) or not _can_be_parted(total.refunded, rises):
        return ()
    return total.refunded


def _can_be_parted(attempts: Sequence[Attempt], rises: Sequence[Rise]) -> bool:
    left = {tuple(rise.amount for rise in rises)}  # what is left of each rise, for every way so far
    for attempt in attempts:
        price = attempt.price or Decimal(0)
        left = {
            (*amounts[:place], amount - price, *amounts[place + 1 :])
            for amounts in left
            for place, amount in enumerate(amounts)
            if amount >= price and attempt.id <= rises[place].attempt
        }
        if len(left) > MOST_WAYS:
            return False
    return any(not any(amounts) for amounts in left)


def _by_price(attempts: Sequence[Attempt]) -> dict[Decimal, list[Attempt]]:
    by_price: dict[Decimal, list[Attempt]] = {}
    for attempt in attempts:
        if attempt.price is not None and attempt.price > 0:
            by_price.setdefault(attempt.price, []).append(attempt)
    return by_price


def _ways(limit: Decimal, counts: Mapping[Decimal, int]) -> _Ways:
    """Every sum up to `limit` of at most that many of each price."""
    ways: _Ways = {Decimal(0): ((), 1)}
    for price, count in counts.items():
        longer: _Ways = {}
        for total, (chosen, number) in ways.items():
            for times in range(count + 1):
                new_total = total + times * price
                if new_total > limit:
                    break
                first, before = longer.get(new_total, ((*chosen, times), 0))
                longer[new_total] = (first, min(before + number, 2))
        ways = longer
    return ways
