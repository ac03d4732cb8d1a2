"""What the database knows about its data folder: its identity, and whether it was restored from a copy."""

from __future__ import annotations

import hashlib

from sora_desktop.store.database.table import Table


class FolderTable(Table):
    """One row for the folder, written when the database is created."""

    def folder_id(self) -> str:
        """A random name, the same for as long as the folder exists and in every copy of it."""
        return str(self._database.rows("SELECT id FROM data_folder")[0]["id"])

    def key_fingerprint(self, key: str) -> str:
        """Tells keys apart without revealing them; empty for an empty key. The same key differs between folders."""
        if not key:
            return ""
        salt = str(self._database.rows("SELECT key_salt FROM data_folder")[0]["key_salt"])
        return hashlib.blake2b(key.encode(), key=salt.encode(), digest_size=8).hexdigest()

    def last_restore(self) -> tuple[int, float] | None:
        """The highest attempt number in the copy that the folder was last restored from, and when that was noticed.

        In unix seconds; None if it was never restored.
        """
        rows = self._database.rows("SELECT attempt, detected_at FROM restored ORDER BY rowid DESC LIMIT 1")
        return (int(rows[0]["attempt"]), float(rows[0]["detected_at"])) if rows else None
