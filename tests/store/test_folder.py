"""Fingerprints of keys, and what stands for a data folder at services."""

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


async def test_what_stands_for_a_folder_stays_the_same_and_differs_between_folders_and_services(tmp_path: Path) -> None:
    found = []
    for name in ("one", "two"):
        async with opened_database(tmp_path / f"{name}.db") as database:
            store = JobStore(database)
            found += [store.installation_at("Cluster"), store.installation_at("Studio")]
            stored = ",".join(str(value) for row in database.rows("SELECT * FROM data_folder") for value in row)
            assert not any(each in stored for each in found)
            assert store.key_fingerprint("Cluster") not in found[-2]
    async with opened_database(tmp_path / "one.db") as database:
        await database.write(lambda connection: connection.execute("UPDATE data_folder SET id = 'a restored copy'"))
        assert JobStore(database).installation_at("Cluster") == found[0]
    assert len(set(found)) == 4
