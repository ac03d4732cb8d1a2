"""The fakes keep the promises of what they stand for: the same tests run on both."""

from __future__ import annotations

import asyncio
import hashlib
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Protocol

import pytest
from builders import a_clip, a_job, an_image
from fakes import DONE, VIDEO, FakeClock, FakeInspector, FakeService, rendering_report
from in_memory_library import InMemoryLibrary
from PySide6.QtGui import QImage
from sandbox_in_process import in_process_sandbox
from workbench import ChargingService

from sora_desktop.api.errors import (
    AnswerLost,
    DailyLimit,
    InsufficientBalance,
    KeyRejected,
    NoSlot,
    Refused,
    ServiceError,
    TooBusy,
)
from sora_desktop.api.service import Bills, Cancels, Lists, TaskReport, TaskState, Uploads, VideoService
from sora_desktop.api.sora.service import SoraService
from sora_desktop.domain.job import (
    Abandoned,
    Cancelled,
    Failed,
    Job,
    JobChange,
    Phase,
    Ready,
    RemoteId,
    Removed,
    Rendering,
    Saving,
    Trashed,
    Unconfirmed,
    Unsaved,
    Waiting,
)
from sora_desktop.domain.library import LibraryView, Tab
from sora_desktop.domain.marks import Flag, MarkFilter
from sora_desktop.domain.request import VideoRequest
from sora_desktop.jobs.ports import Inspector
from sora_desktop.media.errors import MediaError
from sora_desktop.media.pool import MediaPool
from sora_desktop.store.database.database import Database
from sora_desktop.store.database.job_store import JobStore

REQUEST = VideoRequest("a sailboat at dusk")


@dataclass(frozen=True)
class Served:
    """A service, and how a test moves what happens there."""

    service: VideoService
    #: Returns when the service has finished the task.
    finish: Callable[[RemoteId], object]
    #: The number of creates that reached the service.
    creates: Callable[[], int]


#: The error of a create by the fault that causes it, as fault scripts of the sandbox name it.
CREATE_ERRORS: dict[str, type[ServiceError]] = {
    "429": TooBusy,
    "1001": KeyRejected,
    "2002": NoSlot,
    "2003": DailyLimit,
    "3001": InsufficientBalance,
    "expired": Refused,
    "502_html": AnswerLost,
    "html": AnswerLost,
    "reset_after": AnswerLost,
}


class Start(Protocol):
    """Opens a service whose first create fails with `create_fault`, if there is one."""

    def __call__(self, folder: Path, *, create_fault: str = "") -> AbstractAsyncContextManager[Served]: ...


@asynccontextmanager
async def fake_service(folder: Path, *, create_fault: str = "") -> AsyncIterator[Served]:
    errors = [CREATE_ERRORS[create_fault]("The create failed.")] if create_fault else []
    service = FakeService(on_create=[*errors, "task_1"], on_poll=(rendering_report(), rendering_report(40), DONE))
    yield Served(service, lambda _: service.on_poll.extend([DONE]), lambda: len(service.created))


@asynccontextmanager
async def charging_service(folder: Path, *, create_fault: str = "") -> AsyncIterator[Served]:
    service = ChargingService(polls=3)
    errors = [CREATE_ERRORS[create_fault]("The create failed.")] if create_fault else []
    if create_fault == "reset_after":
        service.swallows = {REQUEST.prompt}
    else:
        service.refuse = lambda _: errors.pop() if errors else None
    yield Served(service, lambda _: None, lambda: len(service.prompts))


@asynccontextmanager
async def sandbox_service(folder: Path, *, create_fault: str = "") -> AsyncIterator[Served]:
    with in_process_sandbox(folder / "service") as sandbox:
        if create_fault:
            sandbox.faults.plan([{"call": "create", "fault": create_fault}])
        service = SoraService(f"{sandbox.origin}/api/v1", sandbox.state.options.key)
        try:
            yield Served(service, sandbox.finish, lambda: len(sandbox.state.tasks))
        finally:
            await service.aclose()


every_service = pytest.mark.parametrize(
    "start", [fake_service, charging_service, sandbox_service], ids=["fake", "charging", "sandbox"]
)


@every_service
async def test_a_create_returns_an_id_of_its_own_and_its_raw_answer(start: Start, tmp_path: Path) -> None:
    async with start(tmp_path) as served:
        first = await served.service.create(REQUEST, None)
        second = await served.service.create(REQUEST, None)
        assert first.remote_id and second.remote_id and first.remote_id != second.remote_id
        assert served.creates() == 2
        for created in (first, second):
            assert created.exchange.status == 200
            assert created.exchange.method == "POST"
            assert created.remote_id in created.exchange.answer


@every_service
async def test_polls_lead_to_a_video_that_can_be_downloaded(start: Start, tmp_path: Path) -> None:
    async with start(tmp_path) as served:
        created = await served.service.create(REQUEST, None)
        reports: list[TaskReport] = [await served.service.poll(created.remote_id) for _ in range(2)]
        assert all(report.state in (TaskState.PENDING, TaskState.PROCESSING) for report in reports)
        assert not any(report.video_url for report in reports)
        await asyncio.to_thread(served.finish, created.remote_id)
        done = await served.service.poll(created.remote_id)
        assert done.state is TaskState.COMPLETED and done.video_url.startswith(("http://", "https://"))
        assert all(report.percent is None or 0 <= report.percent <= 100 for report in [*reports, done])
        part, seen = tmp_path / "clip.part", list[tuple[int, int | None]]()
        await served.service.download(done.video_url, part, lambda received, total: seen.append((received, total)))
        size = part.stat().st_size
        assert size > 0 and seen[-1][0] == size
        assert all(earlier <= later for (earlier, _), (later, _) in pairwise(seen))
        assert all(total in (None, size) for _, total in seen)


@every_service
async def test_the_abilities_are_those_of_the_service(start: Start, tmp_path: Path) -> None:
    async with start(tmp_path) as served:
        assert isinstance(served.service, Bills)
        assert not isinstance(served.service, Lists) and not isinstance(served.service, Cancels)
        report = await served.service.balance()
        assert report.amount >= 0 and report.exchange.status == 200 and report.exchange.method == "GET"


@every_service
async def test_an_uploaded_image_can_be_used_in_a_create(start: Start, tmp_path: Path) -> None:
    file = tmp_path / "still.png"
    assert QImage(640, 360, QImage.Format.Format_RGB32).save(str(file))
    image = an_image(file)
    async with start(tmp_path) as served:
        assert isinstance(served.service, Uploads)
        uploaded = await served.service.upload(image)
        assert uploaded.url.startswith(("http://", "https://")) and uploaded.exchange.method == "POST"
        created = await served.service.create(REQUEST, uploaded.url)
        assert created.remote_id and served.creates() == 1


@every_service
async def test_a_create_whose_answer_is_lost_has_reached_the_service(start: Start, tmp_path: Path) -> None:
    async with start(tmp_path, create_fault="reset_after") as served:
        with pytest.raises(ServiceError) as raised:
            await served.service.create(REQUEST, None)
        assert isinstance(raised.value, AnswerLost) and str(raised.value)
        assert served.creates() == 1


@every_service
@pytest.mark.parametrize(("fault", "error"), CREATE_ERRORS.items())
async def test_a_failed_create_raises_an_error_of_its_kind_and_the_next_create_works(
    start: Start, tmp_path: Path, fault: str, error: type[ServiceError]
) -> None:
    async with start(tmp_path, create_fault=fault) as served:
        with pytest.raises(ServiceError) as raised:
            await served.service.create(REQUEST, None)
        assert type(raised.value) is error and str(raised.value)
        created = await served.service.create(replace(REQUEST, prompt="another sailboat"), None)
        assert created.remote_id


@every_service
async def test_a_closed_service_can_be_closed_again(start: Start, tmp_path: Path) -> None:
    async with start(tmp_path) as served:
        await served.service.aclose()
        await served.service.aclose()


async def test_facts_describe_the_bytes_of_a_file_and_other_files_are_refused(tmp_path: Path) -> None:
    clip, fake_clip, text = tmp_path / "clip.mp4", tmp_path / "fake.mp4", tmp_path / "text.mp4"
    fake_clip.write_bytes(VIDEO)
    text.write_text("<html>Sign in</html>")
    async with sandbox_service(tmp_path) as served:
        created = await served.service.create(REQUEST, None)
        await asyncio.to_thread(served.finish, created.remote_id)
        url = (await served.service.poll(created.remote_id)).video_url
        await served.service.download(url, clip, lambda received, total: None)
    pool = MediaPool()
    try:
        inspectors: list[tuple[Inspector, Path]] = [(pool, clip), (FakeInspector(), fake_clip)]
        for inspector, file in inspectors:
            facts = await inspector.facts(file)
            assert facts.sha256 == hashlib.sha256(file.read_bytes()).hexdigest()
            assert facts.size == file.stat().st_size
            assert facts.frames > 0 and facts.seconds > 0
            with pytest.raises(MediaError):
                await inspector.facts(text)
    finally:
        await pool.aclose()


_TASK = RemoteId("task_1")
PHASES: tuple[Phase, ...] = (
    Waiting(),
    Unconfirmed(),
    Rendering(_TASK, 40),
    Saving(_TASK),
    Unsaved(_TASK, "The disk was full."),
    Ready(a_clip()),
    Failed("The model crashed."),
    Abandoned(_TASK),
    Cancelled(_TASK),
    Trashed(Ready(a_clip()), 5.0),
    Trashed(Waiting(), 5.0),
    Removed(),
)


def library_jobs() -> list[Job]:
    """Jobs in every phase, with and without a star, some at the same place, some with words to search for."""
    jobs = []
    for number in range(4 * len(PHASES)):
        prompt = ("A red Kite", "a sailboat at dusk", "kites at DUSK", "100% cotton_wool")[number % 4]
        at = float(number // 2)
        phase = PHASES[number % len(PHASES)]
        service = ("", "Studio cluster", "studio cluster")[number // 3 % 3]
        jobs.append(
            a_job(
                phase,
                id=f"job{number:02}",
                made=at,
                starred=number % 3 == 0,
                flag=list(Flag)[number % 5 % 3],
                service=service,
                prompt=prompt,
            )
        )
    return jobs


async def test_the_library_in_memory_answers_like_the_database(tmp_path: Path) -> None:
    jobs = library_jobs()
    in_memory = InMemoryLibrary(jobs)
    database = Database(tmp_path / "library.db")
    await database.open()
    try:
        store = JobStore(database)
        await store.add(jobs)
        for tab in Tab:
            for search, service in (
                *((search, "") for search in ("", "kite", "dusk at", "SAILBOAT", "%", "_", "nothing")),
                ("", "Studio cluster"),
                ("kite", "Studio cluster"),
                ("", "another"),
            ):
                view = LibraryView(tab, search, service)
                for limit in (1, 5, 1000):
                    after: Job | None = None
                    while page := store.page(view, limit, after):
                        assert page == in_memory.page(view, limit, after)
                        after = page[-1]
                    assert in_memory.page(view, limit, after) == []
            for marks in MarkFilter:
                view = LibraryView(tab, "kite", marks=marks)
                assert store.page(view, 1000) == in_memory.page(view, 1000)
        for service in ("", "Studio cluster", "another"):
            assert in_memory.counts(service) == store.counts(service)
        changed = replace(jobs[0], phase=Failed("Refused."), starred=not jobs[0].starred)
        in_memory.save(changed)
        await store.change([JobChange(jobs[0], changed)])
        for service in ("", "Studio cluster", "another"):
            assert in_memory.counts(service) == store.counts(service)
        assert in_memory.page(LibraryView(), 1000) == store.page(LibraryView(), 1000)
    finally:
        await database.aclose()


async def test_virtual_time_stands_still_while_a_thread_works() -> None:
    clock, release = FakeClock(0.0), threading.Event()
    clock.stop_during_thread_work()
    work = asyncio.create_task(asyncio.to_thread(release.wait, 30))
    await asyncio.sleep(0)
    sleep = asyncio.create_task(clock.sleep(3600))
    for _ in range(50):
        await asyncio.sleep(0.001)
    assert clock.now() == 0.0
    release.set()
    await asyncio.gather(work, sleep)
    assert clock.now() == 3600.0
