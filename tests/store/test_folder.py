"""Fingerprints of keys."""

from __future__ import annotations

from pathlib import Path

from store.opened_store import opened_database

from sora_desktop.store.database.job_store import JobStore


async def test_a_fingerprint_tells_keys_apart_and_differs_between_folders(tmp_path: Path) -> None:
    prints = []
    for name in ("one", "two"):
        async with opened_database(tmp_path / f"{name}.db") as database:
            store = JobStore(database)
            first, second = store.key_fingerprint("sk_first"), store.key_fingerprint("sk_second")
            assert first != second and "first" not in first and len(first) == 16
            assert store.key_fingerprint("") == ""
            prints += [first, second]
    async with opened_database(tmp_path / "one.db") as database:
        assert JobStore(database).key_fingerprint("sk_first") == prints[0]
    assert len(set(prints)) == 4
