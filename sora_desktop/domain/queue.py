"""Whether the queue sends jobs, if not why, and where the user can move a waiting job."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from sora_desktop.domain.job import JobId


class QueueState(NamedTuple):
    """The state of the queue as shown to the user."""

    paused: bool = False  # by the user
    #: Why the queue is blocked, as a sentence for the user; empty if it is not.
    reason: str = ""
    until: float | None = None  # unix seconds when the block ends; None: when its cause is removed
    #: What the user should correct before the next job is sent, as a sentence; empty if nothing is known.
    warning: str = ""
    #: True if the queue waits for a balance that the program can raise at no cost.
    tops_up: bool = False


class Place(StrEnum):
    """Where the user moves a waiting job."""

    FRONT = "front"
    UP = "up"
    DOWN = "down"
    END = "end"


class Before(NamedTuple):
    """Where the user moves a waiting job: directly before another waiting job."""

    id: JobId
