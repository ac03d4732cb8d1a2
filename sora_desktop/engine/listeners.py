"""Callbacks from the engine to whoever shows its state."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sora_desktop.domain.job import Job, JobId
from sora_desktop.domain.money import Balance, Money, PriceTable
from sora_desktop.domain.queue import QueueState


def ignore(_: object) -> None:
    """The default of every callback."""


@dataclass(frozen=True, slots=True)
class Listeners:
    """One callback for each kind of change; called on the loop's thread."""

    job: Callable[[Job], None] = ignore
    balance: Callable[[Balance], None] = ignore
    preview_ready: Callable[[JobId], None] = ignore
    #: A second window was started. None: there is no window to raise.
    raise_window: Callable[[], None] | None = None
    money: Callable[[Money], None] = ignore
    prices: Callable[[PriceTable], None] = ignore
    queue: Callable[[QueueState], None] = ignore
