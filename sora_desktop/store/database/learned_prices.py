"""The table of learned prices: what a create cost according to the balance."""

from __future__ import annotations

from sora_desktop.domain.money import Price
from sora_desktop.store.database.rows import price_of
from sora_desktop.store.database.table import Table


class LearnedPriceTable(Table):
    """One price for each service, model, kind of start, duration and quality: the latest."""

    def learned_prices(self, service: str, since: float) -> list[Price]:
        """The prices of the service that were learned at or after `since`, in unix seconds."""
        rows = self._database.rows(
            "SELECT * FROM learned_price WHERE service = ? AND learned_at >= ?", (service, since)
        )
        return [
            Price(amount, row["model"], bool(row["from_image"]), row["duration"], row["quality"])
            for row in rows
            if (amount := price_of(row["credits"])) is not None
        ]

    async def save_learned_price(self, service: str, price: Price) -> None:
        """Save a price in place of an earlier one for the same kind of request."""
        values = (service, price.model, bool(price.from_image), price.duration, price.quality)
        await self._database.write(
            lambda connection: connection.execute(
                "INSERT OR REPLACE INTO learned_price VALUES (?, ?, ?, ?, ?, ?, ?)",
                (*values, str(price.amount), self._now()),
            )
        )
