"""The user's settings for running jobs."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from sora_desktop.domain.capabilities import Capabilities
from sora_desktop.domain.money import PriceTable


@dataclass(frozen=True, slots=True)
class RunnerSettings:
    """Fixed for the life of a runner, except `spending_limit`, `prices` and `paused`, which have commands."""

    service_name: str  # a base URL or "sandbox": jobs of another service are left alone
    clips_folder: Path
    prices: PriceTable
    capabilities: Capabilities
    jobs_at_once: int = 3  # at all addresses together
    spending_limit: Decimal | None = None  # per day, in the service's unit; None: no limit
    paused: bool = False
    prices_edited_at: float = 0.0  # unix seconds: prices learned before are given up
    key_fingerprint: str = ""  # of the API key; empty without a key
    more_clips_folders: tuple[Path, ...] = ()  # where clips may have been saved before
    #: Also runs jobs without a service, as in data folders of the first versions. True for one runner at a time.
    takes_unassigned: bool = True
    #: Where the user sets the service up, as messages say it, and the environment variable with the key, if one has it.
    settings_place: str = "in Settings"
    key_variable: str = ""
    mixed_places: tuple[str, ...] = ()  # places that an earlier run has found to be several engines

    @property
    def other_key_advice(self) -> str:
        """How the user lets the service have another key, named as "that key", as the begin of a sentence."""
        if self.key_variable:
            return f"Set {self.key_variable} to that key"
        return f"Enter that key for its service {self.settings_place}"

    @property
    def service_names(self) -> tuple[str, ...]:
        """The names of the jobs' service that this runner answers to."""
        return (self.service_name, "") if self.takes_unassigned else (self.service_name,)
