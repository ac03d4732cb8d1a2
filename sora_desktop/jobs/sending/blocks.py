"""The block: why the queue is not sending, and until when.

The user's pause, a warning about the key, and free slots are in `SendingQueue`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum, auto

from sora_desktop.api.errors import (
    AnswerLost,
    DailyLimit,
    InsufficientBalance,
    KeyRejected,
    NoSlot,
    ServiceError,
    TooBusy,
    Unreachable,
)
from sora_desktop.jobs.money.spending_limit import BalanceTooLow, OverLimit
from sora_desktop.jobs.polling.outage import OUTAGE_WORTH_WAITING
from sora_desktop.jobs.polling.rate_limit import ServiceDay
from sora_desktop.store.errors import ChangedElsewhere, LockLost, StoreError

#: Seconds after which the queue tries again on a full disk, and with a balance that was too low.
DISK_RETRY = 60.0
BALANCE_RETRY = 1800.0
#: Seconds after the first refusal for lack of a slot; each further refusal doubles it.
SLOT_RETRY = 10.0
#: Seconds: the longest pause between two tries, and the pauses after creates without an answer.
LONGEST_SEND_PAUSE = 60.0
FIRST_SILENCE, LONGEST_SILENCE = 5.0, 600.0


class BlockCause(Enum):
    """What the queue waits for."""

    KEY = auto()
    BALANCE = auto()
    SPENDING_LIMIT = auto()  # the user's daily spending limit
    SERVICE_LIMIT = auto()  # the service's daily limit
    DISK = auto()
    SERVICE = auto()  # the network or a rate limit: passes without the user
    SLOT = auto()  # too many tasks run at once; a try costs a request
    SILENCE = auto()  # a create was not answered: not the moment to try the next


#: Causes that pass only when the user acts, or not for hours.
LASTING = (BlockCause.KEY, BlockCause.BALANCE, BlockCause.SPENDING_LIMIT, BlockCause.SERVICE_LIMIT, BlockCause.DISK)


@dataclass(frozen=True, slots=True)
class Block:
    """A reason not to send."""

    cause: BlockCause
    reason: str  # for the user
    since: float  # unix seconds
    until: float | None  # unix seconds; None: until the cause is removed

    def is_over(self, now: float) -> bool:
        """True when its time has come, or if the clock was set back and can no longer tell."""
        return now < self.since - 60.0 or (self.until is not None and now >= self.until)


def block_after(error: Exception, now: float, pause: float, day: ServiceDay) -> Block | None:
    """The block after a create that was certainly not accepted; None if only its own job ends.

    `pause`: seconds until the next try, for errors that do not come with a time.
    """
    reason = str(error)
    match error:
        case KeyRejected():
            return Block(BlockCause.KEY, reason, now, None)
        case InsufficientBalance():
            return Block(BlockCause.BALANCE, reason, now, now + BALANCE_RETRY)
        case DailyLimit():
            until = day.limit_ends(now)
            reason = f"The service's daily limit is reached; the queue continues at {_local(until):%H:%M}."
            return Block(BlockCause.SERVICE_LIMIT, reason, now, until)
        case TooBusy(retry_after=seconds):
            return Block(BlockCause.SERVICE, reason, now, now + (pause if seconds is None else max(seconds, 0.5)))
        case NoSlot():
            return Block(BlockCause.SLOT, reason, now, now + SLOT_RETRY * pause / 2)
        case Unreachable() | AnswerLost():  # AnswerLost: of an upload, which is free and harmless to repeat
            return Block(BlockCause.SERVICE, reason, now, now + pause)
        case ChangedElsewhere() | LockLost():
            return Block(BlockCause.DISK, reason, now, None)
        case StoreError():
            return Block(BlockCause.DISK, reason, now, now + DISK_RETRY)
        case ServiceError() | _:
            return None


def _local(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC).astimezone()


class QueueBlock:
    """Owns the block of one queue, and counts failures in a row, which make the next block longer."""

    def __init__(self, day: ServiceDay, tick: Callable[[], float]) -> None:
        """`tick`: seconds, by a clock that is never set. All other times are unix seconds."""
        self._day = day
        self._tick = tick
        self._block: Block | None = None
        self._failures = 0
        self._silences = 0
        self._failing_since: float | None = None  # by `tick`

    def is_worth_waiting(self, now: float) -> bool:
        """False if the next create is not likely to be accepted soon without the user."""
        block = self.current(now)
        if block is not None and block.cause in LASTING:
            return False
        return self._failing_since is None or self._tick() - self._failing_since < OUTAGE_WORTH_WAITING

    def start_over(self) -> None:
        """The user has removed the cause, or it has passed: the next failure is the first one."""
        self._failing_since = None

    def current(self, now: float) -> Block | None:
        """The block, until it is over."""
        return None if self._block is None or self._block.is_over(now) else self._block

    def has_ended(self, now: float) -> bool:
        """True if a block is over and was not lifted yet."""
        return self._block is not None and self._block.is_over(now)

    def lift(self, *causes: BlockCause) -> bool:
        """Remove the block if it has one of these causes or, without any given, whatever its cause. True if it did."""
        if self._block is None or (causes and self._block.cause not in causes):
            return False
        self._block = None
        return True

    def refuse(self, refusal: OverLimit | BalanceTooLow, now: float) -> Block:
        """The account refuses the next job."""
        match refusal:
            case OverLimit(reason=reason, until=until):
                self._block = Block(BlockCause.SPENDING_LIMIT, reason, now, until)
            case BalanceTooLow(reason=reason):
                self._block = Block(BlockCause.BALANCE, reason, now, now + BALANCE_RETRY)
        return self._block

    def fail(self, error: Exception, now: float) -> Block | None:
        """A create was certainly not accepted; None if that concerns only its own job."""
        self._failures += 1
        block = block_after(error, now, min(2.0**self._failures, LONGEST_SEND_PAUSE), self._day)
        if block is not None:
            self._block = block
            self._failing_since = self._tick() if self._failing_since is None else self._failing_since
        return block

    def stay_silent(self, now: float) -> None:
        """A create was not answered: pause, longer each time."""
        until = now + min(FIRST_SILENCE * 2.0 ** min(self._silences, 10), LONGEST_SILENCE)
        self._silences += 1
        reason = f"The last request got no clear answer; the queue continues at {_local(until):%H:%M:%S}."
        self._block = Block(BlockCause.SILENCE, reason, now, until)

    def succeed(self) -> None:
        """A create was accepted."""
        self._failures = self._silences = 0
        self._failing_since = self._block = None
