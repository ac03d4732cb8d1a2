"""Messages from other processes to the one that owns the data folder."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path

from sora_desktop.store.files import write_whole


@dataclass(frozen=True, slots=True)
class Message:
    """One message and the file that it came in."""

    file: Path
    content: dict[str, object]

    def done(self) -> None:
        """It was followed: after a kill before this, it is read once more."""
        self.file.unlink(missing_ok=True)


class Inbox:
    """A folder of small files, each written whole; the owner reads them oldest first."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def post(self, content: dict[str, object]) -> None:
        """Leave a message. Raises OSError."""
        import uuid  # late: every start loads this module, and few leave a message

        self._folder.mkdir(parents=True, exist_ok=True)
        name = f"{time.time_ns():020d}-{uuid.uuid4().hex}.json"
        write_whole(self._folder / name, json.dumps(content).encode())

    def read(self) -> list[Message]:
        """All messages not yet done; what is no message is thrown away."""
        found: list[Message] = []
        for file in sorted(self._folder.glob("*.json")):
            try:
                content = json.loads(file.read_bytes())
            except OSError:
                continue
            except (ValueError, RecursionError):
                content = None
            if isinstance(content, dict):
                found.append(Message(file, content))
            else:
                file.unlink(missing_ok=True)
        return found
