"""What the settings say about one video generation service."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class ServiceConfig:
    """A configured place that renders videos. Its key, prices and usage are stored under its name."""

    name: str  # stored with its jobs; never changes
    base_url: str | None  # None: the built-in sandbox, started as a child process
    dialect: str = "sora"  # the protocol that it speaks; the default is for files that leave it out
    jobs_at_once: int = 3
    spending_limit: Decimal | None = None  # per day, in the service's unit; None: no limit
