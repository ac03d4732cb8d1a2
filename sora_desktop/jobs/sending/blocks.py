"""Why the queue stands still, and when it goes on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum, auto

from sora_desktop.api.errors import (
    DailyLimit,
    KeyRejected,
    NoSlot,
    OutOfCredits,
    ServiceError,
    TooBusy,
    Unreachable,
)
from sora_desktop.store.errors import StoreError

#: Seconds after which a full disk, and a balance that did not suffice, are looked at again.
DISK_AGAIN = 60.0
CREDITS_AGAIN = 1800.0
#: Seconds after a first refusal for want of a slot; each further one doubles it.
SLOT_AGAIN = 10.0


class BlockCause(Enum):
    """What the queue waits for."""

    KEY = auto()
    CREDITS = auto()
    CAP = auto()
    DAILY = auto()
    DISK = auto()
    SERVICE = auto()  # the network, a rate limit: it passes by itself
    SLOT = auto()  # too many run at once; a try costs a request
    SILENCE = auto()  # a create went unanswered: not the moment to try the next


#: Causes that pass only when a person acts, or not for hours.
LASTING = (BlockCause.KEY, BlockCause.CREDITS, BlockCause.CAP, BlockCause.DAILY, BlockCause.DISK)


@dataclass(frozen=True, slots=True)
class Block:
    """The queue stands still."""

    cause: BlockCause
    reason: str  # a sentence for a person
    since: float  # unix seconds
    until: float | None  # unix seconds; None: until something is done about it

    def is_over(self, now: float) -> bool:
        """True when its time has come, or when the clock was set back and can no longer say."""
        return now < self.since - 60.0 or (self.until is not None and now >= self.until)

    @property
    def stands(self) -> bool:
        """True when it is no use to wait for it."""
        return self.cause in LASTING


def block_after(trouble: Exception, now: float, pause: float, daily_limit_ends: float) -> Block | None:
    """What a create that surely was not accepted does to the queue; None where only its own job ends.

    `pause`: seconds until the next try, where the service does not say. `daily_limit_ends`: unix seconds.
    """
    reason = str(trouble)
    match trouble:
        case KeyRejected():
            return Block(BlockCause.KEY, reason, now, None)
        case OutOfCredits():
            return Block(BlockCause.CREDITS, reason, now, now + CREDITS_AGAIN)
        case DailyLimit():
            clock = datetime.fromtimestamp(daily_limit_ends, UTC).astimezone()
            said = f"The service's daily limit is reached; the queue goes on at {clock:%H:%M}."
            return Block(BlockCause.DAILY, said, now, daily_limit_ends)
        case TooBusy(retry_after=asked):
            return Block(BlockCause.SERVICE, reason, now, now + (pause if asked is None else max(asked, 0.5)))
        case NoSlot():
            return Block(BlockCause.SLOT, reason, now, now + SLOT_AGAIN * pause / 2)
        case Unreachable():
            return Block(BlockCause.SERVICE, reason, now, now + pause)
        case StoreError():
            return Block(BlockCause.DISK, reason, now, now + DISK_AGAIN)
        case ServiceError() | _:
            return None
