"""Judges from two balances whether a create whose answer was lost was charged."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sora_desktop.domain.capabilities import Unit
from sora_desktop.domain.ledger import Outcome
from sora_desktop.domain.money import Balance, format_amount


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything that is known about a create whose answer was lost."""

    before: Balance | None
    after: Balance | None
    price: Decimal | None
    #: What other creates are known to have cost between the two readings.
    spent_between: Decimal = Decimal(0)
    #: Refunds of other creates that the balance has shown since. Some may be older than the reading before.
    refunded_between: Decimal = Decimal(0)
    #: What may have raised the balance, and so hide a charge, as a clause for the user; empty if nothing can have.
    hides_charge: str = ""
    #: What else may have lowered it, as a clause for the user; empty if nothing can have.
    other_costs: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the evidence shows, with balances and times in the sentence for the user."""

    outcome: Outcome
    reason: str


def judge(evidence: Evidence, unit: Unit | None) -> Verdict:
    """A drop by the price means billed, no drop means not billed; anything else leaves the outcome unknown.

    A top-up by the price at that moment cannot be seen.
    """
    before, after, price = evidence.before, evidence.after, evidence.price
    if before is None:
        return Verdict(
            Outcome.UNKNOWN,
            "Outcome unknown: it may have been charged, and the balance before it could not be read.",
        )
    if after is None:
        return Verdict(
            Outcome.UNKNOWN,
            f"Outcome unknown: it may have been charged. The balance was {with_time(before)} and could not be read "
            "since. Check the balance again later.",
        )
    moved = f"the balance was {with_time(before)} and is {with_time(after)}"
    if evidence.spent_between:
        moved += f", with {format_amount(evidence.spent_between)} spent on other videos between"
    if evidence.refunded_between:
        moved += f", with {format_amount(evidence.refunded_between)} refunded for other videos"
    drop = before.amount - after.amount - evidence.spent_between
    if price is not None and price > 0 and drop == price and not evidence.other_costs:
        # what raises the balance can hide a charge, but makes none appear
        return Verdict(Outcome.BILLED, f"Charged {format_amount(price, unit)}, but its id was lost: {moved}.")
    if doubt := evidence.other_costs or evidence.hides_charge:
        return Verdict(Outcome.UNKNOWN, f"Outcome unknown: {moved}, but {doubt}.")
    if drop + evidence.refunded_between == 0 and price != 0:
        return Verdict(Outcome.NOT_BILLED, f"Not charged, as far as the balance shows: {moved}. You can send it again.")
    cost = f"a price of {format_amount(price)}" if price is not None else "an unknown price"
    return Verdict(Outcome.UNKNOWN, f"Outcome unknown: it may have been charged; {moved}, which does not fit {cost}.")


def with_time(balance: Balance) -> str:
    """Such as "900 at 14:05:01", by this computer's clock."""
    return f"{format_amount(balance.amount)} at {datetime.fromtimestamp(balance.read_at):%H:%M:%S}"
