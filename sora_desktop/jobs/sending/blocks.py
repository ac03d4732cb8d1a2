"""The block: why the queue is not sending, and until when.

The user's pause, a warning about the key, and free slots are in `SendingQueue`.
"""

from __future__ import annotations

from collections.abc import Awaitable
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
from sora_desktop.jobs.clock import Clock
from sora_desktop.jobs.money.spending_limit import BalanceTooLow, OverLimit
from sora_desktop.jobs.polling.outage import OUTAGE_WORTH_WAITING
from sora_desktop.jobs.polling.service_time import ServiceTime
from sora_desktop.jobs.sending.place_wait import PlaceWait
from sora_desktop.media.errors import PassingMediaError
from sora_desktop.store.errors import ChangedElsewhere, LockLost, StoreError

#: Seconds after which the queue tries again on a full disk, and with a balance that was too low.
DISK_RETRY = 60.0
BALANCE_RETRY = 1800.0
#: Seconds after the first refusal for lack of a slot; each further refusal doubles it.
SLOT_RETRY = 10.0
#: Seconds: the longest pause between two tries, and the pauses after creates without an answer.
LONGEST_SEND_PAUSE = 60.0
FIRST_SILENCE, LONGEST_SILENCE = 5.0, 600.0
#: Seconds by which the time of day must have changed against the tick to count as set.
CLOCK_SET = 60.0
#: Seconds after which the end of a block is checked at the latest: timers run late on a suspended machine.
LONGEST_WAIT = 30.0


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
    """A reason not to send. It ends by ticks, whatever happens to the time of day."""

    cause: BlockCause
    reason: str  # for the user
    until: float | None  # unix seconds, for the user; None: until the cause is removed
    ends: float | None  # tick; None: until the cause is removed
    #: The time of day less the tick, if the end was computed from the time of day; None if it was not. Once that has
    #: changed, the clock was set, and a new try must show how long the cause really lasts.
    by_time_of_day: float | None = None


class QueueBlock:
    """Owns the block of one queue, and counts failures in a row, which make the next block longer."""

    def __init__(self, service_time: ServiceTime, clock: Clock) -> None:
        self._service_time = service_time
        self._clock = clock
        #: While no place is free; the state of the queue does not show it, its next job does.
        self.place_wait = PlaceWait(clock)
        self._block: Block | None = None
        self._failures = 0
        self._silences = 0
        self._failing_since: float | None = None  # tick

    @property
    def is_worth_waiting(self) -> bool:
        """False if the next create is not likely to be accepted soon without the user."""
        block = self.current
        if block is not None and block.cause in LASTING:
            return False
        return self._failing_since is None or self._clock.tick() - self._failing_since < OUTAGE_WORTH_WAITING

    def start_over(self) -> None:
        """The user has removed the cause, or it has passed: the next failure is the first one."""
        self._failing_since = None

    @property
    def current(self) -> Block | None:
        """The block, until it is over."""
        return None if self.has_ended else self._block

    @property
    def has_ended(self) -> bool:
        """True if a block is over and was not lifted yet."""
        block, tick = self._block, self._clock.tick()
        if block is None:
            return False
        if block.by_time_of_day is not None and abs(self._clock.now() - tick - block.by_time_of_day) > CLOCK_SET:
            return True
        return block.ends is not None and tick >= block.ends

    @property
    def seconds_left(self) -> float | None:
        """Seconds until the block is over; None if there is none, or it lasts until its cause is removed."""
        block = self._block
        return None if block is None or block.ends is None else max(block.ends - self._clock.tick(), 0.0)

    def next_check(self) -> Awaitable[None] | None:
        """Sleeps until the block may be over; None if there is none that is still to be lifted."""
        if self._block is None:
            return None
        seconds = self.seconds_left
        return self._clock.sleep(LONGEST_WAIT if seconds is None else min(max(seconds, 0.05), LONGEST_WAIT))

    def lift(self, *causes: BlockCause) -> bool:
        """Remove the block if it has one of these causes or, without any given, whatever its cause. True if it did."""
        if self._block is None or (causes and self._block.cause not in causes):
            return False
        self._block = None
        return True

    def refuse(self, refusal: OverLimit | BalanceTooLow) -> Block:
        """The account refuses the next job."""
        match refusal:
            case OverLimit(reason=reason, until=until):
                seconds = None if until is None else max(until - self._clock.now(), 0.0)
                self._block = self._until(BlockCause.SPENDING_LIMIT, reason, seconds, by_time_of_day=True)
            case BalanceTooLow(reason=reason):
                self._block = self._until(BlockCause.BALANCE, reason, BALANCE_RETRY)
        return self._block

    def fail(self, error: Exception) -> Block | None:
        """A create was certainly not accepted; None if that concerns only its own job."""
        self._failures += 1
        block = self._block_after(error, min(2.0**self._failures, LONGEST_SEND_PAUSE))
        if block is not None:
            self._block = block
            self._failing_since = self._clock.tick() if self._failing_since is None else self._failing_since
        return block

    def stay_silent(self) -> None:
        """A create was not answered: pause, longer each time."""
        seconds = min(FIRST_SILENCE * 2.0 ** min(self._silences, 10), LONGEST_SILENCE)
        self._silences += 1
        ends = self._time_in(seconds)
        reason = f"The last request got no clear answer; the queue continues at {ends:%H:%M:%S}."
        self._block = self._until(BlockCause.SILENCE, reason, seconds)

    def succeed(self) -> None:
        """A create was accepted."""
        self._failures = self._silences = 0
        self._failing_since = self._block = None

    def _block_after(self, error: Exception, pause: float) -> Block | None:
        """The block after this error. `pause`: seconds until the next try, for errors that come without a time."""
        reason = str(error)
        match error:
            case KeyRejected():
                return self._until(BlockCause.KEY, reason, None)
            case InsufficientBalance():
                return self._until(BlockCause.BALANCE, reason, BALANCE_RETRY)
            case DailyLimit():
                seconds = self._service_time.until_limit_ends
                ends = self._time_in(seconds)
                reason = f"The service's daily limit is reached; the queue continues at {ends:%H:%M}."
                by_time_of_day = not self._service_time.is_known
                return self._until(BlockCause.SERVICE_LIMIT, reason, seconds, by_time_of_day=by_time_of_day)
            case TooBusy(retry_after=seconds):
                return self._until(BlockCause.SERVICE, reason, pause if seconds is None else max(seconds, 0.5))
            case NoSlot():
                return self._until(BlockCause.SLOT, reason, SLOT_RETRY * pause / 2)
            case Unreachable() | AnswerLost():  # AnswerLost: of an upload, which is free and harmless to repeat
                return self._until(BlockCause.SERVICE, reason, pause)
            case ChangedElsewhere() | LockLost():
                return self._until(BlockCause.DISK, reason, None)
            case StoreError() | PassingMediaError():
                return self._until(BlockCause.DISK, reason, DISK_RETRY)
            case ServiceError() | _:
                return None

    def _until(self, cause: BlockCause, reason: str, seconds: float | None, *, by_time_of_day: bool = False) -> Block:
        now, tick = self._clock.now(), self._clock.tick()
        depends_on = now - tick if by_time_of_day else None
        if seconds is None:
            return Block(cause, reason, None, None, depends_on)
        return Block(cause, reason, now + seconds, tick + seconds, depends_on)

    def _time_in(self, seconds: float) -> datetime:
        """The local time in that many seconds, as this computer will show it."""
        return datetime.fromtimestamp(self._clock.now() + seconds, UTC).astimezone()
