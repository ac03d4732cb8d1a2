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
from sora_desktop.jobs.money.spending_limit import BalanceTooLow, OverLimit
from sora_desktop.jobs.polling.rate_limit import ServiceDay
from sora_desktop.jobs.sending.blocks import BALANCE_RETRY, DISK_RETRY, BlockCause, QueueBlock
from sora_desktop.store.errors import SentElsewhere, StoreError

NOON = 20_700 * 86400.0 + 43_200


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
    block = QueueBlock(ServiceDay(), lambda: 0.0).fail(error, NOON)
    assert block is not None and block.cause is cause and block.reason
    assert block.until == (None if seconds is None else NOON + seconds)


@pytest.mark.parametrize("error", [Refused("bad prompt"), BadUrl("no such address")])
def test_an_error_of_one_request_does_not_block_the_queue(error: Exception) -> None:
    queue_block = QueueBlock(ServiceDay(), lambda: 0.0)
    assert queue_block.fail(error, NOON) is None
    assert queue_block.current(NOON) is None


def test_failures_in_a_row_make_the_pause_longer_until_one_succeeds() -> None:
    queue_block = QueueBlock(ServiceDay(), lambda: 0.0)
    pauses = []
    for _ in range(8):
        block = queue_block.fail(Unreachable("no network"), NOON)
        assert block is not None and block.until is not None
        pauses.append(block.until - NOON)
    assert pauses == [2, 4, 8, 16, 32, 60, 60, 60]
    queue_block.succeed()
    assert queue_block.current(NOON) is None
    block = queue_block.fail(Unreachable("no network"), NOON)
    assert block is not None and block.until == NOON + 2


def test_only_the_cause_of_a_block_lifts_it() -> None:
    queue_block = QueueBlock(ServiceDay(), lambda: 0.0)
    queue_block.refuse(OverLimit("The daily spending limit is reached.", None), NOON)
    assert not queue_block.lift(BlockCause.BALANCE, BlockCause.SLOT)
    assert queue_block.current(NOON) is not None
    assert queue_block.lift(BlockCause.SPENDING_LIMIT) and queue_block.current(NOON) is None
    assert not queue_block.lift(BlockCause.SPENDING_LIMIT)
    queue_block.refuse(BalanceTooLow("Not enough."), NOON)
    assert queue_block.lift()


def test_a_block_ends_by_itself_or_if_the_clock_was_set_back() -> None:
    queue_block = QueueBlock(ServiceDay(), lambda: 0.0)
    queue_block.stay_silent(NOON)
    block = queue_block.current(NOON)
    ends = datetime.fromtimestamp(NOON + 5, UTC).astimezone()
    assert block is not None and f"continues at {ends:%H:%M:%S}" in block.reason
    assert queue_block.current(NOON + 4.9) is not None and not queue_block.has_ended(NOON + 4.9)
    assert queue_block.current(NOON + 5) is None and queue_block.has_ended(NOON + 5)
    assert queue_block.current(NOON - 3600) is None
