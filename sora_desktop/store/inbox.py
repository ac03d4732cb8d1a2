"""Messages from other processes to the one that owns the data folder."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path

from sora_desktop.store.files import write_atomically


@dataclass(frozen=True, slots=True)
class Message:
    """One message and its file."""

    file: Path
    content: dict[str, object]

    def done(self) -> None:
        """Delete the message after acting on it. A program killed before that reads it again."""
        self.file.unlink(missing_ok=True)


class Inbox:
    """A folder with one file for each message. The owner reads the oldest first."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def post(self, content: dict[str, object]) -> None:
        """Add a message. Raises OSError."""
        import uuid  # late: every start imports this module, and few post a message

        self._folder.mkdir(parents=True, exist_ok=True)
        name = f"{time.time_ns():020d}-{uuid.uuid4().hex}.json"
        write_atomically(self._folder / name, json.dumps(content).encode())

    def read(self) -> list[Message]:
        """All messages that are not done. Invalid files are deleted."""
        messages: list[Message] = []
        for file in sorted(self._folder.glob("*.json")):
            try:
                content = json.loads(file.read_bytes())
            except OSError:
                continue
            except (ValueError, RecursionError):
                content = None
            if isinstance(content, dict):
                messages.append(Message(file, content))
            else:
                file.unlink(missing_ok=True)
        return messages
