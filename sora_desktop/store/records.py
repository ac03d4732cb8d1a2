"""All that a data folder holds, at one hand."""

from __future__ import annotations

from pathlib import Path

from sora_desktop.domain.money import PriceTable
from sora_desktop.store.data_folder import DataFolder
from sora_desktop.store.database.connection import Database
from sora_desktop.store.database.jobs import JobStore
from sora_desktop.store.draft import DraftFile
from sora_desktop.store.prices import PriceFile
from sora_desktop.store.settings import Settings, SettingsFile


class Records:
    """Settings, prices, draft and jobs. The first two are read at once; the database wants to be opened."""

    def __init__(self, data_folder: DataFolder, shipped_prices: Path) -> None:
        """`shipped_prices` hold while a person has none of their own."""
        self.data_folder = data_folder
        self.settings_file = SettingsFile(data_folder.settings_file)
        self.settings: Settings = self.settings_file.load()
        self.draft_file = DraftFile(data_folder.draft_file)
        self.price_file = PriceFile(data_folder.prices_file, shipped_prices)
        self.prices: PriceTable = self.price_file.load()
        self.database = Database(data_folder.database)
        self.jobs = JobStore(self.database)

    @property
    def warnings(self) -> list[str]:
        """What a person should know of files that were damaged, and what holds instead."""
        files = (self.database, self.settings_file, self.price_file, self.draft_file)
        return [file.warning for file in files if file.warning]
