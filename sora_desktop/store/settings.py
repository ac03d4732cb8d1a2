"""What a person has set, in one readable file."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import msgspec

from sora_desktop.store.codec import read_settings_value, to_text
from sora_desktop.store.files import keep_aside, write_whole

log = logging.getLogger(__name__)

#: The live service. Source: its reference pages.
BASE_URL = "https://soravideo.art/api/v1"


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything but the key, which is kept elsewhere."""

    base_url: str = BASE_URL
    library_folder: Path | None = None  # None: in the data folder
    jobs_at_once: int = 3
    theme: str = "system"  # or "dark", "light"
    volume: float = 0.8  # 0-1
    loop: bool = True
    window: str = ""  # geometry and columns, base64
    daily_cap: Decimal | None = None  # credits; None: no cap
    paused: bool = False
    ask_before_closing: bool = True  # while videos are under way


class SettingsFile:
    """Loads and saves; a damaged file is kept aside and the defaults hold."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def load(self) -> Settings:
        """The settings, or the defaults."""
        try:
            return read_settings_value(self._file.read_bytes(), Settings)
        except FileNotFoundError:
            return Settings()
        except (msgspec.MsgspecError, UnicodeError):
            keep_aside(self._file)
            return Settings()
        except OSError as error:
            log.warning("%s cannot be read: %s", self._file, error)
            return Settings()

    def save(self, settings: Settings) -> None:
        """Replace the file in one step. Raises OSError."""
        write_whole(self._file, msgspec.json.format(to_text(settings).encode(), indent=2))
