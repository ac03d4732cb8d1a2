"""Credits: what a request costs and what is left."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from sora_desktop.domain.request import Duration, Model, Quality, VideoRequest


@dataclass(frozen=True, slots=True)
class Balance:
    """Credits left, as the service told it."""

    credits: Decimal
    read_at: float  # unix seconds


@dataclass(frozen=True, slots=True)
class Price:
    """What one kind of request costs. A field that is None fits any request; the first row that fits decides."""

    credits: Decimal
    model: Model | None = None
    from_image: bool | None = None
    duration: Duration | None = None
    quality: Quality | None = None

    def fits(self, request: VideoRequest) -> bool:
        """True when this row prices the request."""
        return (
            self.model in (None, request.model)
            and self.from_image in (None, request.image is not None)
            and self.duration in (None, request.duration)
            and self.quality in (None, request.quality)
        )


@dataclass(frozen=True, slots=True)
class PriceTable:
    """Prices in the order they are tried: data that a person can edit, as the service's pages contradict each other."""

    rows: tuple[Price, ...] = ()
    #: What the balance showed for exactly one kind of request; it outranks the rows.
    learned: tuple[Price, ...] = ()

    def price_of(self, request: VideoRequest) -> Decimal | None:
        """Credits for one take, or None when no row fits."""
        return next((row.credits for row in (*self.learned, *self.rows) if row.fits(request)), None)

    def is_learned(self, request: VideoRequest) -> bool:
        """True when the price was seen in the balance, not read from the table."""
        return any(row.fits(request) for row in self.learned)


def kind_price(request: VideoRequest, credits: Decimal) -> Price:
    """What exactly this kind of request costs."""
    return Price(credits, request.model, request.image is not None, request.duration, request.quality)


@dataclass(frozen=True, slots=True)
class Money:
    """What a person has, has promised and has spent. Credits throughout."""

    balance: Balance | None = None  # None: the service has not said
    reserved: Decimal = Decimal(0)  # for jobs that wait in the queue, and for those whose outcome is unknown
    spent_today: Decimal = Decimal(0)  # since midnight of this machine's clock; refunds that were seen are taken off
    limit: Decimal | None = None  # most that may be spent in a day; None: no cap
    #: Jobs in the queue whose price nobody knows; `reserved` is too small by theirs.
    unpriced: int = 0

    @property
    def left_under_limit(self) -> Decimal | None:
        """What may still be spent today, or None without a cap."""
        return None if self.limit is None else max(self.limit - self.spent_today, Decimal(0))


def format_amount(credits: Decimal) -> str:
    """Credits as a person reads them: whole where whole, thousands set apart by a thin space (1 240)."""
    whole = credits == credits.to_integral_value()
    text = f"{credits.quantize(Decimal(1)):,}" if whole else f"{credits.normalize():,f}"
    return text.replace(",", "\u2009")
