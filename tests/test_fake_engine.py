"""The fake engine keeps the promises of the real client at the sandbox's engine: the same tests run on both."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pytest
from fake_engine import FakeEngine, engine_request
from fakes import FakeClock
from sandbox_in_process import KEY, in_process_sandbox

from sora_desktop.api.errors import AnswerLost, NotFound
from sora_desktop.api.openai.abilities import ListingService, connect_engine
from sora_desktop.api.openai.capabilities import engine_capabilities
from sora_desktop.api.service import Bills, Lists, Places, TaskState, Uploads
from sora_desktop.domain.job import RemoteId
from sora_desktop.domain.request import VideoRequest
from sora_desktop.domain.service_config import ServiceConfig

PROMPT = "a sailboat at dusk"


@dataclass(frozen=True)
class Served:
    """An engine, and what a test needs of it."""

    service: ListingService | FakeEngine
    request: Callable[[str], VideoRequest]
    wait: Callable[[float], None]  # lets seconds pass


class Start(Protocol):
    """Opens an engine whose first create is lost: "before" it arrived, or "after" it was stored."""

    def __call__(self, folder: Path, *, lost: str = "") -> AbstractAsyncContextManager[Served]: ...


@asynccontextmanager
async def fake_engine(folder: Path, *, lost: str = "") -> AsyncIterator[Served]:
    clock = FakeClock()
    engine = FakeEngine(clock.now)
    engine.polls_to_end = 100
    {"before": engine.drops, "after": engine.swallows, "": set[str]()}[lost].add(PROMPT)
    yield Served(engine, engine_request, clock.advance)


@asynccontextmanager
async def sandbox_engine(folder: Path, *, lost: str = "") -> AsyncIterator[Served]:
    with in_process_sandbox(folder, like="omni") as sandbox:
        if lost:
            sandbox.faults.plan([{"call": "videos.create", "fault": f"reset_{lost}"}])

        def wait(seconds: float) -> None:
            sandbox.clock.time += seconds

        config = ServiceConfig("engine", f"{sandbox.origin}/v1", "openai", profile="omni")
        capabilities = engine_capabilities(config)
        service = connect_engine(config, KEY, capabilities, observe=lambda limits: None)
        assert isinstance(service, ListingService)
        try:
            yield Served(service, lambda prompt: engine_request(prompt, model=capabilities.models[0].name), wait)
        finally:
            await service.aclose()


every_engine = pytest.mark.parametrize("start", [fake_engine, sandbox_engine], ids=["fake", "sandbox"])


@every_engine
async def test_an_engine_lists_and_neither_bills_nor_uploads(start: Start, tmp_path: Path) -> None:
    async with start(tmp_path) as served:
        assert isinstance(served.service, Lists)
        assert not isinstance(served.service, Bills | Uploads | Places)
        assert served.service.create_timeout > 0


@every_engine
async def test_what_was_created_is_listed_newest_first_with_what_was_asked_for(start: Start, tmp_path: Path) -> None:
    async with start(tmp_path) as served:
        empty = await served.service.tasks()
        assert empty.tasks == () and empty.is_complete
        first = await served.service.create(served.request(PROMPT), None)
        served.wait(10)
        second = await served.service.create(served.request("another"), None)
        listed = await served.service.tasks()
        assert [task.remote_id for task in listed.tasks] == [second.remote_id, first.remote_id]
        assert [task.prompt for task in listed.tasks] == ["another", PROMPT]
        assert all(task.size == "1280x720" and task.seconds == 5 for task in listed.tasks)
        assert all(task.report.state in (TaskState.PENDING, TaskState.PROCESSING) for task in listed.tasks)
        newer, older = (task.created_at for task in listed.tasks)
        assert newer is not None and older is not None and newer - older == 10
        assert listed.is_complete and listed.service_time == newer


@every_engine
async def test_a_short_reading_has_the_newest_and_is_not_complete(start: Start, tmp_path: Path) -> None:
    async with start(tmp_path) as served:
        ids: list[RemoteId] = []
        for n in range(3):
            ids.append((await served.service.create(served.request(f"prompt {n}"), None)).remote_id)
            served.wait(10)
        short = await served.service.tasks(limit=2)
        assert [task.remote_id for task in short.tasks[:2]] == [ids[2], ids[1]] and not short.is_complete
        whole = await served.service.tasks(limit=3)
        assert whole.is_complete and len(whole.tasks) == 3
        newest_at = whole.tasks[0].created_at
        recent = await served.service.tasks(created_since=newest_at)
        assert ids[2] in [task.remote_id for task in recent.tasks] and recent.is_complete


@every_engine
@pytest.mark.parametrize("lost", ["before", "after"])
async def test_the_list_shows_whether_a_lost_create_was_stored(start: Start, tmp_path: Path, lost: str) -> None:
    async with start(tmp_path, lost=lost) as served:
        with pytest.raises(AnswerLost):
            await served.service.create(served.request(PROMPT), None)
        listed = await served.service.tasks()
        assert [task.prompt for task in listed.tasks] == ([PROMPT] if lost == "after" else [])


@every_engine
async def test_a_task_that_the_engine_does_not_know_is_not_found(start: Start, tmp_path: Path) -> None:
    async with start(tmp_path) as served:
        with pytest.raises(NotFound):
            await served.service.poll(RemoteId("video_gen_never"))
