"""Whether the queue sends jobs, and if not, why."""

from __future__ import annotations

from typing import NamedTuple


class QueueState(NamedTuple):
    """The state of the queue as shown to the user."""

    paused: bool = False  # by the user
    #: Why the queue is blocked, as a sentence for the user; empty if it is not.
    reason: str = ""
    until: float | None = None  # unix seconds when the block ends; None: when its cause is removed
    #: What the user should correct before the next job is sent, as a sentence; empty if nothing is known.
    warning: str = ""
