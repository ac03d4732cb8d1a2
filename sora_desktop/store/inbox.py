"""Messages from other processes to the one that owns the data folder."""

from __future__ import annotations

import json
import logging
import time
from dataclasses import dataclass
from pathlib import Path

from sora_desktop.store.files import write_atomically

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Message:
    """One message and its file."""

    file: Path
    content: dict[str, object] | None  # None: the file is no message


class Inbox:
    """A folder with one file for each message. The owner reads the oldest first, and reads no message after its end.

    Where a file can be neither deleted nor renamed, its name is kept beside the folder, for later runs too.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._ended_file = folder.with_name(f"{folder.name}-done.json")
        #: By name: messages that have ended and are still in the folder. True: to be deleted; False: to be set aside.
        self._ended: dict[str, bool] | None = None

    def post(self, content: dict[str, object]) -> Path:
        """Add a message, and return its file. Raises OSError."""
        import uuid  # late: every start imports this module, and few post a message

        self._folder.mkdir(parents=True, exist_ok=True)
        file = self._folder / f"{time.time_ns():020d}-{uuid.uuid4().hex}.json"
        write_atomically(file, json.dumps(content).encode())
        return file

    def read(self) -> list[Message]:
        """All messages that have not ended."""
        self._retry_ended()
        messages: list[Message] = []
        for file in sorted(self._folder.glob("*.json")):
            if file.name in self._known_ended():
                continue
            try:
                content = json.loads(file.read_bytes())
            except OSError:
                continue
            except (ValueError, RecursionError):
                content = None
            messages.append(Message(file, content if isinstance(content, dict) else None))
        return messages

    def done(self, message: Message) -> None:
        """Delete a message that was carried out. A program killed before that reads it again."""
        self._end(message.file.name, is_done=True)

    def set_aside(self, message: Message) -> Path:
        """Keep a message that cannot be carried out under another name; return its file."""
        self._end(message.file.name, is_done=False)
        failed = failed_file(message.file)
        return failed if failed.exists() else message.file

    def _end(self, name: str, *, is_done: bool) -> None:
        error = self._try_to_end(name, is_done=is_done)
        if error is not None:
            log.warning("the message %s has ended and stays in its folder: %s", name, error)
            self._known_ended()[name] = is_done
            self._write_ended()

    def _retry_ended(self) -> None:
        ended = self._known_ended()
        gone = [name for name, is_done in ended.items() if self._try_to_end(name, is_done=is_done) is None]
        for name in gone:
            del ended[name]
        if gone:
            self._write_ended()

    def _try_to_end(self, name: str, *, is_done: bool) -> OSError | None:
        file = self._folder / name
        try:
            if is_done:
                file.unlink(missing_ok=True)
            elif file.exists():
                file.replace(failed_file(file))
        except OSError as error:
            return error
        return None

    def _known_ended(self) -> dict[str, bool]:
        if self._ended is None:
            try:
                names = json.loads(self._ended_file.read_bytes()).items()
                self._ended = {name: bool(is_done) for name, is_done in names if Path(name).name == name}
            except (OSError, ValueError, AttributeError, RecursionError):
                self._ended = {}
        return self._ended

    def _write_ended(self) -> None:
        try:
            if self._ended:
                write_atomically(self._ended_file, json.dumps(self._ended).encode())
            else:
                self._ended_file.unlink(missing_ok=True)
        except OSError as error:
            log.warning("the names of messages that have ended could not be saved: %s", error)


def failed_file(message: Path) -> Path:
    """Where a message is kept that could not be carried out."""
    return message.with_name(f"{message.name}.failed")
