"""Whether the next request may be bought: the daily spending limit and the balance."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from sora_desktop.domain.capabilities import Unit
from sora_desktop.domain.money import Balance, format_amount
from sora_desktop.domain.request import VideoRequest
from sora_desktop.jobs.money.prices import PriceBook
from sora_desktop.jobs.money.spending_ledger import SpendingLedger, local_day


@dataclass(frozen=True, slots=True)
class OverLimit:
    """The daily spending limit does not allow a request."""

    reason: str  # for the user
    until: float | None  # unix seconds; None: until the limit or the prices are changed


@dataclass(frozen=True, slots=True)
class BalanceTooLow:
    """The balance is lower than the price of a request."""

    reason: str  # for the user


class SpendingLimit:
    """The user's daily spending limit, for each local day; None means no limit."""

    def __init__(
        self,
        ledger: SpendingLedger,
        prices: PriceBook,
        limit: Decimal | None,
        now: Callable[[], float],
        settings_place: str,
    ) -> None:
        """`settings_place`: where the user changes the limit, such as "in Settings"."""
        self._ledger = ledger
        self._prices = prices
        self._now = now
        self._settings_place = settings_place
        self.limit = limit

    def check(self, request: VideoRequest) -> OverLimit | None:
        """Why the limit does not allow the request now; None if it does. Raises StoreError."""
        if self.limit is None:
            return None
        price = self._prices.price_of(request)
        if price is None:
            return OverLimit(
                "No price is known for this kind of video, so the daily spending limit cannot be kept. Add a price to "
                "the price table or remove the limit.",
                None,
            )
        spent, in_doubt = self._ledger.today()
        for attempt in self._ledger.unpriced_today():
            sent = self._ledger.read.request_of(attempt)
            cost = None if sent is None else self._prices.price_of(sent)
            if cost is None:
                return OverLimit(
                    "What a request of today cost is not known, so the daily spending limit cannot be kept. The queue "
                    "continues at midnight. To continue now, add a price to the price table or remove the limit.",
                    local_day(self._now())[1],
                )
            in_doubt += cost
        if spent + in_doubt + price <= self.limit:
            return None
        doubt = f" and {format_amount(in_doubt)} of unknown outcome" if in_doubt else ""
        reason = (
            f"The daily spending limit of {format_amount(self.limit, self._prices.unit)} is reached: "
            f"{format_amount(spent)} spent today{doubt}, and the next video costs {format_amount(price)}. "
        )
        can_wait = price <= self.limit
        end = "The queue continues at midnight. To continue now, raise" if can_wait else "Raise"
        return OverLimit(f"{reason}{end} the limit {self._settings_place}.", local_day(self._now())[1])


def check_balance(price: Decimal | None, balance: Balance | None, unit: Unit | None) -> BalanceTooLow | None:
    """Why the balance does not suffice; None if it does or if one of the two is not known."""
    if price is None or balance is None or balance.amount >= price:
        return None
    what = "money" if unit is None else unit.many
    return BalanceTooLow(
        f"Not enough {what}: this needs {format_amount(price)}, and the balance is {format_amount(balance.amount)}."
    )
