"""Callbacks from the engine to the interface that shows its state."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sora_desktop.domain.job import ChangedJobs, JobId
from sora_desktop.domain.money import Balance, Money, PriceTable
from sora_desktop.domain.queue import QueueState
from sora_desktop.domain.service_state import ServiceState


def ignore(_: object) -> None:
    """Default of every callback."""


@dataclass(frozen=True, slots=True)
class Listeners:
    """One callback for each kind of change. All are called on the event loop's thread.

    `jobs` reports the jobs of all services; balance, money, prices and queue belong to the current service.
    """

    jobs: Callable[[ChangedJobs], None] = ignore
    balance: Callable[[Balance], None] = ignore
    preview_ready: Callable[[JobId], None] = ignore
    #: A second window was started. None: this process has no window.
    raise_window: Callable[[], None] | None = None
    money: Callable[[Money], None] = ignore
    prices: Callable[[PriceTable], None] = ignore
    #: Something happened outside the user's own actions that the user should know, as a sentence.
    warning: Callable[[str], None] = ignore
    #: While no service is current, the engine itself reports whether the queue is paused.
    queue: Callable[[QueueState], None] = ignore
    #: All services, after something about one of them has changed: first, further, sandbox.
    services: Callable[[tuple[ServiceState, ...]], None] = ignore
