"""What the jobs in the queue will cost, as a running sum."""

from __future__ import annotations

from decimal import Decimal

from sora_desktop.domain.job import Job, JobId, Unconfirmed, Waiting
from sora_desktop.domain.money import PriceTable
from sora_desktop.domain.request import VideoRequest
from sora_desktop.jobs.money.prices import PriceBook


class Reservations:
    """Money set aside for jobs that will be sent, and for those whose outcome is not known."""

    def __init__(self, prices: PriceBook) -> None:
        self._prices = prices
        self._requests: dict[JobId, VideoRequest] = {}
        self._table: PriceTable | None = None  # the prices that the sums were made with
        self._reserved = Decimal(0)
        self._unpriced = 0

    def update(self, job: Job) -> None:
        """Count the job as it is now, instead of as it was."""
        before = self._requests.pop(job.id, None)
        if before is not None:
            self._add(before, -1)
        match job.phase:
            case Waiting() if not job.on_hold:
                pass
            case Unconfirmed(safe_to_send=False, billed=False):
                pass
            case _:
                return
        self._requests[job.id] = job.request
        self._add(job.request, 1)

    def total(self) -> tuple[Decimal, int]:
        """The sum of all known prices, and the number of jobs whose price is not known."""
        if self._table is not self._prices.table:
            self._table = self._prices.table
            self._reserved, self._unpriced = Decimal(0), 0
            for request in self._requests.values():
                self._add(request, 1)
        return self._reserved, self._unpriced

    def _add(self, request: VideoRequest, sign: int) -> None:
        if self._table is None:
            return
        price = self._table.price_of(request)
        if price is None:
            self._unpriced += sign
        else:
            self._reserved += sign * price
