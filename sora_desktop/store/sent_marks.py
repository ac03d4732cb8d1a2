"""Sent marks: how far each library has sent, kept outside its data folder, where restoring a backup does not reach."""

from __future__ import annotations

import json
import logging
import os
from pathlib import Path
from typing import NamedTuple

from sora_desktop.store.disk import flush_folder
from sora_desktop.store.files import write_atomically

log = logging.getLogger(__name__)

#: No library has more attempts. A mark with a higher number is damaged.
_HIGHEST = 2**53


class SentMark(NamedTuple):
    """What is known about one library from its last use on this computer."""

    folder: Path  # its data folder, with links resolved
    attempt: int  # no create with a higher attempt number was sent


class SentMarks:
    """A folder with one small file for each library, by the id in its database. A file that cannot be read is none."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._has_warned = False

    def read(self, library: str) -> SentMark | None:
        """The mark of a library; None if there is none or it cannot be read."""
        return _mark_in(self._file(library))

    def others_changed_at(self, library: str) -> float | None:
        """When another library last noted how far it has sent, in unix seconds; None if none is known."""
        own, latest = self._file(library), None
        try:
            for file in self._folder.glob("*.json"):
                if file != own:
                    latest = max(latest or 0.0, file.stat().st_mtime)
        except OSError:
            pass
        return latest

    def write(self, library: str, mark: SentMark) -> None:
        """Replace the mark of a library; on disk when this returns. If it cannot be written, that is logged once."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            content = {"folder": str(mark.folder), "attempt": mark.attempt}
            write_atomically(self._file(library), json.dumps(content).encode())
            flush_folder(self._folder)
        except OSError as error:
            if not self._has_warned:
                log.warning(
                    "%s cannot be written (%s): a restored backup of this library will not be noticed",
                    self._folder,
                    error.strerror or error,
                )
            self._has_warned = True

    def _file(self, library: str) -> Path:
        return self._folder / f"{library}.json"


def resolved(folder: Path) -> Path:
    """The folder as marks name it: links resolved, one spelling where the system has several."""
    return Path(os.path.normcase(os.path.realpath(folder)))


def _mark_in(file: Path) -> SentMark | None:
    try:
        fields = json.loads(file.read_bytes())
        folder, attempt = fields["folder"], fields["attempt"]
        if isinstance(folder, str) and type(attempt) is int and 0 <= attempt <= _HIGHEST:
            return SentMark(Path(folder), attempt)
        return None
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
