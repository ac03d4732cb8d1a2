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
        self._doubted: list[Price] = []  # were sure before
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

    def is_sure(self, request: VideoRequest | None, price: Decimal | None = None) -> bool:
        """True if the balance has shown this price and nothing has contradicted it since.

        `request`: None if it cannot be read. `price`: the price in force, unless given.
        """
        if request is None:
            return False
        return any(row.fits(request) and (price is None or row.amount == price) for row in self._sure)

    def doubt(self, *requests: VideoRequest) -> None:
        """The balance moved in a way that these prices do not explain, or all without any given: check them again."""
        doubted = [row for row in self._sure if not requests or any(row.fits(request) for request in requests)]
        self._sure = [row for row in self._sure if row not in doubted]
        self._doubted += doubted

    def confirm(self, request: VideoRequest) -> None:
        """The balance moved by the expected price: if it was sure before it was doubted, it is sure again."""
        again = [row for row in self._doubted if row.fits(request) and row.amount == self._table.price_of(request)]
        self._doubted = [row for row in self._doubted if row not in again]
        self._sure += again

    def replace(self, table: PriceTable) -> None:
        """The user edited the table: learned prices are given up."""
        self._table = replace(table, learned=())
        self._sure.clear()
        self._doubted.clear()
        self._changed(self._table)

    async def learn(self, request: VideoRequest, price: Decimal) -> bool:
        """The balance fell by `price` for exactly one create of this kind. True if that is its price from now on.

        Another price than the one in force must be seen twice in a row: a top-up at that moment makes a create look
        cheaper, and another program makes it look dearer. Until then the kind's price is not sure. Raises StoreError.
        """
        learned = kind_price(request, price)
        in_force = self._table.price_of(request)
        if in_force is not None and price != in_force and self._seen_once != learned:
            self._seen_once = learned
            self._sure = [row for row in self._sure if not row.fits(request)]
            return False
        self._seen_once = None
        await self._store.save_learned_price(self._service, learned)
        others = tuple(row for row in self._table.learned if not row.fits(request))
        self._table = replace(self._table, learned=(*others, learned))
        self._sure.append(learned)
        self._changed(self._table)
        return True
