"""Where everything is kept: the only module that knows the system's folders."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import appdirs

from sora_desktop.store.errors import StoreError

APP = "sora-desktop"
DATA_VARIABLE = "SORA_DESKTOP_DATA"


@dataclass(frozen=True, slots=True)
class DataFolder:
    """Folders and files of one data folder."""

    root: Path
    #: True when a person chose the folder: its key must not be mixed with the everyday one.
    is_custom: bool = False

    @classmethod
    def at(cls, data: Path | None, environ: Mapping[str, str] | None = None) -> DataFolder:
        """Below `data`, else below SORA_DESKTOP_DATA, else where the system keeps such things."""
        known = os.environ if environ is None else environ
        named = str(data) if data is not None else known.get(DATA_VARIABLE, "")
        if named:
            return cls(Path(named).expanduser().absolute(), is_custom=True)
        return cls(Path(appdirs.user_data_dir(APP, appauthor=False)))

    @property
    def database(self) -> Path:
        return self.root / "library.db"

    @property
    def clips(self) -> Path:
        """Where clips go unless the settings say otherwise."""
        return self.root / "clips"

    @property
    def images(self) -> Path:
        """Our copies of reference images."""
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
    def prices_file(self) -> Path:
        return self.root / "prices.json"

    @property
    def lock_file(self) -> Path:
        return self.root / "owner.lock"

    @property
    def owner_file(self) -> Path:
        """What the program that owns the folder tells other processes."""
        return self.root / "owner.json"

    @property
    def rebuilding(self) -> Path:
        """Is there from when clips are being looked for that the library does not list to when all are listed."""
        return self.root / "rebuilding"

    def make(self) -> None:
        """Make the folders. Raises StoreProblem where that is not possible."""
        for folder in (self.root, self.images, self.posters, self.logs, self.inbox):
            try:
                folder.mkdir(parents=True, exist_ok=True)
                with tempfile.TemporaryFile(dir=folder):
                    pass
            except OSError as error:
                raise StoreError(
                    f"The data folder {folder} cannot be written ({error.strerror or error}). "
                    "Choose another with --data."
                ) from error
