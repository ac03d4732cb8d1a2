"""Which errors block the queue, for how long, and what lifts a block."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from sora_desktop.api.errors import (
    AnswerLost,
    BadUrl,
    DailyLimit,
    InsufficientBalance,
    KeyRejected,
    NoSlot,
    Refused,
    TooBusy,
    Unreachable,
)
from sora_desktop.jobs.clock import Clock
from sora_desktop.jobs.money.spending_limit import BalanceTooLow, OverLimit
from sora_desktop.jobs.polling.service_time import ServiceDay, ServiceTime
from sora_desktop.jobs.sending.blocks import BALANCE_RETRY, DISK_RETRY, Block, BlockCause, QueueBlock
from sora_desktop.store.errors import SentElsewhere, StoreError

NOON = 20_700 * 86400.0 + 43_200
HOUR = 3600.0


class TwoClocks:
    """The time of day, which can be set, and the tick, which cannot."""

    def __init__(self) -> None:
        self.passed = self.offset = 0.0

    def now(self) -> float:
        return NOON + self.passed + self.offset

    def tick(self) -> float:
        return self.passed

    @property
    def clock(self) -> Clock:
        return Clock(self.now, tick=self.tick)


def queue_block(clocks: TwoClocks | None = None, *, service_ahead: float | None = None) -> QueueBlock:
    """`service_ahead`: the date of an answer, in seconds after this computer's time of day."""
    clock = (clocks or TwoClocks()).clock
    service_time = ServiceTime(ServiceDay(), clock)
    if service_ahead is not None:
        service_time.observe(clock.now() + service_ahead)
    return QueueBlock(service_time, clock)


def seconds_of(block: Block | None) -> float | None:
    """How long a block that was made at NOON lasts; its two ends must agree."""
    assert block is not None
    assert (block.until is None) == (block.ends is None)
    assert block.until is None or block.until == NOON + (block.ends or 0.0)
    return block.ends


@pytest.mark.parametrize(
    ("error", "cause", "seconds"),
    [
        (KeyRejected("wrong"), BlockCause.KEY, None),
        (InsufficientBalance("empty"), BlockCause.BALANCE, BALANCE_RETRY),
        (DailyLimit("500 today"), BlockCause.SERVICE_LIMIT, ServiceDay().limit_ends(NOON) - NOON),
        (TooBusy("busy", retry_after=7), BlockCause.SERVICE, 7),
        (TooBusy("busy"), BlockCause.SERVICE, 2),
        (NoSlot("three run"), BlockCause.SLOT, 10),
        (Unreachable("no network"), BlockCause.SERVICE, 2),
        (AnswerLost("of an upload"), BlockCause.SERVICE, 2),
        (SentElsewhere("two programs"), BlockCause.DISK, None),
        (StoreError("full"), BlockCause.DISK, DISK_RETRY),
    ],
)
def test_an_error_blocks_the_queue_for_a_time(error: Exception, cause: BlockCause, seconds: float | None) -> None:
    block = queue_block().fail(error)
    assert block is not None and block.cause is cause and block.reason
    assert seconds_of(block) == seconds


@pytest.mark.parametrize("error", [Refused("bad prompt"), BadUrl("no such address")])
def test_an_error_of_one_request_does_not_block_the_queue(error: Exception) -> None:
    owner = queue_block()
    assert owner.fail(error) is None
    assert owner.current is None and owner.seconds_left is None


def test_failures_in_a_row_make_the_pause_longer_until_one_succeeds() -> None:
    owner = queue_block()
    assert [seconds_of(owner.fail(Unreachable("no network"))) for _ in range(8)] == [2, 4, 8, 16, 32, 60, 60, 60]
    owner.succeed()
    assert owner.current is None
    assert seconds_of(owner.fail(Unreachable("no network"))) == 2


def test_only_the_cause_of_a_block_lifts_it() -> None:
    owner = queue_block()
    owner.refuse(OverLimit("The daily spending limit is reached.", None))
    assert not owner.lift(BlockCause.BALANCE, BlockCause.SLOT)
    assert owner.current is not None
    assert owner.lift(BlockCause.SPENDING_LIMIT) and owner.current is None
    assert not owner.lift(BlockCause.SPENDING_LIMIT)
    owner.refuse(BalanceTooLow("Not enough."))
    assert owner.lift()


def test_a_block_ends_by_itself() -> None:
    clocks = TwoClocks()
    owner = queue_block(clocks)
    owner.stay_silent()
    block = owner.current
    ends = datetime.fromtimestamp(NOON + 5, UTC).astimezone()
    assert block is not None and f"continues at {ends:%H:%M:%S}" in block.reason
    clocks.passed = 4.9
    assert owner.current is not None and not owner.has_ended
    clocks.passed = 5.0
    assert owner.current is None and owner.has_ended


@pytest.mark.parametrize("jump", [25 * HOUR, -25 * HOUR, 400 * 24 * HOUR, -NOON])
@pytest.mark.parametrize(
    "error", [TooBusy("busy", retry_after=50), InsufficientBalance("empty"), Unreachable("no network"), NoSlot("three")]
)
def test_a_block_lasts_as_long_whatever_happens_to_the_time_of_day(error: Exception, jump: float) -> None:
    for during, after in ((jump, 0.0), (0.0, jump)):  # set when the block began, or later
        clocks = TwoClocks()
        owner = queue_block(clocks)
        clocks.offset = during
        owner.fail(error)
        lasts = owner.seconds_left
        assert lasts is not None and lasts <= BALANCE_RETRY
        clocks.offset = after
        clocks.passed = lasts - 1
        assert owner.current is not None
        clocks.passed = lasts
        assert owner.current is None


@pytest.mark.parametrize("ahead", [-7 * HOUR, -180.0, 3 * HOUR, 30 * 24 * HOUR])
def test_the_services_daily_limit_ends_by_the_services_time(ahead: float) -> None:
    clocks = TwoClocks()
    owner = queue_block(clocks, service_ahead=ahead)
    block = owner.fail(DailyLimit("500 today", code="2003"))
    seconds = ServiceDay().limit_ends(NOON + ahead) - (NOON + ahead)
    assert block is not None and seconds_of(block) == seconds
    shown = datetime.fromtimestamp(NOON + seconds, UTC).astimezone()
    assert f"continues at {shown:%H:%M}." in block.reason
    for clocks.offset in (-30 * HOUR, 30 * HOUR, 0.0):
        assert owner.current is block


def test_a_limit_that_only_the_time_of_day_ends_is_tried_again_after_the_clock_was_set() -> None:
    clocks = TwoClocks()
    owner = queue_block(clocks)
    clocks.offset = 25 * HOUR
    owner.fail(DailyLimit("500 today"))
    assert owner.current is not None
    clocks.offset = 0.0
    assert owner.current is None
    owner.refuse(OverLimit("The daily spending limit is reached.", clocks.now() + HOUR))
    assert owner.current is not None
    clocks.offset = -25 * HOUR
    assert owner.current is None
