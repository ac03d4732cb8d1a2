"""Learned prices on disk."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from store.opened_store import opened_store

from sora_desktop.domain.money import Price


async def test_learned_prices_belong_to_one_service_and_a_time(tmp_path: Path) -> None:
    async with opened_store(tmp_path / "library.db") as store:
        price = Price(Decimal("150"), "sora2", False, 5, "standard")
        await store.save_learned_price("test", replace(price, amount=Decimal(1)))
        await store.save_learned_price("test", price)
        assert store.learned_prices("test", 0.0) == [price]
        assert store.learned_prices("elsewhere", 0.0) == store.learned_prices("test", 8.0) == []
