"""Amounts of money in a service's unit: what a request costs and what is left."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from sora_desktop.domain.capabilities import Unit
from sora_desktop.domain.request import VideoRequest

#: Between the thousands of an amount. No line breaks there.
THOUSANDS = "\N{NARROW NO-BREAK SPACE}"


@dataclass(frozen=True, slots=True)
class Balance:
    """The amount left, as the service gave it."""

    amount: Decimal
    read_at: float  # unix seconds


@dataclass(frozen=True, slots=True)
class Price:
    """What one kind of request costs. A field that is None fits any request; the first row that fits decides."""

    amount: Decimal
    model: str | None = None
    from_image: bool | None = None
    duration: int | None = None  # seconds
    quality: str | None = None

    def fits(self, request: VideoRequest) -> bool:
        """True if this row is the price of the request."""
        return (
            self.model in (None, request.model)
            and self.from_image in (None, request.image is not None)
            and self.duration in (None, request.duration)
            and self.quality in (None, request.quality)
        )


@dataclass(frozen=True, slots=True)
class PriceTable:
    """Prices in the order in which they are tried. Users edit them: the service's pages contradict each other."""

    rows: tuple[Price, ...] = ()
    #: Prices that the balance showed, each for exactly one kind of request. They outrank the rows.
    learned: tuple[Price, ...] = ()

    def price_of(self, request: VideoRequest) -> Decimal | None:
        """The price of one take, or None if no row fits."""
        return next((row.amount for row in (*self.learned, *self.rows) if row.fits(request)), None)


#: The prices of a service that does not charge.
FREE = PriceTable((Price(Decimal(0)),))


def kind_price(request: VideoRequest, amount: Decimal) -> Price:
    """The price of exactly this kind of request."""
    return Price(amount, request.model, request.image is not None, request.duration, request.quality)


class Money(NamedTuple):
    """What the user has left, reserved and spent at a service."""

    balance: Balance | None = None  # None: not known
    reserved: Decimal = Decimal(0)  # for jobs that wait in the queue, and for those whose outcome is unknown
    spent_today: Decimal = Decimal(0)  # since midnight of this machine's clock, less the refunds that were seen
    limit: Decimal | None = None  # most that may be spent in a day; None: no limit
    #: Jobs in the queue whose price is unknown. `reserved` does not include them.
    unpriced: int = 0

    @property
    def left_under_limit(self) -> Decimal | None:
        """What may still be spent today, or None without a limit."""
        return None if self.limit is None else max(self.limit - self.spent_today, Decimal(0))


def format_amount(amount: Decimal, unit: Unit | None = None) -> str:
    """An amount for the user: no decimals if whole, thousands separated by THOUSANDS, such as "1 240 credits".

    `parse_amount` reads it again. 1.234 is written as 1.2340, which nobody reads as one thousand.
    """
    whole = amount == amount.to_integral_value()
    text = f"{amount.quantize(Decimal(1)):,}" if whole else f"{amount.normalize():,f}"
    if 1 <= abs(amount) < 1000 and len(text.partition(".")[2]) == 3:
        text += "0"
    text = text.replace(",", THOUSANDS)
    if unit is None:
        return text
    return f"{text} {unit.one if amount == 1 else unit.many}"


def price_text(price: Decimal | None, unit: Unit | None) -> str:
    """What a control that spends shows: "100 credits", or "price unknown"; empty if the service does not charge."""
    if unit is None:
        return ""
    return "price unknown" if price is None else format_amount(price, unit)
