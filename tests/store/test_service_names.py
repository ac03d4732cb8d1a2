"""Rows that an earlier version wrote under another spelling of a base URL belong to the same service."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import pytest
from builders import a_job
from store.opened_store import opened_store

from sora_desktop.domain.job import Unconfirmed, Waiting
from sora_desktop.domain.ledger import KnownBalance
from sora_desktop.domain.money import Balance, Price

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


@pytest.mark.parametrize("table", ["job", "attempt", "learned_price", "known_balance"])
async def test_a_name_that_is_no_text_keeps_no_other_from_being_replaced(tmp_path: Path, table: str) -> None:
    file = tmp_path / "library.db"
    async with opened_store(file) as store:
        await store.add([a_job(Waiting(), service="HTTPS://API.example/v1"), a_job(Waiting(), 2, service="other")])
        await store.begin_attempt(a_job(Unconfirmed(), 3, service="other"), None, Decimal(100))
        await store.save_learned_price("other", Price(Decimal(150), "sora2", False, 5, "standard"))
        await store.save_known_balance("other", "key", KnownBalance(Balance(Decimal(1), 1.0), 1))
    with closing(sqlite3.connect(file)) as connection, connection:
        changed = connection.execute(f"UPDATE {table} SET service = CAST(x'61ff' AS TEXT) WHERE service = 'other'")
        assert changed.rowcount
    async with opened_store(file) as store:
        await store.unify_service(NAME)
        assert {job.service for job in store.everything()} >= {NAME}
