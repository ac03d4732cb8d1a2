"""The ledger on disk."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from builders import a_clip, a_job
from store.opened_store import opened_store

from sora_desktop.domain.job import (
    Abandoned,
    Failed,
    JobChange,
    Phase,
    Ready,
    RemoteId,
    Removed,
    Rendering,
    Saving,
    Trashed,
    Unconfirmed,
)
from sora_desktop.domain.ledger import KnownBalance, Outcome, TaskEnd
from sora_desktop.domain.money import Balance


async def test_an_attempt_is_read_as_it_was_written(tmp_path: Path) -> None:
    async with opened_store(tmp_path / "library.db") as store:
        job = a_job(Unconfirmed(), service="test")
        accepted = replace(job, phase=Rendering(RemoteId("task_1")))
        number = await store.begin_attempt(job, Balance(Decimal(1000), 5.0), Decimal(100))
        (attempt,) = store.attempts(job.id)
        assert (attempt.outcome, attempt.ended_at, attempt.before) == (Outcome.OPEN, None, Balance(Decimal(1000), 5.0))
        assert store.request_of(attempt) == job.request
        await store.end_attempt(number, accepted, '{"code": 200}', Outcome.ACCEPTED, 200)
        await store.note_balance_after(number, Balance(Decimal(850), 6.0), Decimal(150))
        (attempt,) = store.attempts(job.id)
        assert (attempt.outcome, attempt.status, attempt.answer) == (Outcome.ACCEPTED, 200, '{"code": 200}')
        assert (attempt.after, attempt.price) == (Balance(Decimal(850), 6.0), Decimal(150))
        assert store.attempts_between(7.0, 8.0, "test") == [attempt]
        assert store.attempts_between(7.0, 8.0, "elsewhere") == store.attempts_between(0.0, 7.0, "test") == []
        known = KnownBalance(Balance(Decimal(950), 7.0), store.last_attempt())
        await store.save_known_balance("test", "key", known, [number])
        assert store.known_balance("test", "key") == known
        assert store.known_balance("test", "other key") is None
        (attempt,) = store.attempts(job.id)
        assert attempt.outcome is Outcome.REFUNDED
        job = a_job(Unconfirmed(), 2, service="test")
        second = await store.begin_attempt(job, None, None)
        assert [attempt.id for attempt in store.attempts_after(number, "test")] == [second]
        await store.judge_attempt(second, job, Outcome.NOT_BILLED, Balance(Decimal(1000), 9.0))
        (judged,) = store.attempts(job.id)
        assert (judged.outcome, judged.answer, judged.ended_at) == (Outcome.NOT_BILLED, "no answer", 7.0)


async def test_every_attempt_that_may_be_refunded_is_found(tmp_path: Path) -> None:
    """Also those of jobs that the user has moved to the Trash, restored or removed since."""
    task = RemoteId("task_1")
    failed_one, ready_one, given_up = Failed("no", remote_id=task), Ready(a_clip()), Abandoned(task)
    ends: list[tuple[str, Outcome, list[Phase]]] = [
        ("rendering", Outcome.ACCEPTED, [Rendering(task)]),
        ("ready", Outcome.ACCEPTED, [Rendering(task), Saving(task), Ready(a_clip())]),
        ("failed", Outcome.ACCEPTED, [Rendering(task), Failed("no", remote_id=task)]),
        ("failed, in the Trash", Outcome.ACCEPTED, [Rendering(task), failed_one, Trashed(failed_one, 500.0)]),
        (
            "failed, restored",
            Outcome.ACCEPTED,
            [Rendering(task), failed_one, Trashed(failed_one, 500.0), failed_one],
        ),
        ("ready, restored", Outcome.ACCEPTED, [Rendering(task), ready_one, Trashed(ready_one, 500.0), ready_one]),
        (
            "abandoned, in the Trash",
            Outcome.ACCEPTED,
            [Rendering(task), given_up, Trashed(given_up, 500.0)],
        ),
        ("failed, removed", Outcome.ACCEPTED, [Rendering(task), Failed("no", remote_id=task), Removed()]),
        ("ready, removed", Outcome.ACCEPTED, [Rendering(task), Saving(task), Ready(a_clip()), Removed()]),
        ("abandoned", Outcome.ACCEPTED, [Rendering(task), Abandoned(task)]),
        ("abandoned, removed", Outcome.ACCEPTED, [Rendering(task), Abandoned(task), Removed()]),
        ("unknown, removed", Outcome.UNKNOWN, [Unconfirmed("unknown"), Removed()]),
        ("billed", Outcome.BILLED, [Unconfirmed("billed", billed=True)]),
        ("not billed", Outcome.NOT_BILLED, [Unconfirmed("not billed", safe_to_send=True)]),
        ("refused", Outcome.REFUSED, [Failed("refused")]),
        ("open", Outcome.OPEN, [Unconfirmed()]),
    ]
    async with opened_store(tmp_path / "library.db") as store:
        names = {}
        for position, (name, outcome, phases) in enumerate(ends):
            job = a_job(Unconfirmed(), position, changed=7.0, service="test")
            number = await store.begin_attempt(job, None, Decimal(100), key_fingerprint="key")
            names[number] = name
            for phase in phases:
                at = 500.0 if not isinstance(job.phase, Trashed) else 900.0
                before, job = job, replace(job, phase=phase, changed_at=at)
                if phase is phases[0]:
                    await store.end_attempt(number, job, "", outcome)
                else:
                    await store.change([JobChange(before, job)])

        def possible(since: float, first: int = 1000, service: str = "test") -> set[str]:
            return {names[attempt.id] for attempt in store.possible_refunds(service, since, first)}

        failed = {"failed", "failed, in the Trash", "failed, restored", "failed, removed"}
        unfinished = {"rendering", *failed, "abandoned", "abandoned, in the Trash", "abandoned, removed"}
        unfinished |= {"unknown, removed", "billed", "open"}
        assert possible(7.0) == unfinished, "the clock of this store always says 7"
        assert possible(8.0) == {"rendering", *failed}, "sent long ago, and failed since"
        assert possible(501.0) == {"rendering"}, "it still is, whenever it was sent"
        assert possible(501.0, first=1) == unfinished, "sent in this run, whatever the clock says"
        assert possible(7.0, service="other") == set()
        due = store.due_refunds("test", "key", 0.0)
        assert {names[attempt.id] for attempt in due} == failed and len(due) == len(failed)
        assert all(attempt.task_end is TaskEnd.FAILED and attempt.task_ended_at == 500.0 for attempt in due)
