"""Which refunds explain a higher balance, and what happens to refunds that are due."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from decimal import Decimal
from itertools import combinations
from pathlib import Path

import pytest
from fakes import FakeClock
from hypothesis import given
from hypothesis import strategies as st
from waiting import until
from workbench import Bench, ChargingService

from sora_desktop.domain.job import Failed, JobId, Ready
from sora_desktop.domain.ledger import Attempt, Outcome, Rise, TaskEnd
from sora_desktop.domain.request import VideoRequest
from sora_desktop.jobs.money.movements import LATE_REFUND
from sora_desktop.jobs.money.refunds import Explained, Undecided, Unexplained, explain_rise, explain_together


def attempts(prices: Sequence[int | None], first: int = 1) -> list[Attempt]:
    return [
        Attempt(
            number,
            JobId(f"job {number}"),
            "test",
            0.0,
            1.0,
            "{}",
            "",
            Outcome.ACCEPTED,
            200,
            None,
            None,
            None if price is None else Decimal(price),
            task_end=TaskEnd.FAILED,
        )
        for number, price in enumerate(prices, first)
    ]


@pytest.mark.parametrize(
    ("rise", "due", "unseen", "refunded"),
    [
        (0, [100, 200], [100], []),
        (100, [100], [], [1]),
        (100, [100, 100], [], [1]),
        (300, [100, 200], [], [1, 2]),
        (200, [100, 200, 100], [], "undecided"),  # 200, or 100 and 100
        (400, [100, 200, 100], [], [1, 2, 3]),
        (100, [], [100], "undecided"),  # its failure has not been seen yet
        (200, [100], [100], "undecided"),
        (100, [None], [], "undecided"),
        (500, [100], [100], "unexplained"),  # a top-up
        (-100, [100], [], "unexplained"),  # another program
        (50, [100], [], "unexplained"),
    ],
)
def test_refunds_that_explain_a_rise(rise: int, due: list[int | None], unseen: list[int], refunded: object) -> None:
    result = explain_rise(Decimal(rise), attempts(due), attempts(unseen, 50))
    match result:
        case Explained(refunded=found):
            assert sorted(attempt.id for attempt in found) == refunded
        case Undecided():
            assert refunded == "undecided"
        case Unexplained():
            assert refunded == "unexplained"


prices = st.lists(st.sampled_from([100, 150, 200, 300]), max_size=5)


@given(st.integers(0, 900), prices, prices)
def test_refunds_are_named_only_if_nothing_else_due_explains_the_rise(
    rise: int, due: list[int], unseen: list[int]
) -> None:
    def sums(of: list[int]) -> set[tuple[int, ...]]:
        subsets = (subset for size in range(len(of) + 1) for subset in combinations(of, size))
        return {tuple(sorted(subset)) for subset in subsets if sum(subset) == rise}

    match explain_rise(Decimal(rise), attempts(due), attempts(unseen, 50)):
        case Explained(refunded=found):
            assert sums(due) == {tuple(sorted(int(attempt.price or 0) for attempt in found))}
        case Undecided():
            assert len(sums(due)) > 1 or sums(due + unseen)
        case Unexplained():
            assert not sums(due + unseen)


@pytest.mark.parametrize(
    ("rises", "due", "refunded"),
    [
        ([(300, 3), (300, 3)], [100, 200, 300], [1, 2, 3]),  # each is one refund or two; together, all came
        ([(100, 1), (100, 1)], [200], []),  # a refund does not come in two parts
        ([(300, 2), (300, 3)], [100, 200, 300], [1, 2, 3]),
        ([(300, 2), (300, 3)], [100, 300, 200], [2, 1, 3]),
        ([(300, 1), (300, 3)], [100, 200, 300], []),  # the first was seen before the others were sent
        ([(100, 3), (100, 3)], [100, 100, 200], []),  # two refunds of 100, or one of 200
    ],
)
def test_several_rises_are_explained_only_by_whole_refunds(
    rises: list[tuple[int, int]], due: list[int | None], refunded: list[int]
) -> None:
    found = explain_together([Rise(Decimal(amount), last) for amount, last in rises], attempts(due))
    assert {attempt.id for attempt in found} == set(refunded)


def test_a_hundred_refunds_that_are_due_are_added_up_quickly() -> None:
    due = attempts([100, 200, 250, 400] * 25)
    assert isinstance(explain_rise(Decimal(12_350), due, attempts([150] * 100, 500)), Undecided)


def outcome(bench: Bench, id: JobId) -> Outcome:
    return bench.store.attempts(id)[-1].outcome


async def test_refused_videos_that_are_refunded_are_not_counted_as_spent(tmp_path: Path) -> None:
    """Their refunds come while other creates are sent; a limit of four videos lets all eight through."""
    service = ChargingService(polls=2)
    texts = [f"refused {number}" for number in range(8)]
    service.fails.update(texts)
    async with Bench(service, tmp_path, spending_limit=Decimal(400)) as bench:
        jobs = [bench.runner.commands.new_job(VideoRequest(text)) for text in texts]
        await bench.runner.commands.accept(jobs)
        await until(lambda: all(isinstance(bench.saved(job).phase, Failed) for job in jobs))
        await until(lambda: all(outcome(bench, job.id) is Outcome.REFUNDED for job in jobs))
        await until(lambda: bench.runner.money.spent_today == 0)
        assert service.funds == 1000


async def test_a_refund_that_comes_during_a_create_is_seen_afterwards(tmp_path: Path) -> None:
    service = ChargingService()
    async with Bench(service, tmp_path) as bench:
        await bench.finished()  # the price is sure from now on
        service.fails.add("bad")
        service.refunds = False
        bad = await bench.finished(VideoRequest("bad"))

        async def refund_and_read(request: VideoRequest) -> None:
            service.funds += service.price
            await bench.runner.read_balance()
            assert outcome(bench, bad.id) is Outcome.ACCEPTED, "a reading during a create shows nothing"

        service.before_create = refund_and_read
        assert isinstance((await bench.finished()).phase, Ready)
        await bench.runner.read_balance()
        assert outcome(bench, bad.id) is Outcome.REFUNDED
        assert bench.runner.money.spent_today == 200


async def test_a_refund_is_asked_for_again_after_a_restart(tmp_path: Path) -> None:
    service, clock = ChargingService(), FakeClock()
    service.fails.add("bad")
    async with Bench(service, tmp_path, clock=clock) as bench:
        await bench.finished()
        await bench.runner.read_balance()

        async def hide(request: VideoRequest) -> None:
            service.balance_hidden = request.prompt == "bad"

        service.before_create = hide
        bad = await bench.finished(VideoRequest("bad"))
        assert outcome(bench, bad.id) is Outcome.ACCEPTED
        assert bench.runner.money.spent_today == 200
    service.balance_hidden = False
    clock.advance(7200)
    async with Bench(service, tmp_path, clock=clock) as bench:
        await until(lambda: outcome(bench, bad.id) is Outcome.REFUNDED)
        assert bench.runner.money.spent_today == 100


async def test_the_last_refund_is_seen_before_the_runner_is_idle(tmp_path: Path) -> None:
    """A command line ends then."""
    service = ChargingService()
    service.fails.add("bad")
    async with Bench(service, tmp_path) as bench:
        bad = await bench.finished(VideoRequest("bad"))
        assert outcome(bench, bad.id) is Outcome.REFUNDED


async def test_a_late_rise_of_the_same_amount_is_no_refund(tmp_path: Path) -> None:
    """A quarter of an hour after the failure it is rather a top-up."""
    service = ChargingService()
    service.fails.add("bad")
    service.refunds = False
    async with Bench(service, tmp_path) as bench:
        bad = await bench.finished(VideoRequest("bad"))
        bench.clock.advance(LATE_REFUND + 1)
        await bench.runner.read_balance()
        service.funds += service.price
        await bench.runner.read_balance()
        assert outcome(bench, bad.id) is Outcome.ACCEPTED
        assert bench.runner.money.spent_today == 100


async def test_a_top_up_is_no_refund(tmp_path: Path) -> None:
    service = ChargingService()
    service.fails.add("bad")
    service.refunds = False
    async with Bench(service, tmp_path) as bench:
        bad = await bench.finished(VideoRequest("bad"))
        service.funds += 5000
        await bench.runner.read_balance()
        assert outcome(bench, bad.id) is Outcome.ACCEPTED
        service.funds += service.price  # within a quarter of an hour
        await bench.runner.read_balance()
        assert outcome(bench, bad.id) is Outcome.REFUNDED


async def test_a_refund_is_asked_for_with_longer_and_longer_pauses(tmp_path: Path) -> None:
    service = ChargingService()
    service.fails.add("bad")
    service.refunds = False
    async with Bench(service, tmp_path) as bench:
        await bench.finished(VideoRequest("bad"))
        reads = service.balance_reads
        await until(lambda: not _watches(bench))
        assert service.balance_reads - reads <= 5


def _watches(bench: Bench) -> bool:
    return any(task.get_name() == "refunds" for task in asyncio.all_tasks())
