"""What was spent today, what is promised, and whether the next one may be bought."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from decimal import Decimal

from sora_desktop.domain.job import Job, Unconfirmed, Waiting
from sora_desktop.domain.ledger import IN_DOUBT, SPENT
from sora_desktop.domain.money import Balance, Money, format_amount
from sora_desktop.domain.request import VideoRequest
from sora_desktop.jobs.money.prices import PriceBook
from sora_desktop.jobs.ports import Ledger
from sora_desktop.jobs.sending.blocks import Block, BlockCause


class SpendingLimit:
    """Counts by the ledger, so that a restart changes nothing. A day is a day of this machine's clock."""

    def __init__(
        self, ledger: Ledger, book: PriceBook, service: str, limit: Decimal | None, now: Callable[[], float]
    ) -> None:
        self._ledger = ledger
        self._book = book
        self._service = service
        self._now = now
        self.limit = limit

    def money(self, jobs: Iterable[Job], balance: Balance | None) -> Money:
        """How things stand. Raises StoreProblem."""
        spent, _ = self._today()
        reserved, unpriced = Decimal(0), 0
        for job in jobs:
            match job.phase:
                case Waiting() if not job.on_hold:
                    pass
                case Unconfirmed(safe_to_send=False, billed=False):
                    pass
                case _:
                    continue
            price = self._book.price_of(job.request)
            if price is None:
                unpriced += 1
            else:
                reserved += price
        return Money(balance, reserved, spent, self.limit, unpriced)

    def refusal(self, request: VideoRequest) -> Block | None:
        """Why the daily cap forbids to send it now; None when it does not. Raises StoreProblem."""
        if self.limit is None:
            return None
        price, now = self._book.price_of(request), self._now()
        until = local_day(now)[1]
        if price is None:
            return Block(
                BlockCause.CAP,
                "No price is known for this kind of video, so the daily cap cannot be kept. Add its price in the "
                "price table, or take the cap away.",
                now,
                None,
            )
        spent, in_doubt = self._today()
        if spent + in_doubt + price <= self.limit:
            return None
        doubt = f" and {format_amount(in_doubt)} of unknown outcome" if in_doubt else ""
        reason = (
            f"The daily cap of {format_amount(self.limit)} credits is reached: "
            f"{format_amount(spent)} spent today{doubt}, and the next video costs {format_amount(price)}. "
        )
        end = "Raise the cap in Settings." if price > self.limit else "The queue goes on at midnight, or raise the cap."
        return Block(BlockCause.CAP, reason + end, now, until)

    def _today(self) -> tuple[Decimal, Decimal]:
        """Credits spent since midnight, and credits that may have been."""
        spent = in_doubt = Decimal(0)
        for attempt in self._ledger.attempts_between(*local_day(self._now()), self._service):
            price = attempt.price or Decimal(0)
            spent += price if attempt.outcome in SPENT else 0
            in_doubt += price if attempt.outcome in IN_DOUBT else 0
        return spent, in_doubt


def local_day(now: float) -> tuple[float, float]:
    """The last midnight and the next by this machine's clock, in unix seconds."""
    today = datetime.fromtimestamp(now).replace(hour=0, minute=0, second=0, microsecond=0)
    return today.timestamp(), (today + timedelta(days=1)).timestamp()
