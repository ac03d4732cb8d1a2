"""Whether the queue sends, and if not, why."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class QueueState:
    """What a person is told of the queue as a whole."""

    paused: bool = False  # by a person
    #: Why it stands still by itself, in a sentence for a person; empty while it sends.
    reason: str = ""
    until: float | None = None  # unix seconds when it goes on by itself; None: when something is done about it

    #: What a person should mend although nothing waits for it yet, in a sentence; empty when nothing is known of.
    warning: str = ""

    @property
    def stands(self) -> bool:
        """True while nothing is sent."""
        return self.paused or bool(self.reason)
