"""The journal holds what is unsettled, in the order of the queue, and saves before it shows."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from dataclasses import replace

import pytest
from builders import a_clip, a_job

from sora_desktop.domain.job import (
    Abandoned,
    ChangedJobs,
    Failed,
    Job,
    JobChange,
    JobId,
    Phase,
    Ready,
    RemoteId,
    Removed,
    Rendering,
    Saving,
    Unconfirmed,
    Unsaved,
    Waiting,
    is_settled,
    phase_name,
    remote_id_of,
)
from sora_desktop.jobs.journal import Held, Journal
from sora_desktop.store.errors import ChangedElsewhere, StoreError
from sora_desktop.system.slices import SLICE

TASK = RemoteId("task_1")
PHASES: tuple[Phase, ...] = (
    Waiting(),
    Unconfirmed(),
    Rendering(TASK),
    Saving(TASK),
    Unsaved(TASK, "The disk was full."),
    Ready(a_clip()),
    Failed("The model crashed."),
    Abandoned(TASK),
    Removed(),
)


class Disk:
    """Saved jobs, and how many transactions it took to save them."""

    def __init__(self) -> None:
        self.jobs: dict[JobId, Job] = {}
        self.transactions = 0
        self.is_full = False

    async def add(self, jobs: Sequence[Job]) -> None:
        await asyncio.sleep(0)
        if self.is_full:
            raise StoreError("The disk is full.")
        self.transactions += 1
        self.jobs.update({job.id: job for job in jobs})

    async def change(self, changes: Sequence[JobChange]) -> None:
        for known, _ in changes:
            saved = self.jobs.get(known.id, known)
            if (phase_name(saved.phase), remote_id_of(saved.phase)) != (
                phase_name(known.phase),
                remote_id_of(known.phase),
            ):
                raise ChangedElsewhere
        await self.add([change.changed for change in changes])

    def read(self, id: JobId) -> Job | None:
        return self.jobs.get(id)

    def shares_remote_id(self, job: Job) -> bool:
        return False


class Shown:
    """Remembers what a journal shows."""

    def __init__(self) -> None:
        self.changes: list[tuple[Job, Job | None]] = []

    def __call__(self, changes: Sequence[Held]) -> None:
        self.changes += changes


def journal_on(disk: Disk, shown: Shown | None = None) -> Journal:
    return Journal(disk, ("", "test"), lambda _: None, shown or Shown(), lambda: 1000.0)


def test_only_unsettled_jobs_are_held_and_each_is_where_it_belongs() -> None:
    chance, journal = random.Random(5), journal_on(Disk())
    latest: dict[JobId, Job] = {}
    for _ in range(2000):
        job = a_job(chance.choice(PHASES), chance.randrange(30), on_hold=chance.random() < 0.3, service="test")
        job = replace(job, position=float(chance.randrange(5)))
        latest[job.id] = journal.show(job)
        held = [each for each in latest.values() if not is_settled(each.phase)]
        in_order = sorted(held, key=lambda each: (each.position, each.id))
        waiting = [each for each in in_order if isinstance(each.phase, Waiting) and not each.on_hold]
        assert list(journal) == in_order
        assert journal.waiting_count == len(waiting)
        assert journal.next_waiting == (waiting[0] if waiting else None)
        assert set(journal.active) == {each for each in held if not isinstance(each.phase, Waiting)}


def test_jobs_of_other_services_are_shown_but_not_held() -> None:
    shown = Shown()
    journal = journal_on(Disk(), shown)
    journal.show(a_job(Waiting(), service="https://elsewhere.example"))
    assert not list(journal) and journal.next_waiting is None
    assert len(shown.changes) == 1


async def test_a_settled_job_is_changed_as_it_is_on_disk() -> None:
    disk, shown = Disk(), Shown()
    journal = journal_on(disk, shown)
    outdated = a_job(Rendering(TASK))
    disk.jobs[outdated.id] = saved = replace(outdated, phase=Failed("no"), starred=True)
    changed = await journal.change(outdated, lambda current: replace(current, on_hold=True))
    assert changed == replace(saved, on_hold=True)
    assert shown.changes == [(changed, saved)]


async def test_many_jobs_are_changed_in_one_transaction() -> None:
    disk, shown = Disk(), Shown()
    journal = journal_on(disk, shown)
    jobs = [a_job(Failed("no"), number) for number in range(500)]
    await disk.add(jobs)
    disk.transactions = 0
    changed = await journal.change_many(
        [job.id for job in jobs] + [JobId("unknown")],
        lambda current: None if current == jobs[7] else journal.stepped(current, Removed()),
    )
    assert disk.transactions == 1
    assert len(changed) == len(shown.changes) == 499
    assert all(isinstance(job.phase, Removed) for job in changed)
    assert disk.read(jobs[7].id) == jobs[7]


async def test_many_jobs_are_shown_in_parts_between_which_the_loop_goes_on_and_nothing_is_sent() -> None:
    """5,000 rows at once held the window for seconds."""
    disk, parts, turns = Disk(), list[ChangedJobs](), list[int]()
    journal = Journal(disk, ("", "test"), parts.append, lambda _: None, lambda: 1000.0)
    await journal.show_all([a_job(Waiting(), number) for number in range(5 * SLICE)])
    ids, shown_first = [job.id for job in journal], len(parts)

    async def another_task() -> None:
        while len(parts) == shown_first or not parts[-1].is_last:
            if len(parts) > shown_first:
                assert journal.next_waiting is None, "some are on hold already, and others could be sent"
                turns.append(len(parts))
            await asyncio.sleep(0)

    other = asyncio.create_task(another_task())
    await journal.change_many(ids, lambda current: replace(current, on_hold=True))
    await other
    *before_last, last = changed = parts[shown_first:]
    assert [job.id for part in changed for job in part.jobs] == ids
    assert max(len(part.jobs) for part in changed) <= SLICE, "fewer where they take long"
    assert last.is_last and not any(part.is_last for part in before_last)
    assert set(turns) == set(range(shown_first + 1, len(parts)))


async def test_a_change_of_many_jobs_that_cannot_be_saved_changes_none() -> None:
    disk, shown = Disk(), Shown()
    journal = journal_on(disk, shown)
    jobs = [a_job(Failed("no"), number) for number in range(3)]
    await disk.add(jobs)
    disk.is_full = True
    with pytest.raises(StoreError):
        await journal.change_many([job.id for job in jobs], lambda current: journal.stepped(current, Removed()))
    assert not shown.changes and list(disk.jobs.values()) == jobs


async def test_what_is_shown_during_a_save_is_kept() -> None:
    disk = Disk()
    journal = journal_on(disk)
    job = journal.show(a_job(Rendering(TASK, 10)))

    async def progress() -> None:
        journal.show(journal.stepped(job, Rendering(TASK, 20)))

    await asyncio.gather(journal.change(job, lambda current: replace(current, starred=True)), progress())
    assert journal.get(job.id) == replace(job, phase=Rendering(TASK, 20), starred=True)


async def test_a_change_that_was_started_is_saved_and_shown_although_its_caller_is_cancelled() -> None:
    disk = Disk()
    journal = journal_on(disk)
    job = journal.show(a_job(Waiting()))
    change = asyncio.create_task(journal.move(job, Unconfirmed()))
    await asyncio.sleep(0)
    change.cancel()
    await asyncio.gather(change, return_exceptions=True)
    await journal.all_saved()
    held = journal.get(job.id)
    assert held is not None and isinstance(held.phase, Unconfirmed) and disk.read(job.id) == held
