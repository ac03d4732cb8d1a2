"""Exchanges on disk."""

from __future__ import annotations

from pathlib import Path

import pytest
from store.opened_store import opened_store

from sora_desktop.domain.job import JobId
from sora_desktop.domain.ledger import Exchange
from sora_desktop.store.database import exchanges as exchanges_module
from sora_desktop.store.database.exchanges import MAX_BYTES_PER_JOB, MAX_EXCHANGES_PER_JOB
from sora_desktop.store.errors import StoreError


async def test_only_the_latest_exchanges_of_each_job_are_kept(tmp_path: Path) -> None:
    async with opened_store(tmp_path / "library.db") as store:
        exchanges = [Exchange(float(n), "GET", "/tasks/t", 200, str(n)) for n in range(30)]
        await store.save_exchanges(JobId("a"), exchanges[:20])
        await store.save_exchanges(JobId("b"), exchanges[:2])
        await store.save_exchanges(JobId("a"), exchanges[20:])
        assert store.exchanges(JobId("a")) == exchanges[-MAX_EXCHANGES_PER_JOB:]
        assert store.exchanges(JobId("b")) == exchanges[:2]


#: As many bytes as UTF-8 can need for one character.
WIDE = "\U0001f3ac"


def bytes_of(exchange: Exchange) -> int:
    return sum(len(text.encode()) for text in (exchange.path, exchange.answer, exchange.headers))


async def test_little_of_each_exchange_is_kept_in_bytes(tmp_path: Path) -> None:
    async with opened_store(tmp_path / "library.db") as store:
        large = Exchange(1.0, "GET", WIDE * 9000, 200, WIDE * 9000, headers=WIDE * 9000)
        await store.save_exchanges(JobId("a"), [large])
        (kept,) = store.exchanges(JobId("a"))
        assert [len(text.encode()) for text in (kept.path, kept.answer, kept.headers)] == [200, 1500, 300]
        assert large.answer.startswith(kept.answer)


async def test_the_exchanges_of_one_job_are_limited_in_bytes(tmp_path: Path) -> None:
    async with opened_store(tmp_path / "library.db") as store:
        for n in range(12):
            await store.save_exchanges(JobId("a"), [Exchange(float(n), "GET", "/t", 200, f"{n}" + "x" * 5000)])
        kept = store.exchanges(JobId("a"))
        assert [each.at for each in kept] == [6.0, 7.0, 8.0, 9.0, 10.0, 11.0]
        assert sum(map(bytes_of, kept)) <= MAX_BYTES_PER_JOB


async def test_all_exchanges_are_limited_in_bytes_and_the_latest_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exchanges_module, "MAX_BYTES", 200_000)
    monkeypatch.setattr(exchanges_module, "ROWS_AT_ONCE", 5)
    for run in range(2):
        async with opened_store(tmp_path / "library.db") as store:
            for n in range(100):
                many = [Exchange(float(k), "GET", "/t", 200, f"{k}" + WIDE * 300) for k in range(3)]
                await store.save_exchanges(JobId(f"job {run} {n}"), many)
            everything = [each for m in range(2) for n in range(100) for each in store.exchanges(JobId(f"job {m} {n}"))]
            assert 150_000 < sum(map(bytes_of, everything)) <= 200_000
            assert len(store.exchanges(JobId(f"job {run} 99"))) == 3 and not store.exchanges(JobId(f"job {run} 0"))


async def test_of_the_same_answer_again_and_again_the_first_and_the_last_stay(tmp_path: Path) -> None:
    async with opened_store(tmp_path / "library.db") as store:
        answers = ["queued"] * 30 + ["rendering"] * 2 + ["done"]
        exchanges = [Exchange(float(n), "GET", "/t", 200, answer) for n, answer in enumerate(answers)]
        for each in exchanges:
            await store.save_exchanges(JobId("a"), [each])
        await store.save_exchanges(JobId("b"), exchanges)
        assert store.exchanges(JobId("b")) == store.exchanges(JobId("a")) == [exchanges[n] for n in (0, 29, 30, 31, 32)]


async def test_a_failed_write_does_not_change_what_is_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened_store(tmp_path / "library.db") as store:
        await store.save_exchanges(JobId("a"), [Exchange(1.0, "GET", "/t", 200, "x" * 1000)])
        with pytest.raises(StoreError):
            await store.save_exchanges(JobId("a"), [Exchange(None, "GET", "/t", 200, "y" * 1000)])  # type: ignore[arg-type]
        monkeypatch.setattr(exchanges_module, "MAX_BYTES", 1500)
        await store.save_exchanges(JobId("b"), [Exchange(2.0, "GET", "/t", 200, "z" * 100)])
        assert len(store.exchanges(JobId("a"))) == 1
