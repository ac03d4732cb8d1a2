"""Whether the engine has a service at work."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from sora_desktop.jobs.runner import JobRunner


@dataclass(frozen=True, slots=True)
class Disconnected:
    """No service is connected. Jobs wait on disk."""


@dataclass(frozen=True, slots=True)
class Connected:
    """The runner of the service that the window and the command line show."""

    service_name: str  # a base URL or "sandbox"
    runner: JobRunner


Connection: TypeAlias = Disconnected | Connected
