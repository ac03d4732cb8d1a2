"""What two readings of the balance say about a create whose answer was lost."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sora_desktop.domain.ledger import Outcome
from sora_desktop.domain.money import Balance, format_amount


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that bears on the question."""

    before: Balance | None
    after: Balance | None
    price: Decimal | None
    #: What other creates surely took between the two readings.
    spent_between: Decimal = Decimal(0)
    #: Why a difference would prove nothing, as a clause for a person; empty when nothing else can have moved it.
    muddied: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is known now, with the balances and times in the sentence."""

    outcome: Outcome
    reason: str


def judge(evidence: Evidence) -> Verdict:
    """A drop by the price means billed, no drop means not billed, anything else cannot be told."""
    before, after, price = evidence.before, evidence.after, evidence.price
    if before is None:
        return Verdict(
            Outcome.UNKNOWN,
            "Outcome unknown: it may have been charged, and the balance before it could not be read.",
        )
    if after is None:
        return Verdict(
            Outcome.UNKNOWN,
            f"Outcome unknown: it may have been charged. The balance was {_at(before)} and could not be read since. "
            "Check the balance again later.",
        )
    moved = f"the balance was {_at(before)} and is {_at(after)}"
    if evidence.spent_between:
        moved += f", with {format_amount(evidence.spent_between)} spent on other videos between"
    drop = before.amount - after.amount - evidence.spent_between
    if price is not None and price > 0 and drop == price:
        # credits that come back can hide a charge, but nothing makes one appear
        return Verdict(Outcome.BILLED, f"Charged {format_amount(price)} credits, but its id was lost: {moved}.")
    if evidence.muddied:
        return Verdict(Outcome.UNKNOWN, f"Outcome unknown: {moved}, but {evidence.muddied}.")
    if drop == 0 and price != 0:
        return Verdict(Outcome.NOT_BILLED, f"Not charged: {moved}. It is safe to send again.")
    cost = f"a price of {format_amount(price)}" if price is not None else "an unknown price"
    return Verdict(Outcome.UNKNOWN, f"Outcome unknown: it may have been charged; {moved}, which does not fit {cost}.")


def _at(balance: Balance) -> str:
    return f"{format_amount(balance.amount)} at {datetime.fromtimestamp(balance.read_at):%H:%M:%S}"
