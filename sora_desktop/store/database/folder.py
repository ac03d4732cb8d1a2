"""What the database knows about its data folder: the salt of its hashes, and when it was last restored."""

from __future__ import annotations

import hashlib

from sora_desktop.store.codec import LAST_MOMENT
from sora_desktop.store.database.restore_check import HIGHEST_ATTEMPT
from sora_desktop.store.database.rows import LARGEST_NUMBER, printable
from sora_desktop.store.database.table import Table


class FolderTable(Table):
    """One row for the folder, written when the database is created."""

    def key_fingerprint(self, key: str) -> str:
        """Tells keys apart without revealing them; empty for an empty key. The same key differs between folders."""
        if not key:
            return ""
        return hashlib.blake2b(key.encode(), key=self._salt, digest_size=8).hexdigest()

    def installation_at(self, service: str) -> str:
        """Stands for this folder at a service, and reveals nothing. It stays the same, also in a restored backup.

        Another folder, and another service, get another value.
        """
        return hashlib.blake2b(f"installation at {service}".encode(), key=self._salt, digest_size=16).hexdigest()

    @property
    def _salt(self) -> bytes:
        rows = self._database.rows("SELECT key_salt FROM data_folder")
        return printable(rows[0]["key_salt"]).encode()[: hashlib.blake2b.MAX_KEY_SIZE] if rows else b""

    def other_library_sent_at(self) -> float | None:
        """When another library on this computer last sent something, in unix seconds; None if that is not known."""
        return self._database.other_library_sent_at()

    def last_restore(self) -> tuple[int, float] | None:
        """The highest attempt number, and the time in unix seconds, when the library was last found to be restored.

        Attempts up to that number may be incomplete, and later ones may be missing. None: it never was. What cannot be
        read counts as the latest attempt, and as now.
        """
        rows = self._database.rows(
            f"SELECT attempt, detected_at, {HIGHEST_ATTEMPT} AS highest FROM restored ORDER BY rowid DESC LIMIT 1"
        )
        if not rows:
            return None
        attempt, detected_at, highest = rows[0]
        return (
            attempt if isinstance(attempt, int) and 0 <= attempt <= LARGEST_NUMBER else highest,
            detected_at if isinstance(detected_at, float) and 0 <= detected_at <= LAST_MOMENT else self._now(),
        )
