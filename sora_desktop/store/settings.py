"""What a person has set, in one readable file."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import msgspec

from sora_desktop.store.codec import to_text, value_from_text
from sora_desktop.store.files import set_aside, write_whole

#: The live service. Source: its reference pages.
BASE_URL = "https://soravideo.art/api/v1"


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything but the key, which is kept elsewhere."""

    base_url: str = BASE_URL
    clips_folder: Path | None = None  # None: in the data folder
    jobs_at_once: int = 3
    theme: str = "system"  # or "dark", "light"
    volume: float = 0.8  # 0-1
    loop: bool = True
    window: str = ""  # geometry and columns, base64
    spending_limit: Decimal | None = None  # credits; None: no cap
    paused: bool = False
    ask_before_closing: bool = True  # while videos are under way


#: Fields whose name in the file is not their name here.
_STORED_FIELDS = {Settings: {"clips_folder": "library_folder", "spending_limit": "daily_cap"}}


class SettingsFile:
    """Loads and saves; a damaged file is kept aside and the defaults hold."""

    def __init__(self, file: Path) -> None:
        self._file = file
        #: Why the defaults hold although there is a file, in a sentence; empty when nothing is wrong.
        self.warning = ""

    def load(self) -> Settings:
        """The settings, or the defaults; then `remark` says why."""
        self.warning = ""
        try:
            return value_from_text(self._file.read_bytes(), Settings, _STORED_FIELDS)
        except FileNotFoundError:
            return Settings()
        except (msgspec.MsgspecError, UnicodeError):
            self.warning = f"{set_aside(self._file, 'settings')} The defaults hold, without a daily cap."
            return Settings()
        except OSError as error:
            self.warning = (
                f"The settings in {self._file} cannot be read ({error.strerror or error}); the defaults hold."
            )
            return Settings()

    def is_paused(self) -> bool:
        """What the file says of the queue, for those who do not own it. A damaged file stays: its owner sets it aside
        and pauses the queue."""
        try:
            return value_from_text(self._file.read_bytes(), Settings, _STORED_FIELDS).paused
        except FileNotFoundError:
            return False
        except (msgspec.MsgspecError, UnicodeError, OSError):
            return True

    def save(self, settings: Settings) -> None:
        """Replace the file in one step. Raises OSError."""
        write_whole(self._file, msgspec.json.format(to_text(settings, _STORED_FIELDS).encode(), indent=2))
