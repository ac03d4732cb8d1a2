"""Rows that an earlier version wrote under another spelling of a base URL belong to the same service."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from builders import a_job
from store.opened_store import opened_store

from sora_desktop.domain.job import Unconfirmed, Waiting
from sora_desktop.domain.money import Price

NAME = "https://api.example/v1"


async def test_other_spellings_are_replaced(tmp_path: Path) -> None:
    async with opened_store(tmp_path / "library.db") as store:
        services = ["HTTPS://API.example:443/v1", "https://api.example:443/v1", NAME, "sandbox", ""]
        await store.add([a_job(Waiting(), number, service=service) for number, service in enumerate(services)])
        await store.begin_attempt(a_job(Unconfirmed(), 9, service=services[0]), None, Decimal(100))
        for service in (services[0], NAME):
            await store.save_learned_price(service, Price(Decimal(150), "sora2", False, 5, "standard"))
        await store.unify_service(NAME)
        found = sorted(job.service for job in store.everything())
        assert found == sorted([NAME] * 4 + ["sandbox", ""])
        assert [attempt.service for attempt in store.attempts_after(0, NAME)] == [NAME]
        assert len(store.learned_prices(NAME, 0.0)) == 1, "two spellings of one price"
