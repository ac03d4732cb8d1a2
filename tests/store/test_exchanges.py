"""Exchanges on disk."""

from __future__ import annotations

from pathlib import Path

from store.opened_store import opened_store

from sora_desktop.domain.job import JobId
from sora_desktop.domain.ledger import Exchange
from sora_desktop.store.database.exchanges import MAX_EXCHANGES_PER_JOB


async def test_only_the_latest_exchanges_of_each_job_are_kept(tmp_path: Path) -> None:
    async with opened_store(tmp_path / "library.db") as store:
        exchanges = [Exchange(float(n), "GET", "/tasks/t", 200, str(n)) for n in range(30)]
        await store.save_exchanges(JobId("a"), exchanges[:20])
        await store.save_exchanges(JobId("b"), exchanges[:2])
        await store.save_exchanges(JobId("a"), exchanges[20:])
        assert store.exchanges(JobId("a")) == exchanges[-MAX_EXCHANGES_PER_JOB:]
        assert store.exchanges(JobId("b")) == exchanges[:2]
