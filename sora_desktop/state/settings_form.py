"""The settings as the settings dialog shows and returns them."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class SettingsForm:
    """The settings that the user can edit. The form never contains the stored key."""

    base_url: str
    clips_folder: str  # a path as typed; never empty once saved
    jobs_at_once: int  # 1-10
    theme: str  # "system", "light", "dark", "contrast-light" or "contrast-dark"
    has_key: bool  # a key is stored already
    notify: bool = True  # on the desktop, while the window is not in front
    key_in_file: bool = False  # store the key in a file if the system has no keyring
    key_override: str = ""  # why another key than the stored one counts, in a sentence; empty if none does
    base_url_override: str = ""  # the same for the base URL
    spending_limit: Decimal | None = None  # per day, in the unit of the service; None: no limit
