"""Messages of other processes are carried out once, whenever they arrive and whatever is connected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import cast

from builders import a_job

from sora_desktop.domain.job import Job, JobId, RemoteId, Rendering, Waiting
from sora_desktop.engine.inbox_reader import InboxReader
from sora_desktop.jobs.runner import JobRunner
from sora_desktop.store import codec
from sora_desktop.store.data_folder import DataFolder
from sora_desktop.store.database.database import Database
from sora_desktop.store.database.job_store import JobStore
from sora_desktop.store.inbox import Inbox
from sora_desktop.store.lock import OwnerFile, OwnerNote, lock_for


async def test_messages_from_before_the_start_are_carried_out_at_the_start(tmp_path: Path) -> None:
    data_folder = DataFolder.at(tmp_path)
    data_folder.make()
    job = a_job(Waiting())
    inbox = Inbox(data_folder.inbox)
    for message in ({"jobs": ["nonsense"]}, {"do": "raise"}, {"jobs": 3}, {"jobs": [codec.job_to_text(job)]}):
        inbox.post(dict(message))
    inbox.post({"jobs": [codec.job_to_text(job)]})
    database = Database(data_folder.database)
    await database.open()
    shown: list[Job] = []
    raised: list[bool] = []
    store = JobStore(database)
    inbox_reader = InboxReader(data_folder, store, publish=shown.append, raise_window=lambda: raised.append(True))
    try:
        await inbox_reader.open()
        assert store.unfinished() == [job]
        assert inbox.read() == []
        assert raised == [], "the message is from an earlier run"
        assert OwnerFile(data_folder.owner_file).read() == OwnerNote("", True)
    finally:
        await inbox_reader.aclose()
        await database.aclose()


async def test_without_a_service_jobs_are_saved_and_shown(tmp_path: Path) -> None:
    data_folder = DataFolder.at(tmp_path)
    data_folder.make()
    database = Database(data_folder.database)
    await database.open()
    shown: list[Job] = []
    store = JobStore(database)
    inbox_reader = InboxReader(data_folder, store, publish=shown.append, raise_window=None)
    try:
        await inbox_reader.open()
        Inbox(data_folder.inbox).post({"jobs": [codec.job_to_text(a_job(Waiting()))]})
        await inbox_reader.read_inbox()
        assert shown == store.unfinished() == [a_job(Waiting())]
    finally:
        await inbox_reader.aclose()
        await database.aclose()


async def test_a_message_stays_until_it_can_be_carried_out(tmp_path: Path) -> None:
    data_folder = DataFolder.at(tmp_path)
    data_folder.make()
    inbox = Inbox(data_folder.inbox)
    inbox.post({"jobs": [codec.job_to_text(a_job(Waiting()))]})
    database = Database(data_folder.database)
    await database.open()
    await database.aclose()
    closed = Database(data_folder.database)
    inbox_reader = InboxReader(data_folder, JobStore(closed), publish=lambda job: None, raise_window=None)
    try:
        await inbox_reader.read_inbox()
        assert len(inbox.read()) == 1
    finally:
        await closed.aclose()


async def test_other_processes_pause_the_queue_and_hold_jobs(tmp_path: Path) -> None:
    data_folder = DataFolder.at(tmp_path)
    data_folder.make()
    database = Database(data_folder.database)
    await database.open()
    shown: list[Job] = []
    paused: list[bool] = []
    store, job, sent = JobStore(database), a_job(Waiting()), replace(a_job(Rendering(RemoteId("a"))), id=JobId("b"))
    await store.add([job, sent])
    inbox = Inbox(data_folder.inbox)
    inbox_reader = InboxReader(data_folder, store, publish=shown.append, raise_window=None, pause=paused.append)
    try:
        await inbox_reader.open()
        inbox.post({"paused": True, "hold": [job.id, sent.id, "unknown", 3]})
        await inbox_reader.read_inbox()
        assert paused == [True] and shown == [replace(job, on_hold=True)]
        assert [each.on_hold for each in store.unfinished() if each.id == job.id] == [True]
        assert store.read(sent.id) == sent
        inbox.post({"paused": "no", "hold": "all"})
        inbox.post({"paused": False, "release": [job.id]})
        await inbox_reader.read_inbox()
        assert paused == [True, False] and shown[-1] == job == store.read(job.id)
    finally:
        await inbox_reader.aclose()
        await database.aclose()


async def test_many_jobs_are_held_in_one_transaction_for_each_service(tmp_path: Path) -> None:
    data_folder = DataFolder.at(tmp_path)
    data_folder.make()
    database = Database(data_folder.database)
    await database.open()
    transactions: list[int] = []
    jobs = [a_job(Waiting(), number, service="ab"[number // 7]) for number in range(10)]

    class CountingStore(JobStore):
        async def add(self, jobs: Sequence[Job]) -> None:
            transactions.append(len(jobs))
            await super().add(jobs)

    await JobStore(database).add(jobs)
    store = CountingStore(database)
    inbox_reader = InboxReader(data_folder, store, publish=lambda job: None, raise_window=None)
    try:
        Inbox(data_folder.inbox).post({"hold": [job.id for job in jobs]})
        await inbox_reader.read_inbox()
        assert transactions == [7, 3] and all(job.on_hold for job in store.unfinished())
    finally:
        await inbox_reader.aclose()
        await database.aclose()


async def test_a_runner_added_while_a_job_is_saved_gets_the_job(tmp_path: Path) -> None:
    data_folder = DataFolder.at(tmp_path)
    data_folder.make()
    database = Database(data_folder.database)
    await database.open()
    store, job, held, accepted = JobStore(database), a_job(Waiting()), list[JobId](), list[Job]()
    await store.save(job)

    class Runner:
        @property
        def commands(self) -> Runner:
            return self

        def jobs(self) -> list[Job]:
            return []

        async def hold(self, ids: Sequence[JobId]) -> None:
            held.extend(ids)

        async def accept(self, jobs: list[Job]) -> None:
            accepted.extend(jobs)

    class SlowStore(JobStore):
        async def add(self, jobs: Sequence[Job]) -> None:
            await super().add(jobs)
            await inbox_reader.add_runner("", cast(JobRunner, Runner()), is_current=True)

    inbox_reader = InboxReader(data_folder, SlowStore(database), publish=lambda job: None, raise_window=None)
    try:
        Inbox(data_folder.inbox).post({"hold": [job.id]})
        await inbox_reader.read_inbox()
        assert held == [job.id] and store.unfinished()[0].on_hold
        await inbox_reader.remove_runner("")
        other = replace(job, id=JobId("other"))
        Inbox(data_folder.inbox).post({"jobs": [codec.job_to_text(other)]})
        await inbox_reader.read_inbox()
        assert accepted == [other] and store.read(other.id) == other
    finally:
        await inbox_reader.aclose()
        await database.aclose()


def test_a_data_folder_has_one_lock(tmp_path: Path) -> None:
    data_folder = DataFolder.at(tmp_path)
    data_folder.make()
    first, second = lock_for(data_folder), lock_for(data_folder)
    assert first.acquire()
    assert not second.acquire()
    first.release()
    assert second.acquire()
    second.release()
