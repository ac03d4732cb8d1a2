"""A service without a balance: what became of a create without an answer cannot be found out, and is not asked for."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from fakes import FakeService, WithoutBalance, exchange_of
from workbench import REQUEST, Bench

from sora_desktop.api.errors import AnswerLost
from sora_desktop.api.service import Bills
from sora_desktop.domain.job import Job, Ready, Unconfirmed
from sora_desktop.domain.ledger import Outcome
from sora_desktop.jobs.money.reconcile import NO_BALANCE

pytestmark = pytest.mark.virtual_time


def assert_unknown(bench: Bench, job: Job) -> None:
    assert bench.saved(job).phase == Unconfirmed(NO_BALANCE)
    assert [attempt.outcome for attempt in bench.store.attempts(job.id)] == [Outcome.UNKNOWN]


def test_the_fake_has_no_balance() -> None:
    assert isinstance(FakeService(), Bills) and not isinstance(WithoutBalance(FakeService()), Bills)


async def test_a_lost_create_is_unknown_at_once_and_not_sent_again(tmp_path: Path) -> None:
    service = FakeService(on_create=[AnswerLost("The connection broke."), "task_2"])
    async with Bench(WithoutBalance(service), tmp_path) as bench:
        before = bench.clock.now()
        lost, next_one = await bench.runner.commands.submit(REQUEST, 2)
        await bench.runner.until_idle()
        assert_unknown(bench, lost)
        assert isinstance(bench.saved(next_one).phase, Ready)
        reasons = {shown.phase.reason for shown in bench.shown if isinstance(shown.phase, Unconfirmed)}
        assert reasons == {"", NO_BALANCE}, "no reading of a balance is announced"
        sent_at = bench.store.attempts(next_one.id)[0].sent_at
        assert sent_at - before < 15, "nothing but the silence of the service delays the next create"
        assert len(service.created) == 2 and service.balance_reads == 0


async def test_the_row_says_what_the_service_answered(tmp_path: Path) -> None:
    answer = exchange_of("POST /create", '{"error": "CUDA out of memory"}')._replace(status=500)
    service = FakeService(on_create=[AnswerLost("No clear answer.", exchange=answer)])
    async with Bench(WithoutBalance(service), tmp_path) as bench:
        (lost,) = await bench.runner.commands.submit(REQUEST)
        await bench.runner.until_idle()
        said = Unconfirmed(f"{NO_BALANCE} The answer was HTTP 500: CUDA out of memory.")
        assert bench.saved(lost).phase == said


async def test_a_create_that_the_previous_run_left_open_is_unknown_after_the_start(tmp_path: Path) -> None:
    async with Bench(WithoutBalance(FakeService()), tmp_path, paused=True) as bench:
        job = bench.runner.commands.new_job(REQUEST)
        await bench.store.add([job])
        await bench.store.begin_attempt(replace(job, phase=Unconfirmed()), None, Decimal(100))
    service = FakeService()
    async with Bench(WithoutBalance(service), tmp_path) as bench:
        await bench.finished()
        assert_unknown(bench, job)
        assert len(service.created) == 1, "the new request alone is sent"


async def test_a_lost_create_is_sent_again_by_the_user_alone(tmp_path: Path) -> None:
    service = FakeService(on_create=[AnswerLost("The connection broke."), "task_2"])
    async with Bench(WithoutBalance(service), tmp_path) as bench:
        job = await bench.finished()
        await bench.runner.commands.reconcile(job.id)
        assert_unknown(bench, job)
        assert len(service.created) == 1
        await bench.runner.commands.send_again(job.id)
        await bench.runner.until_idle()
        assert isinstance(bench.saved(job).phase, Ready) and len(service.created) == 2
        assert service.balance_reads == 0


async def test_the_runner_knows_whether_the_service_bills(tmp_path: Path) -> None:
    async with Bench(FakeService(), tmp_path) as bench:
        assert bench.runner.bills
    async with Bench(WithoutBalance(FakeService()), tmp_path) as bench:
        assert not bench.runner.bills and await bench.runner.read_balance() is None
