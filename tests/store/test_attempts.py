"""The ledger on disk."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from builders import a_clip, a_job
from store.opened_store import opened_store

from sora_desktop.domain.job import Abandoned, Failed, Phase, Ready, RemoteId, Removed, Rendering, Waiting
from sora_desktop.domain.ledger import Outcome
from sora_desktop.domain.money import Balance


async def test_an_attempt_is_read_as_it_was_written(tmp_path: Path) -> None:
    async with opened_store(tmp_path / "library.db") as store:
        job = a_job(Waiting(), service="test")
        number = await store.begin_attempt(job, Balance(Decimal(1000), 5.0), Decimal(100))
        (attempt,) = store.attempts(job.id)
        assert (attempt.outcome, attempt.ended_at, attempt.before) == (Outcome.OPEN, None, Balance(Decimal(1000), 5.0))
        assert store.request_of(attempt) == job.request
        await store.end_attempt(number, job, '{"code": 200}', Outcome.ACCEPTED, 200)
        await store.note_balance_after(number, Balance(Decimal(850), 6.0), Decimal(150))
        (attempt,) = store.attempts(job.id)
        assert (attempt.outcome, attempt.status, attempt.answer) == (Outcome.ACCEPTED, 200, '{"code": 200}')
        assert (attempt.after, attempt.price) == (Balance(Decimal(850), 6.0), Decimal(150))
        assert store.attempts_between(7.0, 8.0, "test") == [attempt]
        assert store.attempts_between(7.0, 8.0, "elsewhere") == store.attempts_between(0.0, 7.0, "test") == []
        await store.note_refund(job.id)
        assert store.attempts(job.id)[0].outcome is Outcome.REFUNDED
        second = await store.begin_attempt(job, None, None)
        assert [attempt.id for attempt in store.attempts_after(number, "test")] == [second]
        await store.judge_attempt(second, job, Outcome.NOT_BILLED, Balance(Decimal(1000), 9.0))
        judged = store.attempts(job.id)[1]
        assert (judged.outcome, judged.answer, judged.ended_at) == (Outcome.NOT_BILLED, "no answer", 7.0)


async def test_tasks_that_may_be_refunded_are_counted(tmp_path: Path) -> None:
    id = RemoteId("task_1")
    phases: list[Phase] = [
        Rendering(id),
        Ready(a_clip()),
        Failed("no", remote_id=id),
        Failed("never accepted"),
        Abandoned(id),
        Waiting(),
        Removed(),
    ]
    jobs = [a_job(phase, n, changed=100.0, service="test") for n, phase in enumerate(phases)]
    async with opened_store(tmp_path / "library.db") as store:
        await store.add(jobs)
        assert store.may_be_refunded("test", 50.0, late_since=50.0, abandoned_since=50.0) == (2, 1)
        assert store.may_be_refunded("test", 150.0, late_since=150.0, abandoned_since=150.0) == (1, 0)
        assert store.may_be_refunded("test", 150.0, late_since=50.0, abandoned_since=150.0) == (1, 1)
        assert store.may_be_refunded("elsewhere", 50.0, late_since=50.0, abandoned_since=50.0) == (0, 0)
