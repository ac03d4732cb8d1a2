"""What requests cost: the table that a person can edit, and what the balance has shown since."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal

from sora_desktop.domain.money import Price, PriceTable, kind_price
from sora_desktop.domain.request import VideoRequest
from sora_desktop.jobs.ports import LearnedPrices


@dataclass(frozen=True, slots=True)
class Lesson:
    """What the balance showed of a price."""

    price: Decimal
    #: In a sentence for a person; empty when the table had it right.
    warning: str = ""


class PriceBook:
    """The prices in force. A later edit of the table outranks what was learned before it, and the other way round."""

    def __init__(
        self,
        table: PriceTable,
        store: LearnedPrices,
        service: str,
        *,
        edited_at: float,
        publish: Callable[[PriceTable], None],
    ) -> None:
        self._store = store
        self._service = service
        self._publish = publish
        self._edited_at = edited_at
        self._table = replace(table, learned=())
        self._sure: list[Price] = []

    def load(self) -> None:
        """Remember what was learned in earlier runs. Raises StoreProblem."""
        learned = tuple(self._store.learned_prices(self._service, self._edited_at))
        self._table = replace(self._table, learned=learned)
        self._sure = list(learned)
        self._publish(self._table)

    @property
    def table(self) -> PriceTable:
        """The edited rows and the learned ones."""
        return self._table

    def price_of(self, request: VideoRequest) -> Decimal | None:
        """Credits for one take, or None when nobody knows."""
        return self._table.price_of(request)

    def is_sure(self, request: VideoRequest) -> bool:
        """True when the balance has shown this price, and nothing has spoken against it since."""
        return any(row.fits(request) for row in self._sure)

    def doubt(self) -> None:
        """The balance moved in a way that the prices do not explain: each is checked once more."""
        self._sure.clear()

    def replace(self, table: PriceTable) -> None:
        """A person edited the prices; what was learned before gives way."""
        self._table = replace(table, learned=())
        self._sure.clear()
        self._publish(self._table)

    async def learn(self, request: VideoRequest, credits: Decimal) -> Lesson:
        """The balance fell by `credits` for exactly one create of this kind."""
        told = self.price_of(request)
        seen = kind_price(request, credits)
        await self._store.save_learned_price(self._service, seen)
        others = tuple(row for row in self._table.learned if not row.fits(request))
        self._table = replace(self._table, learned=(*others, seen))
        self._sure.append(seen)
        self._publish(self._table)
        if told == credits:
            return Lesson(credits)
        return Lesson(credits, f"learned from the balance; the table said {told if told is not None else 'nothing'}")
