"""The totals of the day are those of the ledger on disk, whatever is written and whenever they are asked for."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from builders import a_job
from fakes import FakeClock

from sora_desktop.domain.job import Job, RemoteId, Rendering, Unconfirmed, Waiting
from sora_desktop.domain.ledger import IN_DOUBT, SPENT, KnownBalance, Outcome
from sora_desktop.domain.money import Balance
from sora_desktop.jobs.clock import Clock
from sora_desktop.jobs.money.spending_ledger import SET_AHEAD, SpendingLedger, local_day
from sora_desktop.store.database.database import Database
from sora_desktop.store.database.job_store import JobStore
from sora_desktop.store.errors import ChangedElsewhere

OUTCOMES = (Outcome.ACCEPTED, Outcome.REFUSED, Outcome.OPEN, Outcome.UNKNOWN)


def totals_on_disk(store: JobStore, now: float) -> tuple[Decimal, Decimal]:
    spent = in_doubt = Decimal(0)
    start, end = local_day(now)
    for attempt in store.attempts_between(start, end + SET_AHEAD, "test"):
        price = attempt.price or Decimal(0)
        spent += price if attempt.outcome in SPENT else 0
        in_doubt += price if attempt.outcome in IN_DOUBT else 0
    return spent, in_doubt


async def test_the_totals_are_those_of_the_ledger_after_every_write(tmp_path: Path) -> None:
    chance, clock = random.Random(11), FakeClock()
    database = Database(tmp_path / "library.db")
    await database.open()
    store = JobStore(database, clock.now)
    ledger = SpendingLedger(store, "test", "", Clock(clock.now, clock.sleep, clock.tick))
    sent: list[tuple[int, Job]] = []

    async def begin() -> None:
        job = a_job(Waiting(), len(sent), service="test")
        price = None if chance.random() < 0.1 else Decimal(chance.choice([50, 100, 250]))
        await store.add([job])
        sent.append((await ledger.begin(a_job(Unconfirmed(), len(sent), service="test"), None, None, price), job))

    try:
        for _ in range(300):
            number, job = chance.choice(sent) if sent else (0, None)
            match chance.randrange(8):
                case 0 | 1 | 2:
                    await begin()
                case 3 if job is not None:
                    outcome, task = chance.choice(OUTCOMES), RemoteId(f"task_{chance.randrange(2)}")
                    with suppress(ChangedElsewhere):  # as if two programs got an answer
                        await ledger.end(number, replace(job, phase=Rendering(task)), "", outcome, 200)
                case 4 if job is not None:
                    outcome = chance.choice([Outcome.BILLED, Outcome.NOT_BILLED, Outcome.UNKNOWN])
                    with suppress(ChangedElsewhere):
                        await ledger.judge(number, replace(job, phase=Unconfirmed()), outcome, None)
                case 5 if job is not None:
                    await ledger.note_balance_after(number, job.id, Balance(Decimal(1), 1.0), Decimal(75))
                case 6 if job is not None:
                    known = KnownBalance(Balance(Decimal(1), 1.0), store.last_attempt())
                    await ledger.save_known_balance(known, store.attempts(job.id))
                case _:
                    clock.time += chance.choice([60.0, 3600.0, -1800.0])
            if chance.random() < 0.5:
                assert ledger.today() == totals_on_disk(store, clock.now())
        assert sum(ledger.today()) > 0
    finally:
        await database.aclose()


@asynccontextmanager
async def open_ledger(folder: Path) -> AsyncIterator[tuple[SpendingLedger, JobStore, FakeClock]]:
    clock, database = FakeClock(), Database(folder / "library.db")
    await database.open()
    try:
        store = JobStore(database, clock.now)
        yield SpendingLedger(store, "test", "", Clock(clock.now, clock.sleep, clock.tick)), store, clock
    finally:
        await database.aclose()


async def test_attempts_of_another_process_count(tmp_path: Path) -> None:
    async with open_ledger(tmp_path) as (ledger, store, _):
        assert ledger.today() == (Decimal(0), Decimal(0))
        await store.begin_attempt(a_job(Unconfirmed(), service="test"), None, Decimal(100))
        assert ledger.today() == (Decimal(0), Decimal(100))


async def test_an_answer_that_another_process_has_got_counts(tmp_path: Path) -> None:
    async with open_ledger(tmp_path) as (ledger, store, _):
        job = a_job(Unconfirmed(), service="test")
        number = await ledger.begin(job, None, None, Decimal(100))
        assert ledger.today() == (Decimal(0), Decimal(100))
        await store.end_attempt(number, replace(job, phase=Rendering(RemoteId("task_1"))), "", Outcome.ACCEPTED, 200)
        assert ledger.today() == (Decimal(100), Decimal(0))


async def test_a_clock_that_is_set_ahead_for_a_moment_brings_no_new_day(tmp_path: Path) -> None:
    """What was sent then still counts for today."""
    async with open_ledger(tmp_path) as (ledger, store, clock):
        clock.time += 25 * 3600
        await ledger.begin(a_job(Unconfirmed(), service="test"), None, None, Decimal(100))
        clock.time -= 25 * 3600
        assert ledger.today() == (Decimal(0), Decimal(100))
        assert SpendingLedger(store, "test", "", Clock(clock.now)).today() == (Decimal(0), Decimal(100))
