"""What requests cost: the user's price table, and the prices that the balance has shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

from sora_desktop.domain.money import Price, PriceTable, kind_price
from sora_desktop.domain.request import VideoRequest
from sora_desktop.jobs.ports import LearnedPrices
from sora_desktop.jobs.runner_settings import RunnerSettings


class PriceBook:
    """The prices in force. A learned price outranks the table; a later edit of the table outranks learned prices."""

    def __init__(self, settings: RunnerSettings, store: LearnedPrices, changed: Callable[[PriceTable], None]) -> None:
        """`changed` is called with each new table."""
        self._store = store
        self._service = settings.service_name
        self._edited_at = settings.prices_edited_at
        self._changed = changed
        #: What the service charges in; None if it does not charge.
        self.unit = settings.capabilities.unit
        self._table = replace(settings.prices, learned=())
        self._sure: list[Price] = []
        self._seen_once: Price | None = None

    def load(self) -> None:
        """Read the prices that earlier runs have learned. Raises StoreError."""
        learned = tuple(self._store.learned_prices(self._service, self._edited_at))
        self._table = replace(self._table, learned=learned)
        self._sure = list(learned)
        self._changed(self._table)

    @property
    def table(self) -> PriceTable:
        """The rows of the table and the learned prices."""
        return self._table

    def price_of(self, request: VideoRequest) -> Decimal | None:
        """The price of one take, or None if it is not known."""
        return self._table.price_of(request)

    def is_sure(self, request: VideoRequest | None) -> bool:
        """True if the balance has shown this price and nothing has contradicted it since. None: it cannot be read."""
        return request is not None and any(row.fits(request) for row in self._sure)

    def doubt(self) -> None:
        """The balance moved in a way that the prices do not explain: each price is checked once more."""
        self._sure.clear()

    def replace(self, table: PriceTable) -> None:
        """The user edited the table: learned prices are given up."""
        self._table = replace(table, learned=())
        self._sure.clear()
        self._changed(self._table)

    async def learn(self, request: VideoRequest, price: Decimal) -> bool:
        """The balance fell by `price` for exactly one create of this kind. True if that is its price from now on.

        A lower price than the one in force must be seen twice in a row: a top-up at that moment makes a create look
        cheaper, and nothing makes it look dearer. Raises StoreError.
        """
        learned = kind_price(request, price)
        in_force = self._table.price_of(request)
        if in_force is not None and price < in_force and self._seen_once != learned:
            self._seen_once = learned
            return False
        self._seen_once = None
        await self._store.save_learned_price(self._service, learned)
        others = tuple(row for row in self._table.learned if not row.fits(request))
        self._table = replace(self._table, learned=(*others, learned))
        self._sure.append(learned)
        self._changed(self._table)
        return True
