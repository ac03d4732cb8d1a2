"""What the jobs that wait in the queue will cost."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import NamedTuple

from sora_desktop.domain.capabilities import Unit
from sora_desktop.domain.job import JobId
from sora_desktop.domain.money import PriceTable, format_amount
from sora_desktop.domain.request import VideoRequest


class QueueCost(NamedTuple):
    """The sum of the known prices, and how many prices are unknown."""

    known: Decimal = Decimal(0)
    unpriced: int = 0

    def text(self, unit: Unit | None) -> str:
        """Such as "300 credits" or "300 credits, 2 prices unknown"; empty if the service does not charge."""
        if unit is None:
            return ""
        if not self.unpriced:
            return format_amount(self.known, unit)
        unknown = "1 price unknown" if self.unpriced == 1 else f"{self.unpriced} prices unknown"
        return f"{format_amount(self.known, unit)}, {unknown}" if self.known else unknown


class QueueCosts:
    """Keeps the cost as a running sum: it is shown after each change of a job."""

    def __init__(self) -> None:
        self._requests: dict[JobId, VideoRequest] = {}
        self._prices = PriceTable()
        self.total = QueueCost()

    def reset(self, requests: Mapping[JobId, VideoRequest]) -> None:
        """Replace all jobs."""
        self._requests = dict(requests)
        self.set_prices(self._prices)

    def set_prices(self, prices: PriceTable) -> None:
        """Set the prices in force."""
        self._prices = prices
        self.total = QueueCost()
        for request in self._requests.values():
            self._add(request, 1)

    def put(self, id: JobId, request: VideoRequest | None) -> None:
        """Add a job, or replace its request; None removes it."""
        before = self._requests.pop(id, None)
        if before is not None:
            self._add(before, -1)
        if request is not None:
            self._requests[id] = request
            self._add(request, 1)

    def _add(self, request: VideoRequest, sign: int) -> None:
        price, (known, unpriced) = self._prices.price_of(request), self.total
        self.total = QueueCost(known, unpriced + sign) if price is None else QueueCost(known + sign * price, unpriced)
