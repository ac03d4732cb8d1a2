"""What the settings dialog shows and gives back."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class SettingsForm:
    """The settings as a person edits them. The key itself never comes out of the keyring into the form."""

    base_url: str
    clips_folder: str  # a path as written; never empty in what is saved
    jobs_at_once: int  # 1-10
    theme: str  # "system", "dark" or "light"
    has_key: bool  # a key is stored already
    #: The person asks for a file, should the system have no keyring.
    key_in_file: bool = False
    spending_limit: Decimal | None = None  # credits; None: no cap
