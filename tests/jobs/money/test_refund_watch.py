"""The watch reads the balance after each failure, also after one that comes while it is being read."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest
from waiting import until

from sora_desktop.jobs.money.refund_watch import RefundWatch


@pytest.mark.virtual_time
async def test_a_reading_that_began_before_the_last_failure_does_not_count() -> None:
    begun, answers = list[int](), [asyncio.Event(), asyncio.Event()]

    async def read() -> None:
        begun.append(len(begun))
        await answers[begun[-1]].wait()

    watch = RefundWatch(
        cast(Any, SimpleNamespace(read=read)),
        cast(Any, SimpleNamespace(expected_refunds=lambda: len(begun) < 2)),
        cast(Any, SimpleNamespace(sleep=asyncio.sleep)),
    )
    watch.start()
    await until(lambda: begun)
    watch.start()  # another task has failed while the balance is on its way
    waiting = asyncio.create_task(watch.first_reading(), name="first reading")
    answers[0].set()
    await until(lambda: len(begun) == 2)
    assert not waiting.done()
    answers[1].set()
    await waiting
    await watch.aclose()
