"""Everything that a data folder holds."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from sora_desktop.domain.capabilities import Capabilities
from sora_desktop.domain.money import PriceTable
from sora_desktop.store.data_folder import DataFolder
from sora_desktop.store.database.database import Database
from sora_desktop.store.database.job_store import JobStore
from sora_desktop.store.draft import DraftFile
from sora_desktop.store.lock import DataLock
from sora_desktop.store.prices import PriceFile
from sora_desktop.store.sent_marks import SentMarks
from sora_desktop.store.settings import Settings, SettingsFile


class Records:
    """Settings, prices, draft and jobs. Settings and prices are read at once; the database must be opened."""

    def __init__(
        self,
        data_folder: DataFolder,
        default_prices: Path,
        capabilities: Capabilities | None = None,
        lock: DataLock | None = None,
    ) -> None:
        """`default_prices`: file of the prices in force until the user saves others.

        `capabilities`: what the prices of the first service may name; None accepts every name.

        `lock`: held by this process. None: no other process is there.
        """
        self.lock = lock
        self.data_folder = data_folder
        self.settings_file = SettingsFile(data_folder.settings_file)
        self.settings: Settings = self.settings_file.load()
        self.draft_file = DraftFile(data_folder.draft_file)
        self._default_prices = default_prices
        self.price_file = PriceFile(data_folder.prices_file(), default_prices, capabilities)
        self.prices: PriceTable = self.price_file.load()
        marks = data_folder.sent_marks
        self.database = Database(
            data_folder.database, sent_marks=None if marks is None else SentMarks(marks), lock=lock
        )
        self.jobs = JobStore(self.database)

    @property
    def clips_folder(self) -> Path:
        """Where finished clips are stored."""
        return self.settings.clips_folder or self.data_folder.clips

    def change_settings(self, **changes: object) -> None:
        """Save settings. Raises OSError; the changes then apply to this run."""
        self.settings = replace(self.settings, **changes)  # type: ignore[arg-type]
        self.settings_file.save(self.settings)

    def is_further_service(self, name: str) -> bool:
        """True for a configured service other than the first: its key and prices are stored under its name."""
        return any(config.name == name for config in self.settings.more_services)

    def price_file_of(self, service: str) -> PriceFile:
        """The price table of a service. The sandbox has the table of the first service."""
        if not self.is_further_service(service):
            return self.price_file
        return PriceFile(self.data_folder.prices_file(service), self._default_prices)

    @property
    def warnings(self) -> list[str]:
        """Sentences for the user about files that were damaged or not readable, and what is used instead."""
        files = (self.database, self.database.set_aside, self.settings_file, self.price_file, self.draft_file)
        return [file.warning for file in files if file.warning]
