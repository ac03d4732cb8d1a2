"""The engine opens and closes in order, and each service has a lane of its own."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import cast

import pytest
from waiting import until

from sora_desktop.api.sora.capabilities import CAPABILITIES
from sora_desktop.domain.job import Job, new_job
from sora_desktop.domain.queue import QueueState
from sora_desktop.domain.request import VideoRequest
from sora_desktop.engine.connection import Disconnected
from sora_desktop.engine.engine import Engine
from sora_desktop.engine.lane import Lane, Publisher
from sora_desktop.engine.listeners import Listeners
from sora_desktop.jobs.clips import recovery
from sora_desktop.jobs.runner import JobRunner
from sora_desktop.store.data_folder import DataFolder
from sora_desktop.store.database.database import Database
from sora_desktop.store.database.job_store import JobStore
from sora_desktop.store.inbox import Inbox
from sora_desktop.store.settings import BASE_URL

#: An address at which nothing listens.
NOWHERE = "http://127.0.0.1:9/api/v1"


@pytest.fixture
def data_folder(tmp_path: Path) -> DataFolder:
    folder = DataFolder.at(tmp_path / "data")
    folder.make()
    return folder


class IdleRunner:
    """A runner that holds these jobs and does nothing."""

    def __init__(self, *jobs: Job) -> None:
        self._jobs = jobs
        self.seconds_to_answer = 42.0

    def jobs(self) -> list[Job]:
        return list(self._jobs)

    def stop_sending(self) -> None:
        return None


def a_lane(name: str, close: Callable[[], Awaitable[None]], *jobs: Job) -> Lane:
    """A lane that does nothing, closed by `close`."""
    stack = AsyncExitStack()
    stack.push_async_callback(close)
    return Lane(name, "", CAPABILITIES, cast(JobRunner, IdleRunner(*jobs)), Publisher(Listeners()), stack)


@pytest.mark.parametrize(("variable", "base_url"), [("", BASE_URL), (" ", BASE_URL), (f"{NOWHERE}\n", NOWHERE)])
async def test_a_blank_variable_leaves_the_base_url_of_the_settings(
    variable: str, base_url: str, data_folder: DataFolder
) -> None:
    engine = Engine.at(data_folder, Listeners(), {"SORA_BASE_URL": variable})
    try:
        assert engine.base_url == base_url
        assert [one.variable for one in engine.overrides] == (["SORA_BASE_URL"] if variable.strip() else [])
    finally:
        await engine.aclose()


@pytest.mark.parametrize(
    ("old", "service", "waits"), [("old", "old", False), ("old", "", True), (NOWHERE, NOWHERE, True)]
)
async def test_a_new_lane_waits_only_for_one_that_holds_its_jobs(
    data_folder: DataFolder, old: str, service: str, waits: bool
) -> None:
    """The service is changed while the answer to a create is awaited."""
    engine = Engine.at(data_folder, Listeners(), {"SORA_BASE_URL": NOWHERE, "SORA_API_KEY": "sk_test"})
    await engine.open()
    answered, waited = asyncio.Event(), list[float]()

    async def wait_for_the_answer() -> None:
        await answered.wait()

    engine.lanes[old] = a_lane(old, wait_for_the_answer, new_job(VideoRequest("a red kite"), service))
    engine.services.current = old
    connecting = asyncio.create_task(engine.services.connect(sandbox=False, waits=waited.append), name="connect")
    try:
        if waits:
            await until(lambda: waited)
            await asyncio.sleep(0.1)
            assert not connecting.done() and not engine.connected and set(engine.lanes) == {old}
        else:
            await connecting
            assert engine.connected and set(engine.lanes) == {old, NOWHERE}
        assert waited == ([42.0] if waits else [])
        answered.set()
        assert (await connecting).service_name == NOWHERE
        await until(lambda: set(engine.lanes) == {NOWHERE})
    finally:
        answered.set()
        await engine.aclose()


async def test_a_cancelled_disconnect_is_completed(data_folder: DataFolder) -> None:
    """The user changes the settings and then closes the window while the answer to a create is awaited."""
    engine = Engine.at(data_folder, Listeners(), {})
    answered, received, is_waiting = asyncio.Event(), False, asyncio.Event()

    async def receive_the_last_answer() -> None:
        nonlocal received
        is_waiting.set()
        await answered.wait()
        received = True

    engine.lanes[""] = a_lane("", receive_the_last_answer)
    reconnecting = asyncio.create_task(engine.services.close_lane(""))
    await is_waiting.wait()
    reconnecting.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await reconnecting
    closing = asyncio.create_task(engine.aclose())
    for _ in range(20):  # turns of the loop, enough to end if nothing were awaited
        await asyncio.sleep(0)
    assert not closing.done()
    answered.set()
    await closing
    assert received and engine.connection == Disconnected()


async def test_an_interrupted_search_for_lost_clips_is_repeated_at_the_next_start(
    data_folder: DataFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_searching = asyncio.Event()

    async def search_forever(*_: object) -> int:
        is_searching.set()
        await asyncio.Event().wait()
        return 0

    async def find_three(*_: object) -> int:
        return 3

    monkeypatch.setattr(recovery, "find_lost_clips", search_forever)
    first = Engine.at(data_folder, Listeners(), {})
    opening = asyncio.create_task(first.open())
    await is_searching.wait()
    opening.cancel()
    await asyncio.gather(opening, return_exceptions=True)
    await first.aclose()
    monkeypatch.setattr(recovery, "find_lost_clips", find_three)
    for found in (3, 0):
        engine = Engine.at(data_folder, Listeners(), {})
        await engine.open()
        assert engine.clips_found == found
        await engine.aclose()


async def test_a_cancelled_close_waits_for_an_answer_and_writes_it(data_folder: DataFolder) -> None:
    """However often the user presses Ctrl-C: the answer to a create that comes after it is on disk."""
    engine = Engine.at(data_folder, Listeners(), {})
    await engine.open()
    answered, is_waiting = asyncio.Event(), asyncio.Event()
    job = new_job(VideoRequest("a red kite"), "")

    async def receive_the_last_answer() -> None:
        is_waiting.set()
        await answered.wait()
        await engine.store.add([job])

    engine.lanes[""] = a_lane("", receive_the_last_answer)
    closing = asyncio.create_task(engine.aclose(), name="close")
    await is_waiting.wait()
    for _ in range(3):
        closing.cancel()
        for _ in range(20):  # turns of the loop, enough to end if the cancellation had an effect
            await asyncio.sleep(0)
        assert not closing.done()
    answered.set()
    with pytest.raises(asyncio.CancelledError):
        await closing
    database = Database(data_folder.database)
    try:
        assert JobStore(database).read(job.id) == job
    finally:
        await database.aclose()


async def test_a_lane_that_cannot_be_closed_does_not_keep_the_others_open(data_folder: DataFolder) -> None:
    engine = Engine.at(data_folder, Listeners(), {})
    closed: list[str] = []

    async def fail() -> None:
        raise OSError("The connection broke.")

    async def close() -> None:
        await asyncio.sleep(0.01)
        closed.append("second")

    for name, how in (("first", fail), ("second", close)):
        engine.lanes[name] = a_lane(name, how)
    with pytest.raises(OSError, match="broke"):
        await engine.aclose()
    assert closed == ["second"] and not engine.lanes


async def test_a_pause_is_reported_while_no_service_is_connected(
    data_folder: DataFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process pauses the queue while the window has no service: its Pause action must follow."""
    states: list[QueueState] = []
    engine = Engine.at(data_folder, Listeners(queue=states.append), {})
    await engine.open()
    try:
        Inbox(data_folder.inbox).post({"paused": True})
        await until(lambda: states)
        assert states == [QueueState(paused=True)] and engine.settings.paused

        def fail(_: object) -> None:
            raise OSError("No space left on device")

        monkeypatch.setattr(engine.records.settings_file, "save", fail)
        with pytest.raises(OSError, match="No space left"):
            engine.pause(False)
        assert states[1:] == [QueueState(paused=False)] and not engine.settings.paused, "it applies to this run"
    finally:
        await engine.aclose()
