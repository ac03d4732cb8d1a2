"""Messages from other processes to the one that owns the data folder."""

from __future__ import annotations

import json
import time
import uuid
from pathlib import Path

from sora_desktop.store.files import write_whole


class Inbox:
    """A folder of small files, each written whole; the owner takes them oldest first."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def post(self, message: dict[str, object]) -> None:
        """Leave a message. Raises OSError."""
        self._folder.mkdir(parents=True, exist_ok=True)
        name = f"{time.time_ns():020d}-{uuid.uuid4().hex}.json"
        write_whole(self._folder / name, json.dumps(message).encode())

    def take(self) -> list[dict[str, object]]:
        """All messages; what is no message is thrown away."""
        taken: list[dict[str, object]] = []
        for file in sorted(self._folder.glob("*.json")):
            try:
                message = json.loads(file.read_bytes())
            except (OSError, ValueError):
                message = None
            file.unlink(missing_ok=True)
            if isinstance(message, dict):
                taken.append(message)
        return taken
