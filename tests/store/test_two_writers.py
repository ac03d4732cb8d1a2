"""Two programs on one library: no write replaces what the other one saved, and no answer is lost."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest
from builders import a_clip, a_job
from store.opened_store import opened_store

from sora_desktop.domain.job import (
    Failed,
    Job,
    JobChange,
    Phase,
    Ready,
    RemoteId,
    Removed,
    Rendering,
    Saving,
    Unconfirmed,
    Unsaved,
    Waiting,
    remote_id_of,
)
from sora_desktop.domain.ledger import Outcome
from sora_desktop.store.database.database import Database
from sora_desktop.store.database.job_store import JobStore
from sora_desktop.store.errors import ChangedElsewhere, LockLost, SentElsewhere
from sora_desktop.store.lock import DataLock, OwnerFile, OwnerNote

OURS, THEIRS = RemoteId("task_ours"), RemoteId("task_theirs")
WAITING = a_job(Waiting(), service="test")


@asynccontextmanager
async def two_stores(tmp_path: Path, *jobs: Job) -> AsyncIterator[tuple[JobStore, JobStore]]:
    async with opened_store(tmp_path / "library.db") as ours, opened_store(tmp_path / "library.db") as theirs:
        await ours.add(jobs)
        yield ours, theirs


async def move(store: JobStore, *phases: Phase) -> None:
    """The job goes from phase to phase."""
    for before, after in pairwise(phases):
        await store.change([JobChange(replace(WAITING, phase=before), replace(WAITING, phase=after))])


@pytest.mark.parametrize(
    "theirs_is",
    [Rendering(THEIRS), Unconfirmed(), Failed("no"), Removed(), Ready(a_clip()), Saving(THEIRS), Unsaved(THEIRS, "")],
)
async def test_no_phase_is_written_over_another_programs(tmp_path: Path, theirs_is: Phase) -> None:
    async with two_stores(tmp_path, WAITING, a_job(Waiting(), 2)) as (ours, theirs):
        await move(theirs, Waiting(), theirs_is)
        saved = ours.read(WAITING.id)
        other = JobChange(a_job(Waiting(), 2), a_job(Failed("no"), 2))
        for phase in (Waiting("no balance"), Failed("no"), Removed(), Waiting()):
            with pytest.raises(ChangedElsewhere, match="close both"):
                await ours.change([other, JobChange(WAITING, replace(WAITING, phase=phase))])
        await ours.add([WAITING])
        assert ours.read(WAITING.id) == saved and ours.read(other.known.id) == other.known, "all or none"
        with pytest.raises(SentElsewhere):
            await ours.begin_attempt(replace(WAITING, phase=Unconfirmed()), None, None)
        assert ours.attempts(WAITING.id) == []


async def test_a_phase_with_another_remote_id_is_not_written_over(tmp_path: Path) -> None:
    async with two_stores(tmp_path, replace(WAITING, phase=Rendering(THEIRS))) as (ours, _):
        with pytest.raises(ChangedElsewhere):
            await move(ours, Rendering(OURS), Failed("no", remote_id=OURS))
        assert ours.read(WAITING.id) == replace(WAITING, phase=Rendering(THEIRS))
        await move(ours, Rendering(THEIRS, 40, "slow"), Saving(THEIRS), Ready(a_clip()), Removed())


@pytest.mark.parametrize("changed", [replace(WAITING, on_hold=True), a_job(Waiting(), service="test", prompt="a kite")])
async def test_a_job_held_or_edited_by_another_program_is_not_sent(tmp_path: Path, changed: Job) -> None:
    async with two_stores(tmp_path, WAITING) as (ours, theirs):
        await theirs.change([JobChange(WAITING, changed)])
        with pytest.raises(ChangedElsewhere):
            await ours.begin_attempt(replace(WAITING, phase=Unconfirmed()), None, None)
        assert ours.read(WAITING.id) == changed and ours.attempts(WAITING.id) == []


async def begin(store: JobStore) -> int:
    return await store.begin_attempt(replace(WAITING, phase=Unconfirmed()), None, Decimal(100))


async def accept(store: JobStore, number: int, task: RemoteId) -> None:
    await store.end_attempt(number, replace(WAITING, phase=Rendering(task)), task, Outcome.ACCEPTED, 200)


async def test_an_answer_ends_a_job_that_another_program_has_put_back(tmp_path: Path) -> None:
    async with two_stores(tmp_path, WAITING) as (ours, theirs):
        number = await begin(ours)
        await move(theirs, Unconfirmed(), Waiting())
        await accept(ours, number, OURS)
        with pytest.raises(SentElsewhere):
            await begin(theirs)
        assert ours.read(WAITING.id) == replace(WAITING, phase=Rendering(OURS))


async def test_an_answer_for_a_job_that_was_sent_again_gets_a_job_of_its_own(tmp_path: Path) -> None:
    async with two_stores(tmp_path, WAITING) as (ours, theirs):
        number = await begin(ours)
        await move(theirs, Unconfirmed(), Waiting())
        second = await begin(theirs)
        await accept(theirs, second, THEIRS)
        for _ in range(2):  # a write may be repeated
            with pytest.raises(ChangedElsewhere) as raised:
                await accept(ours, number, OURS)
        own = raised.value.own_job
        assert own is not None and own.phase == Rendering(OURS) and own.request == WAITING.request
        assert {remote_id_of(job.phase) for job in ours.unfinished()} == {OURS, THEIRS}
        (attempt,) = ours.attempts(own.id)
        assert (attempt.id, attempt.outcome, attempt.answer) == (number, Outcome.ACCEPTED, OURS)
        assert [each.id for each in ours.attempts(WAITING.id)] == [second]


@pytest.mark.parametrize("outcome", [Outcome.REFUSED, Outcome.OPEN])
async def test_an_answer_without_a_task_is_kept_and_moves_nothing(tmp_path: Path, outcome: Outcome) -> None:
    async with two_stores(tmp_path, WAITING) as (ours, theirs):
        number = await begin(ours)
        await move(theirs, Unconfirmed(), Rendering(THEIRS))
        with pytest.raises(ChangedElsewhere):
            await ours.end_attempt(number, replace(WAITING, phase=Waiting("busy")), "busy", outcome, 429)
        assert ours.read(WAITING.id) == replace(WAITING, phase=Rendering(THEIRS))
        (attempt,) = ours.attempts(WAITING.id)
        assert (attempt.answer, attempt.status) == ("busy", 429)


async def test_the_balance_does_not_overrule_an_answer(tmp_path: Path) -> None:
    async with two_stores(tmp_path, WAITING) as (ours, theirs):
        number = await begin(ours)
        await accept(ours, number, OURS)
        with pytest.raises(ChangedElsewhere):
            judged = replace(WAITING, phase=Unconfirmed("Not charged.", safe_to_send=True))
            await theirs.judge_attempt(number, judged, Outcome.NOT_BILLED, None)
        assert ours.read(WAITING.id) == replace(WAITING, phase=Rendering(OURS))
        assert ours.attempts(WAITING.id)[0].outcome is Outcome.ACCEPTED


def lock_at(tmp_path: Path) -> DataLock:
    return DataLock(tmp_path / "owner.lock", OwnerFile(tmp_path / "owner.json"))


@pytest.mark.parametrize("is_replaced", [False, True])
async def test_nothing_is_sent_once_the_lock_is_deleted(tmp_path: Path, is_replaced: bool) -> None:
    lock, other = lock_at(tmp_path), lock_at(tmp_path)
    assert lock.acquire() and lock.is_intact
    database = Database(tmp_path / "library.db", lock=lock)
    await database.open()
    try:
        store = JobStore(database)
        await store.add([WAITING, a_job(Waiting(), 2)])
        number = await begin(store)
        (tmp_path / "owner.lock").unlink()
        if is_replaced:
            assert other.acquire()
            OwnerFile(tmp_path / "owner.json").write(OwnerNote("sandbox"))
        with pytest.raises(LockLost, match=r"owner\.lock was deleted or replaced.*Close every"):
            await store.begin_attempt(a_job(Unconfirmed(), 2), None, None)
        assert store.read(a_job(Waiting(), 2).id) == a_job(Waiting(), 2)
        await accept(store, number, OURS)
    finally:
        await database.aclose()
        lock.release()
    if is_replaced:
        assert OwnerFile(tmp_path / "owner.json").read() == OwnerNote("sandbox"), "it is the other owner's note"
        other.release()


@pytest.mark.skipif(sys.platform == "win32", reason="no folder in use can be moved there")
def test_a_data_folder_that_is_moved_is_named_and_can_be_put_back(tmp_path: Path) -> None:
    folder, elsewhere = tmp_path / "data", tmp_path / "elsewhere"
    folder.mkdir()
    lock = lock_at(folder)
    assert lock.acquire()
    folder.rename(elsewhere)
    with pytest.raises(
        LockLost, match=r"The data folder .*data was moved or deleted .*Nothing more is sent.*Put it back"
    ):
        lock.require()
    elsewhere.rename(folder)
    lock.require()
    lock.release()


async def test_nothing_is_sent_once_the_database_is_replaced(tmp_path: Path) -> None:
    file = tmp_path / "library.db"
    async with opened_store(file) as store:
        await store.add([WAITING])
        assert store.read(WAITING.id) == WAITING  # the file is open for reading too
        file.rename(tmp_path / "moved.db")
        file.touch()
        with pytest.raises(LockLost, match="deleted or replaced"):
            await begin(store)
        assert store.attempts(WAITING.id) == []


def test_what_identifies_the_lock_is_asked_of_the_system(tmp_path: Path) -> None:
    """As on Windows, where a deleted file that is still open cannot be looked at."""
    identities: list[tuple[int, int] | None] = [(1, 2), (1, 2), None, (1, 3)]
    lock = DataLock(tmp_path / "owner.lock", OwnerFile(tmp_path / "owner.json"), identity=lambda _: identities.pop(0))
    assert lock.acquire()
    assert [lock.is_intact for _ in range(3)] == [True, False, False]
    identities.append(None)
    lock.release()
