"""What the attempts of a job have cost."""

from __future__ import annotations

from decimal import Decimal

import pytest

from sora_desktop.domain.job import JobId
from sora_desktop.domain.ledger import Attempt, Charge, Outcome, Refund, charge_of


def attempt(outcome: Outcome, price: int | None = 100) -> Attempt:
    amount = None if price is None else Decimal(price)
    return Attempt(1, JobId("job1"), "service", 0.0, None, "", "", outcome, None, None, None, amount)


@pytest.mark.parametrize(
    ("attempts", "charge"),
    [
        ([], Charge(Decimal(0), Refund.NOT_NEEDED)),
        ([attempt(Outcome.REFUSED), attempt(Outcome.NOT_BILLED)], Charge(Decimal(0), Refund.NOT_NEEDED)),
        ([attempt(Outcome.REFUSED), attempt(Outcome.REFUNDED)], Charge(Decimal(100), Refund.SEEN)),
        ([attempt(Outcome.ACCEPTED)], Charge(Decimal(100), Refund.NOT_SEEN)),
        ([attempt(Outcome.BILLED), attempt(Outcome.REFUNDED)], Charge(Decimal(200), Refund.NOT_SEEN)),
        ([attempt(Outcome.ACCEPTED, None)], Charge(None, Refund.NOT_SEEN)),
        ([attempt(Outcome.UNKNOWN), attempt(Outcome.REFUNDED)], Charge(Decimal(100), Refund.UNKNOWN)),
        ([attempt(Outcome.OPEN)], Charge(Decimal(0), Refund.UNKNOWN)),
    ],
)
def test_the_charge_of_a_job(attempts: list[Attempt], charge: Charge) -> None:
    assert charge_of(attempts) == charge
