"""What a sandbox with a folder of its own remembers: a file that only grows by lines, made short again at each start.

A record that has been noted survives the end of the process at any instant, kill -9 included; nothing is flushed to the
platter, since a power cut costs nobody money here. A last line that was cut is left out when the file is read.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

Record = dict[str, object]


class Memory:
    """Keeps records in the order in which they were noted."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "world.jsonl"
        self._out: int | None = None

    def note(self, record: Record) -> None:
        """Add one record; it is with the system when this returns."""
        if self._out is None:
            self._out = os.open(self._file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        os.write(self._out, (json.dumps(record) + "\n").encode())

    def records(self) -> Iterator[Record]:
        """Everything noted, oldest first. Raises ValueError for a line in the middle that is no record."""
        if not self._file.exists():
            return
        for line in self._file.read_bytes().split(b"\n")[:-1]:
            record = json.loads(line)
            if not isinstance(record, dict):
                raise ValueError(f"{self._file.name} holds a line that is no record")
            yield record

    def replace(self, records: Iterable[Record]) -> None:
        """Forget what was noted and hold these instead."""
        self.close()
        part = self._file.with_suffix(".new")
        part.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
        part.replace(self._file)

    def close(self) -> None:
        """Let go of the file; the next note opens it again."""
        if self._out is not None:
            os.close(self._out)
            self._out = None
