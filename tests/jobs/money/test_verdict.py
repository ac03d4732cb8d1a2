"""The verdict of two balance readings about a create whose answer was lost."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sora_desktop.api.sora.capabilities import CAPABILITIES
from sora_desktop.domain.ledger import Outcome
from sora_desktop.domain.money import Balance
from sora_desktop.jobs.money.verdict import Evidence, judge

NOON, LATER = 1_800_000_000.0, 1_800_000_042.0


def evidence(
    before: int | None,
    after: int | None,
    price: int | None = 100,
    spent: int = 0,
    hides: str = "",
    costs: str = "",
    refunded: int = 0,
) -> Evidence:
    return Evidence(
        None if before is None else Balance(Decimal(before), NOON),
        None if after is None else Balance(Decimal(after), LATER),
        None if price is None else Decimal(price),
        Decimal(spent),
        Decimal(refunded),
        hides,
        costs,
    )


@pytest.mark.parametrize(
    ("found", "outcome", "text"),
    [
        (evidence(1000, 900), Outcome.BILLED, "Charged 100 credits, but its id was lost"),
        (evidence(1000, 1000), Outcome.NOT_BILLED, "as far as the balance shows"),
        (evidence(1000, 950), Outcome.UNKNOWN, "does not fit a price of 100"),
        (evidence(1000, 1100), Outcome.UNKNOWN, "does not fit a price of 100"),
        (evidence(1000, 900, price=None), Outcome.UNKNOWN, "does not fit an unknown price"),
        (evidence(1000, 1000, price=None), Outcome.NOT_BILLED, "as far as the balance shows"),
        (evidence(None, 900), Outcome.UNKNOWN, "before it could not be read"),
        (evidence(1000, None), Outcome.UNKNOWN, "Check the balance again later"),
        (
            evidence(1000, 1000, hides="another video is rendering"),
            Outcome.UNKNOWN,
            "but another video is",
        ),
        (evidence(1000, 900, hides="another video is rendering"), Outcome.BILLED, "its id was lost"),
        (evidence(1000, 700, spent=200), Outcome.BILLED, "with 200 spent on other videos between"),
        (evidence(1000, 800, spent=200), Outcome.NOT_BILLED, "with 200 spent on other videos between"),
        (evidence(1000, 800, spent=100, costs="other costs are unknown"), Outcome.UNKNOWN, "but other costs are"),
        (evidence(1000, 1100, refunded=100), Outcome.NOT_BILLED, "with 100 refunded for other videos"),
        # the refund may have been in the first reading
        (evidence(1000, 1000, refunded=100), Outcome.UNKNOWN, "does not fit a price of 100"),
        (evidence(1000, 900, refunded=200), Outcome.BILLED, "its id was lost"),
        (evidence(1000, 1000, price=0), Outcome.UNKNOWN, "a price of 0"),
    ],
)
def test_a_drop_by_the_price_means_billed_and_no_drop_not_billed(found: Evidence, outcome: Outcome, text: str) -> None:
    verdict = judge(found, CAPABILITIES.unit)
    assert verdict.outcome is outcome
    assert text in verdict.reason
    if found.before is not None and found.after is not None:
        for moment in (NOON, LATER):
            assert f"{datetime.fromtimestamp(moment):%H:%M:%S}" in verdict.reason


amounts = st.integers(0, 2000)


clauses = st.sampled_from(["", "something has happened"])


@given(amounts, amounts, st.none() | st.integers(0, 500), st.integers(0, 500), clauses, clauses, st.integers(0, 500))
def test_sending_again_is_safe_only_if_the_whole_balance_is_accounted_for(
    before: int, after: int, price: int | None, spent: int, hides: str, costs: str, refunded: int
) -> None:
    verdict = judge(evidence(before, after, price, spent, hides, costs, refunded), CAPABILITIES.unit)
    if verdict.outcome is Outcome.NOT_BILLED:
        assert before - spent + refunded == after and not hides and not costs
    if verdict.outcome is Outcome.BILLED:
        assert before - spent - after == price and not costs
