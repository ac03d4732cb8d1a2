"""The state of a sandbox on disk: a file of JSON lines that is only appended to and compacted at each start.

A record survives the end of the process at any instant, also by SIGKILL. It is not flushed to the disk itself: a power
failure may lose the last records, which costs nothing here. An incomplete last line is ignored.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

Record = dict[str, object]


class EventLog:
    """Appends records to one file and reads them in the same order."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "world.jsonl"
        self._descriptor: int | None = None

    def append(self, record: Record) -> None:
        """Add one record. The operating system has it when this returns."""
        if self._descriptor is None:
            self._descriptor = os.open(self._file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        os.write(self._descriptor, (json.dumps(record) + "\n").encode())

    def records(self) -> Iterator[Record]:
        """All records, oldest first. Raises ValueError for a complete line that is not a record."""
        if not self._file.exists():
            return
        for line in self._file.read_bytes().split(b"\n")[:-1]:
            record = json.loads(line)
            if not isinstance(record, dict):
                raise ValueError(f"{self._file.name} holds a line that is not a record")
            yield record

    def rewrite(self, records: Iterable[Record]) -> None:
        """Replace the content in one step."""
        self.close()
        part = self._file.with_suffix(".new")
        part.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
        part.replace(self._file)

    def close(self) -> None:
        """Close the file; the next `append` opens it again."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
