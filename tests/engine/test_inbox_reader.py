"""Messages of other processes are carried out once, whenever they arrive and whatever is connected."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import aclosing, asynccontextmanager, closing
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest
from builders import a_job
from store.opened_store import opened_database

from sora_desktop.domain.job import Failed, Job, JobChange, JobId, Phase, RemoteId, Rendering, Unconfirmed, Waiting
from sora_desktop.engine.inbox_reader import RECONNECT_GRACE, InboxReader, Instructions
from sora_desktop.jobs.runner import JobRunner
from sora_desktop.store import codec
from sora_desktop.store.data_folder import DataFolder
from sora_desktop.store.database.database import Database
from sora_desktop.store.database.job_store import JobStore
from sora_desktop.store.inbox import Inbox
from sora_desktop.store.lock import OwnerFile, OwnerNote, lock_for


@pytest.fixture
def data_folder(tmp_path: Path) -> DataFolder:
    folder = DataFolder.at(tmp_path)
    folder.make()
    return folder


async def change_nothing(*_: str) -> str:
    return ""


@asynccontextmanager
async def reading(
    data_folder: DataFolder,
    *,
    store_class: type[JobStore] = JobStore,
    publish: Callable[[Job], None] = lambda job: None,
    raise_window: Callable[[], None] | None = None,
    pause: Callable[[bool], None] = lambda paused: None,
    warn: Callable[[str], None] = lambda warning: None,
    change_services: Callable[[str, str], Awaitable[str]] = change_nothing,
) -> AsyncIterator[tuple[InboxReader, JobStore]]:
    """A reader that is not opened yet, and its store."""
    async with opened_database(data_folder.database) as database:
        store = store_class(database)
        instructions = Instructions(raise_window, pause, change_services)
        reader = InboxReader(data_folder, store, publish=publish, instructions=instructions, warn=warn)
        async with aclosing(reader):
            yield reader, store


async def test_messages_from_before_the_start_are_carried_out_at_the_start(data_folder: DataFolder) -> None:
    job = a_job(Waiting())
    inbox = Inbox(data_folder.inbox)
    for message in ({"jobs": ["nonsense"]}, {"do": "raise"}, {"jobs": 3}, {"jobs": [codec.job_to_text(job)]}):
        inbox.post(dict(message))
    inbox.post({"jobs": [codec.job_to_text(job)]})
    shown: list[Job] = []
    raised: list[bool] = []
    async with reading(data_folder, publish=shown.append, raise_window=lambda: raised.append(True)) as (
        inbox_reader,
        store,
    ):
        await inbox_reader.open()
        assert store.unfinished() == [job]
        assert inbox.read() == []
        assert raised == [], "the message is from an earlier run"
        assert OwnerFile(data_folder.owner_file).read() == OwnerNote("", True)


async def test_without_a_service_jobs_are_saved_and_shown(data_folder: DataFolder) -> None:
    shown: list[Job] = []
    async with reading(data_folder, publish=shown.append) as (inbox_reader, store):
        await inbox_reader.open()
        Inbox(data_folder.inbox).post({"jobs": [codec.job_to_text(a_job(Waiting()))]})
        await inbox_reader.read_inbox()
        assert shown == store.unfinished() == [a_job(Waiting())]


async def test_a_message_stays_until_it_can_be_carried_out(data_folder: DataFolder) -> None:
    inbox = Inbox(data_folder.inbox)
    inbox.post({"jobs": [codec.job_to_text(a_job(Waiting()))]})
    database = Database(data_folder.database)
    await database.open()
    await database.aclose()
    closed = Database(data_folder.database)
    inbox_reader = InboxReader(data_folder, JobStore(closed), publish=lambda job: None, instructions=Instructions())
    try:
        await inbox_reader.read_inbox()
        assert len(inbox.read()) == 1
    finally:
        await closed.aclose()


async def test_other_processes_pause_the_queue_and_hold_jobs(data_folder: DataFolder) -> None:
    shown: list[Job] = []
    paused: list[bool] = []
    job, sent = a_job(Waiting()), replace(a_job(Rendering(RemoteId("a"))), id=JobId("b"))
    inbox = Inbox(data_folder.inbox)
    async with reading(data_folder, publish=shown.append, pause=paused.append) as (inbox_reader, store):
        await store.add([job, sent])
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


async def test_messages_that_came_with_a_restored_backup_send_nothing(data_folder: DataFolder) -> None:
    """Their jobs may have been accepted, sent and paid for after the backup was made."""
    waiting, in_message = a_job(Waiting(), 1, on_hold=True), a_job(Waiting(), 2)
    paused: list[bool] = []
    inbox = Inbox(data_folder.inbox)
    inbox.post({"jobs": [codec.job_to_text(in_message)], "release": [waiting.id, in_message.id], "paused": False})
    async with reading(data_folder, pause=paused.append) as (inbox_reader, store):
        await store.add([waiting])
        await inbox_reader.open(is_restored=True)
        assert store.unfinished() == [waiting, replace(in_message, on_hold=True)] and paused == []
        inbox.post({"release": [in_message.id], "paused": False})
        await inbox_reader.read_inbox()
        assert store.unfinished() == [waiting, in_message] and paused == [False]


async def test_many_jobs_are_held_in_one_transaction_for_each_service(data_folder: DataFolder) -> None:
    transactions: list[int] = []
    jobs = [a_job(Waiting(), number, service="ab"[number // 7]) for number in range(10)]

    class CountingStore(JobStore):
        async def change(self, changes: Sequence[JobChange]) -> None:
            transactions.append(len(changes))
            await super().change(changes)

    async with reading(data_folder, store_class=CountingStore) as (inbox_reader, store):
        await store.add(jobs)
        transactions.clear()
        Inbox(data_folder.inbox).post({"hold": [job.id for job in jobs]})
        await inbox_reader.read_inbox()
        assert transactions == [7, 3] and all(job.on_hold for job in store.unfinished())


async def test_a_runner_added_while_a_job_is_saved_gets_the_job(data_folder: DataFolder) -> None:
    job, held, accepted = a_job(Waiting()), list[JobId](), list[Job]()

    class Runner:
        @property
        def commands(self) -> Runner:
            return self

        seconds_to_answer = None

        def jobs(self) -> list[Job]:
            return []

        async def hold(self, ids: Sequence[JobId]) -> None:
            held.extend(ids)

        async def accept(self, jobs: list[Job]) -> None:
            accepted.extend(jobs)

    class SlowStore(JobStore):
        async def add(self, jobs: Sequence[Job]) -> None:
            await super().add(jobs)
            await self.add_runner()

        async def change(self, changes: Sequence[JobChange]) -> None:
            await super().change(changes)
            await self.add_runner()

        async def add_runner(self) -> None:
            await inbox_reader.add_runner("", cast(JobRunner, Runner()), takes_unassigned=True)

    async with reading(data_folder, store_class=SlowStore) as (inbox_reader, store):
        await JobStore.add(store, [job])
        Inbox(data_folder.inbox).post({"hold": [job.id]})
        await inbox_reader.read_inbox()
        assert held == [job.id] and store.unfinished()[0].on_hold
        await inbox_reader.remove_runner("")
        other = replace(job, id=JobId("other"))
        Inbox(data_folder.inbox).post({"jobs": [codec.job_to_text(other)]})
        await inbox_reader.read_inbox()
        assert accepted == [other] and store.read(other.id) == other


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"null",
        b"{half",
        b"\xff",
        b"{}",
        b'{"paused": "no"}',
        b'{"paused": 1}',
        b'{"hold": "all"}',
        b'{"do": "quit"}',
        b'{"jobs": 3}',
        b'{"jobs": [null]}',
        b'{"jobs": ["{}"]}',
        b'{"more": true}',
        b"[" * 2000,
    ],
)
async def test_a_message_that_is_not_understood_is_kept_and_reported(data_folder: DataFolder, content: bytes) -> None:
    warnings: list[str] = []
    file = data_folder.inbox / "1.json"
    file.write_bytes(content)
    Inbox(data_folder.inbox).post({"jobs": [codec.job_to_text(a_job(Waiting()))]})
    async with reading(data_folder, warn=warnings.append) as (inbox_reader, store):
        await inbox_reader.open()
        await inbox_reader.read_inbox()
        assert store.unfinished() == [a_job(Waiting())]
    assert file.with_name("1.json.failed").read_bytes() == content and not file.exists()
    (warning,) = warnings
    assert "1.json.failed" in warning and "look for them in the library" in warning


@pytest.mark.parametrize(
    "job",
    [
        a_job(Rendering(RemoteId("task"))),
        a_job(Waiting(), id="../../escaped"),
        a_job(Waiting(), id="x" * 65),
        a_job(Waiting(), made=1e300),
        a_job(Waiting(), made=-1.0),
    ],
    ids=["rendering", "path", "long id", "endless", "before all time"],
)
async def test_only_sound_waiting_jobs_are_accepted(data_folder: DataFolder, job: Job) -> None:
    warnings: list[str] = []
    good = a_job(Waiting(), 2)
    Inbox(data_folder.inbox).post({"jobs": [codec.job_to_text(job), codec.job_to_text(good)]})
    async with reading(data_folder, warn=warnings.append) as (inbox_reader, store):
        await inbox_reader.open()
        assert store.unfinished() == [good]
    assert "1 job in it cannot be read" in warnings[0]
    assert len(list(data_folder.inbox.glob("*.failed"))) == 1


async def test_jobs_are_accepted_again_after_an_unexpected_error(data_folder: DataFolder) -> None:
    errors = [ValueError("one"), ValueError("two")]
    warnings: list[str] = []

    class BreakingStore(JobStore):
        async def add(self, jobs: Sequence[Job]) -> None:
            if errors:
                raise errors.pop()
            await super().add(jobs)

    Inbox(data_folder.inbox).post({"jobs": [codec.job_to_text(a_job(Waiting()))]})
    async with reading(data_folder, store_class=BreakingStore, warn=warnings.append) as (inbox_reader, store):
        await inbox_reader.open()
        for _ in range(3):
            assert list(data_folder.inbox.glob("*.json")) or store.unfinished(), "the message is gone"
            await inbox_reader.read_inbox()
        assert store.unfinished() == [a_job(Waiting())] and warnings == []
    assert list(data_folder.inbox.iterdir()) == []


async def test_a_message_that_fails_again_and_again_is_kept_and_reported(data_folder: DataFolder) -> None:
    warnings: list[str] = []

    class BrokenStore(JobStore):
        async def add(self, jobs: Sequence[Job]) -> None:
            raise ValueError("always")

    content = {"jobs": [codec.job_to_text(a_job(Waiting()))]}
    Inbox(data_folder.inbox).post(dict(content))
    async with reading(data_folder, store_class=BrokenStore, warn=warnings.append) as (inbox_reader, _):
        await inbox_reader.open()
        for _ in range(5):
            await inbox_reader.read_inbox()
    assert len(warnings) == 1
    (kept,) = data_folder.inbox.iterdir()
    assert kept.name.endswith(".failed") and json.loads(kept.read_bytes()) == content


async def test_a_message_that_stays_is_not_obeyed_over_the_users_pause(
    data_folder: DataFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    paused: list[bool] = []
    job = a_job(Waiting(), on_hold=True)
    file = Inbox(data_folder.inbox).post({"paused": False, "release": [job.id], "jobs": [codec.job_to_text(job)]})

    def refuse(self: Path, *_: object, **__: object) -> None:
        raise PermissionError(13, "Access is denied")

    monkeypatch.setattr(Path, "unlink", refuse)
    async with reading(data_folder, pause=paused.append) as (inbox_reader, store):
        await inbox_reader.open()
        assert paused == [False] and store.unfinished() == [replace(job, on_hold=False)]
        await store.change([JobChange(replace(job, on_hold=False), job)])  # the user holds it
        for _ in range(3):
            await inbox_reader.read_inbox()
    async with reading(data_folder, pause=paused.append) as (inbox_reader, store):  # another run
        await inbox_reader.open()
        assert paused == [False] and store.unfinished() == [job] and file.exists()


async def test_a_pause_that_fails_is_not_tried_again(data_folder: DataFolder) -> None:
    warnings: list[str] = []
    paused: list[bool] = []

    def pause(value: bool) -> None:
        paused.append(value)
        raise OSError(28, "No space left on device")

    Inbox(data_folder.inbox).post({"paused": False})
    async with reading(data_folder, pause=pause, warn=warnings.append) as (inbox_reader, _):
        await inbox_reader.open()
        await inbox_reader.read_inbox()
        assert paused == [False] and len(warnings) == 1


async def test_a_job_whose_row_cannot_be_read_is_not_written_over(data_folder: DataFolder) -> None:
    bad, good = a_job(Waiting(), id="bad"), a_job(Waiting(), 2)
    async with reading(data_folder) as (_, store):
        await store.add([replace(bad, phase=Rendering(RemoteId("paid")))])
    with closing(sqlite3.connect(data_folder.database)) as connection:
        connection.execute("UPDATE job SET phase = 'polishing'")
        connection.commit()
    inbox = Inbox(data_folder.inbox)
    inbox.post({"jobs": [codec.job_to_text(bad), codec.job_to_text(good)], "hold": [bad.id, good.id]})
    async with reading(data_folder) as (inbox_reader, store):
        await inbox_reader.open()
        assert store.unfinished() == [replace(good, on_hold=True)] and inbox.read() == []
    with closing(sqlite3.connect(data_folder.database)) as connection:
        phases = connection.execute("SELECT phase FROM job WHERE id = 'bad'").fetchall()
    assert phases == [("polishing",)]


class FakeRunner:
    """A runner that has some jobs, all of which can go on."""

    def __init__(self, *jobs: Job) -> None:
        self.seconds_to_answer: float | None = None
        self._jobs = list(jobs)

    def jobs(self) -> list[Job]:
        return self._jobs

    def can_go_on(self, job: Job) -> bool:
        return True


def note_of(data_folder: DataFolder) -> OwnerNote:
    note = OwnerFile(data_folder.owner_file).read()
    assert note is not None
    return note


@pytest.mark.virtual_time
@pytest.mark.parametrize("phase", [Waiting(), Rendering(RemoteId("task"))], ids=["waiting", "rendering"])
async def test_a_followed_job_without_a_service_rests_after_a_while(data_folder: DataFolder, phase: Phase) -> None:
    job, failed = a_job(phase), a_job(Failed("refused"), 2)
    async with reading(data_folder) as (inbox_reader, store):
        await store.add([job, failed])
        await inbox_reader.open()
        runner = cast(JobRunner, FakeRunner(job))
        await inbox_reader.add_runner("test", runner, takes_unassigned=True)
        Inbox(data_folder.inbox).post({"follow": [job.id, failed.id]})
        await asyncio.sleep(2 * RECONNECT_GRACE)
        assert note_of(data_folder).resting == ()
        for _ in range(2):
            await inbox_reader.remove_runner("test")
            await asyncio.sleep(RECONNECT_GRACE - 1)
            assert note_of(data_folder).resting == (), "the service may be connected again"
            await inbox_reader.add_runner("test", runner, takes_unassigned=True)
            await asyncio.sleep(1)
        await inbox_reader.remove_runner("test")
        await asyncio.sleep(RECONNECT_GRACE + 1)
        note = note_of(data_folder)
        assert note.resting == note.without_service == (job.id,)
        await inbox_reader.add_runner("test", runner, takes_unassigned=True)
        assert note_of(data_folder).resting == note_of(data_folder).without_service == ()


@pytest.mark.virtual_time
async def test_a_job_for_a_service_that_is_never_connected_rests(data_folder: DataFolder) -> None:
    job = a_job(Waiting(), service="first")
    async with reading(data_folder) as (inbox_reader, _):
        await inbox_reader.open()
        await inbox_reader.add_runner("another", cast(JobRunner, FakeRunner()), takes_unassigned=True)
        Inbox(data_folder.inbox).post({"jobs": [codec.job_to_text(job)]})
        await asyncio.sleep(RECONNECT_GRACE + 1)
        assert note_of(data_folder).without_service == (job.id,)


@pytest.mark.virtual_time
async def test_a_job_whose_answer_is_awaited_does_not_rest(data_folder: DataFolder) -> None:
    job = a_job(Unconfirmed())
    async with reading(data_folder) as (inbox_reader, store):
        await store.add([job])
        await inbox_reader.open()
        runner = FakeRunner(job)
        await inbox_reader.add_runner("test", cast(JobRunner, runner), takes_unassigned=True)
        Inbox(data_folder.inbox).post({"follow": [job.id]})
        runner.seconds_to_answer = 100.0
        await inbox_reader.remove_runner("test")
        await asyncio.sleep(3 * RECONNECT_GRACE)
        assert note_of(data_folder).resting == ()
        runner.seconds_to_answer = None
        await asyncio.sleep(RECONNECT_GRACE + 1)
        assert note_of(data_folder).resting == (job.id,)


def test_a_data_folder_has_one_lock(data_folder: DataFolder) -> None:
    first, second = lock_for(data_folder), lock_for(data_folder)
    assert first.acquire()
    assert not second.acquire()
    first.release()
    assert second.acquire()
    second.release()
