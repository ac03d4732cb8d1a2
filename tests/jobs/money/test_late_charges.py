"""A service may go on with a create whose answer was lost, and charge for it later."""

from __future__ import annotations

from pathlib import Path

import pytest
from waiting import until
from workbench import LOST, Bench, losing_service, unconfirmed

from sora_desktop.domain.job import Ready, Waiting
from sora_desktop.domain.ledger import Outcome
from sora_desktop.domain.request import VideoRequest
from sora_desktop.jobs.errors import CommandRejected


@pytest.mark.parametrize("seconds", [1, 30, 125])
async def test_the_second_reading_waits_as_long_as_for_an_answer(tmp_path: Path, seconds: float) -> None:
    service = losing_service(charges=False)
    async with Bench(service, tmp_path) as bench:
        await bench.finished()
        balance, charged_at = service.balance, [float("inf")]

        async def charged_later() -> object:
            if bench.clock.tick() >= charged_at[0]:
                service.funds, charged_at[0] = service.funds - service.price, float("inf")
            return await balance()

        async def sent(request: VideoRequest) -> None:
            charged_at[0] = bench.clock.tick() + seconds

        service.before_create = sent
        service.balance = charged_later  # type: ignore[method-assign, assignment]
        assert unconfirmed(await bench.finished(LOST)).billed


@pytest.mark.parametrize("spent_between", [False, True])
async def test_a_fall_by_its_price_makes_the_outcome_unknown_again(tmp_path: Path, spent_between: bool) -> None:
    service = losing_service(charges=False)
    async with Bench(service, tmp_path) as bench:
        await bench.finished()
        lost = await bench.finished(LOST)
        assert unconfirmed(lost).safe_to_send
        if spent_between:
            bench.clock.advance(600)
            bench.runner.commands.go_on()
            await bench.finished()
            await bench.runner.read_balance()
            assert unconfirmed(bench.saved(lost)).safe_to_send, "the fall is explained"
        service.funds -= service.price
        bench.clock.advance(600)
        await bench.runner.read_balance()
        phase = unconfirmed(bench.saved(lost))
        assert not phase.safe_to_send and not phase.billed
        assert "may have been charged late" in phase.reason
        assert bench.store.attempts(lost.id)[-1].outcome is Outcome.UNKNOWN


async def test_the_balance_is_read_before_it_is_sent_again(tmp_path: Path) -> None:
    service = losing_service(charges=False)
    async with Bench(service, tmp_path) as bench:
        await bench.finished()
        lost = await bench.finished(LOST)
        service.funds -= service.price
        bench.clock.advance(600)
        with pytest.raises(CommandRejected, match="charged late"):
            await bench.runner.commands.send_again(lost.id)
        assert not unconfirmed(bench.saved(lost)).safe_to_send
        assert not service.creates_of(LOST.prompt)
        service.drops.clear()
        await bench.runner.commands.send_again(lost.id)  # the user wants it all the same
        await until(lambda: service.creates_of(LOST.prompt))


@pytest.mark.parametrize("hidden", [False, True])
async def test_it_is_sent_again_if_the_balance_shows_nothing_new(tmp_path: Path, hidden: bool) -> None:
    service = losing_service(charges=False)
    async with Bench(service, tmp_path) as bench:
        await bench.finished()
        lost = await bench.finished(LOST)
        service.drops.clear()
        bench.clock.advance(600)
        service.balance_hidden = hidden
        await bench.runner.commands.send_again(lost.id)
        assert isinstance(bench.saved(lost).phase, Waiting)
        service.balance_hidden = False
        bench.runner.commands.go_on()
        await until(lambda: isinstance(bench.saved(lost).phase, Ready))
        assert service.creates_of(LOST.prompt) == 1


async def test_a_top_up_hides_no_later_verdict(tmp_path: Path) -> None:
    service = losing_service(charges=False)
    async with Bench(service, tmp_path) as bench:
        await bench.finished()
        lost = await bench.finished(LOST)
        service.funds += 1000
        bench.clock.advance(600)
        await bench.runner.read_balance()
        assert unconfirmed(bench.saved(lost)).safe_to_send


async def test_a_charge_that_may_be_that_of_another_lost_create_makes_the_outcome_unknown(tmp_path: Path) -> None:
    """The first create is charged late, just when the second one is lost."""
    service = losing_service(charges=False)
    async with Bench(service, tmp_path) as bench:
        await bench.finished()
        lost = await bench.finished(LOST)
        assert unconfirmed(lost).safe_to_send
        other = VideoRequest("other")
        service.drops.add(other.prompt)

        async def charged_now(request: VideoRequest) -> None:
            service.funds -= service.price

        service.before_create = charged_now
        bench.clock.advance(60)
        bench.runner.commands.go_on()
        await bench.finished(other)
        assert not unconfirmed(bench.saved(lost)).safe_to_send
