"""A database that is damaged, locked or misused."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Coroutine
from contextlib import closing
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from sora_desktop.domain.clip import Clip, VideoFacts
from sora_desktop.domain.job import (
    Abandoned,
    Failed,
    Job,
    JobId,
    Phase,
    Ready,
    RemoteId,
    Removed,
    Rendering,
    Unconfirmed,
    Waiting,
)
from sora_desktop.domain.ledger import Exchange, Outcome
from sora_desktop.domain.money import Balance, Price
from sora_desktop.domain.request import VideoRequest
from sora_desktop.store.database.connection import Database, integrity_of
from sora_desktop.store.database.exchanges import MAX_EXCHANGES_PER_JOB
from sora_desktop.store.database.job_store import JobStore
from sora_desktop.store.errors import StoreError


def with_store(file: Path, story: Callable[[JobStore, Database], Coroutine[object, object, None]]) -> None:
    async def main() -> None:
        database = Database(file)
        await database.open()
        try:
            await story(JobStore(database, now=lambda: 7.0), database)
        finally:
            await database.aclose()

    asyncio.run(main())


def many_jobs(number: int) -> list[Job]:
    jobs = []
    for n in range(number):
        phase = Waiting() if n % 3 == 0 else Rendering(RemoteId(f"task_{n}"))
        request = VideoRequest(f"prompt {n} " + "long " * 60)
        jobs.append(Job(JobId(f"{n:032x}"), request, phase, float(n), float(n), float(n), service="test"))
    return jobs


def fill(file: Path, number: int = 200) -> None:
    async def story(store: JobStore, _: Database) -> None:
        await store.add(many_jobs(number))
        await store.begin_attempt(replace(many_jobs(4)[3], phase=Unconfirmed()), Decimal(1000), Decimal(100))

    with_store(file, story)
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def damage(file: Path, *, start: float, length: int) -> None:
    content = bytearray(file.read_bytes())
    at = int(len(content) * start) // 4096 * 4096
    content[at : at + length] = b"\xa5" * min(length, len(content) - at)
    file.write_bytes(content)


def test_a_hole_in_the_middle_costs_only_what_was_in_it(tmp_path: Path) -> None:
    file = tmp_path / "library.db"
    fill(file)
    damage(file, start=0.5, length=4096 * 3)

    async def story(store: JobStore, database: Database) -> None:
        assert database.was_damaged
        assert "moved to library.db.damaged-" in database.warning
        jobs = list(store.everything())
        assert 100 < len(jobs) < 200
        waiting = [job for job in jobs if isinstance(job.phase, Waiting)]
        assert waiting and all(job.on_hold for job in waiting), "they may have been sent since"
        assert "Check your balance" in database.warning
        assert all(not job.on_hold for job in jobs if isinstance(job.phase, Rendering))

    with_store(file, story)
    kept = [each for each in tmp_path.glob("library.db.damaged-*") if each.name.rpartition("-")[2].isdigit()]
    assert len(kept) == 1 and b"\xa5" * 4096 in kept[0].read_bytes()
    assert integrity_of(file) == "ok"

    async def again(_: JobStore, database: Database) -> None:
        assert not database.was_damaged and not database.warning

    with_store(file, again)


def test_rubbish_from_the_first_byte_gives_a_new_library(tmp_path: Path) -> None:
    file = tmp_path / "library.db"
    file.write_bytes(b"this is no database" * 1000)

    async def story(store: JobStore, database: Database) -> None:
        assert database.was_damaged and "0 jobs that could be recovered" in database.warning
        await store.add(many_jobs(3))

    with_store(file, story)
    assert integrity_of(file) == "ok"


def test_a_whole_library_is_not_called_damaged(tmp_path: Path) -> None:
    file = tmp_path / "library.db"
    fill(file, 20)

    async def story(store: JobStore, database: Database) -> None:
        assert not database.was_damaged and len(list(store.everything())) == 20

    with_store(file, story)


def test_a_locked_database_is_said_in_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sora_desktop.store.database.connection.BUSY_TIMEOUT", 0.05)
    file = tmp_path / "library.db"
    fill(file, 2)
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")

        async def story(store: JobStore, _: Database) -> None:
            with pytest.raises(StoreError, match=r"Another program uses .* Close it and try again"):
                await store.add(many_jobs(1))
            other.execute("ROLLBACK")
            await store.add(many_jobs(1))

        with_store(file, story)


def test_a_cursor_ends_on_the_thread_of_its_connection(tmp_path: Path) -> None:
    """On another thread its end would reset a statement that is in use, and a write would fail now and then."""

    async def story(store: JobStore, database: Database) -> None:
        cursor = await database.write(lambda connection: connection.execute("SELECT 1"))
        with pytest.raises(sqlite3.ProgrammingError, match="closed cursor"):
            cursor.fetchone()

    with_store(tmp_path / "library.db", story)


# -- the ledger --------------------------------------------------------------------------------------------------


def test_the_ledger_tells_an_attempt_whole(tmp_path: Path) -> None:
    async def story(store: JobStore, _: Database) -> None:
        (job,) = many_jobs(1)
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

    with_store(tmp_path / "library.db", story)


def test_what_may_be_refunded_is_counted(tmp_path: Path, clip: Ready) -> None:
    async def story(store: JobStore, _: Database) -> None:
        id = RemoteId("task_1")
        phases: list[Phase] = [
            Rendering(id),
            clip,
            Failed("no", remote_id=id),
            Failed("never accepted"),
            Abandoned(id),
            Waiting(),
            Removed(),
        ]
        jobs = [replace(job, phase=phase, changed_at=100.0) for job, phase in zip(many_jobs(7), phases, strict=True)]
        await store.add(jobs)
        assert store.may_be_refunded("test", 50.0, late_since=50.0, abandoned_since=50.0) == (2, 1)
        assert store.may_be_refunded("test", 150.0, late_since=150.0, abandoned_since=150.0) == (1, 0)
        assert store.may_be_refunded("test", 150.0, late_since=50.0, abandoned_since=150.0) == (1, 1)
        assert store.may_be_refunded("elsewhere", 50.0, late_since=50.0, abandoned_since=50.0) == (0, 0)

    with_store(tmp_path / "library.db", story)


@pytest.fixture
def clip(tmp_path: Path) -> Ready:
    facts = VideoFacts(5.0, 1280, 720, 24.0, 120, True, "h264", "mov,mp4", "abc", 10)
    return Ready(Clip(tmp_path / "clip.mp4", facts))


def test_learned_prices_belong_to_one_service_and_a_time(tmp_path: Path) -> None:
    async def story(store: JobStore, _: Database) -> None:
        price = Price(Decimal("150"), "sora2", False, 5, "standard")
        await store.save_learned_price("test", replace(price, amount=Decimal(1)))
        await store.save_learned_price("test", price)
        assert store.learned_prices("test", 0.0) == [price]
        assert store.learned_prices("elsewhere", 0.0) == store.learned_prices("test", 8.0) == []

    with_store(tmp_path / "library.db", story)


def test_only_the_latest_of_what_was_said_stays(tmp_path: Path) -> None:
    async def story(store: JobStore, _: Database) -> None:
        said = [Exchange(float(n), "GET", "/tasks/t", 200, str(n)) for n in range(30)]
        await store.save_exchanges(JobId("a"), said[:20])
        await store.save_exchanges(JobId("b"), said[:2])
        await store.save_exchanges(JobId("a"), said[20:])
        assert store.exchanges(JobId("a")) == said[-MAX_EXCHANGES_PER_JOB:]
        assert store.exchanges(JobId("b")) == said[:2]

    with_store(tmp_path / "library.db", story)
