"""Paths inside a data folder. The only module that asks the system where user data belongs."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import appdirs

from sora_desktop.store.errors import StoreError

APP = "sora-desktop"
DATA_VARIABLE = "SORA_DESKTOP_DATA"
#: Name of the marker file of a library that is being rebuilt.
REBUILDING = "rebuilding"
STATE_VARIABLE = "SORA_DESKTOP_STATE"


class DataFolder(NamedTuple):
    """The folders and files of one data folder."""

    root: Path
    #: True if the user chose the folder. Its API key is then stored apart from the key of the default folder.
    is_custom: bool = False
    #: Where sent marks are kept, outside `root`; None: nowhere.
    sent_marks: Path | None = None

    @classmethod
    def at(cls, data: Path | None, environ: Mapping[str, str] | None = None) -> DataFolder:
        """The folder `data`, else SORA_DESKTOP_DATA, else the system's folder for user data."""
        known = os.environ if environ is None else environ
        sent_marks = _state_folder(known) / "sent"
        named = str(data) if data is not None else known.get(DATA_VARIABLE, "")
        if named:
            return cls(Path(named).expanduser().absolute(), is_custom=True, sent_marks=sent_marks)
        return cls(Path(appdirs.user_data_dir(APP, appauthor=False)), sent_marks=sent_marks)

    @property
    def database(self) -> Path:
        return self.root / "library.db"

    @property
    def clips(self) -> Path:
        """Folder of the clips unless the settings name another."""
        return self.root / "clips"

    @property
    def images(self) -> Path:
        """Copies of reference images."""
        return self.root / "images"

    @property
    def posters(self) -> Path:
        return self.root / "posters"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def inbox(self) -> Path:
        return self.root / "inbox"

    @property
    def settings_file(self) -> Path:
        return self.root / "settings.json"

    @property
    def draft_file(self) -> Path:
        return self.root / "draft.json"

    @property
    def lock_file(self) -> Path:
        return self.root / "owner.lock"

    @property
    def owner_file(self) -> Path:
        """State that the owner of the folder publishes for other processes."""
        return self.root / "owner.json"

    @property
    def rebuilding(self) -> Path:
        """Marker file: exists while the library is searched for what a lost or restored database does not list."""
        return self.root / REBUILDING

    def prices_file(self, service: str = "") -> Path:
        """The user's price table for a further service; with an empty name, for the first one."""
        return self.root / f"prices{_suffix(service)}.json"

    def key_file(self, service: str = "") -> Path:
        """The API key of a further service, if the user asked for a file; with an empty name, of the first one."""
        return self.root / f"api-key{_suffix(service)}"

    def make(self) -> None:
        """Create the folders. Raises StoreError if that fails."""
        for folder in (self.root, self.images, self.posters, self.logs, self.inbox):
            try:
                folder.mkdir(parents=True, exist_ok=True)
                with tempfile.TemporaryFile(dir=folder):
                    pass
            except OSError as error:
                raise StoreError(
                    f"The data folder {folder} cannot be written ({error.strerror or error}). "
                    "Choose another folder with --data."
                ) from error


def _state_folder(environ: Mapping[str, str]) -> Path:
    """SORA_DESKTOP_STATE, else the system's folder for state; beside the data where the system has none of its own."""
    named = environ.get(STATE_VARIABLE, "")
    if named:
        return Path(named).expanduser().absolute()
    folder = Path(appdirs.user_state_dir(APP, appauthor=False))
    if folder == Path(appdirs.user_data_dir(APP, appauthor=False)):  # Windows and macOS: it is restored with the data
        return folder.with_name(f"{APP}-state")
    return folder


def _suffix(service: str) -> str:
    """A file name's ending for a service: "-" and the name, safe on every file system."""
    if not service:
        return ""
    from urllib.parse import quote  # late: only further services need it

    return f"-{quote(service, safe='')}"
