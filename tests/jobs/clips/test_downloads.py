"""Four at once, the oldest first; what is here already is not fetched again; what is lost is found."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from fakes import DONE, VIDEO, FakeInspector, FakeService
from workbench import REQUEST, Bench, until

from sora_desktop.api.errors import Gone
from sora_desktop.api.sora.profile import CAPABILITIES
from sora_desktop.domain.clip import Clip, VideoFacts
from sora_desktop.domain.job import Job, JobId, Ready, RemoteId, Saving, Unconfirmed
from sora_desktop.domain.request import VideoRequest
from sora_desktop.jobs.clips.downloads import MAX_DOWNLOADS, Downloads, clip_name, extension_of, warning_about
from sora_desktop.jobs.clips.priority_semaphore import PrioritySemaphore
from sora_desktop.jobs.clips.recovery import find_lost_clips
from sora_desktop.store.database.connection import Database
from sora_desktop.store.database.job_store import JobStore
from sora_desktop.store.errors import StoreError

FACTS = VideoFacts(5.0, 1280, 720, 24.0, 120, True, "h264", "mov,mp4,m4a", "abc", 10)


def job(number: int, finished: float = 0.0) -> Job:
    phase = Saving(RemoteId(f"task_{number}"))
    return Job(JobId(f"{number:08x}{'0' * 24}"), VideoRequest(f"boat {number}"), phase, 1.0, finished, float(number))


class Slowly:
    """Downloads that end when they are let."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.most = 0
        self.running = 0
        self.go_on = asyncio.Semaphore(0)

    async def download(self, url: str, part: Path, progress: Callable[[int, int | None], None]) -> None:
        self.begun.append(url)
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            await self.go_on.acquire()
            part.write_bytes(VIDEO)
        finally:
            self.running -= 1


async def test_four_at_once_and_the_oldest_first(tmp_path: Path) -> None:
    fetcher = Slowly()
    downloads = Downloads(tmp_path / "library", fetcher, FakeInspector())
    ages = [90, 80, 70, 60, 50, 40, 30, 20]
    tasks = [
        asyncio.create_task(downloads.fetch(job(n), str(age), lambda *_: None, finished_at=float(age)))
        for n, age in enumerate(ages)
    ]
    for begun in range(MAX_DOWNLOADS, len(ages) + 1):
        await until(lambda begun=begun: len(fetcher.begun) == begun)  # type: ignore[misc]
        fetcher.go_on.release()
    for _ in range(MAX_DOWNLOADS):
        fetcher.go_on.release()
    await asyncio.gather(*tasks)
    assert fetcher.begun[MAX_DOWNLOADS:] == ["20", "30", "40", "50"]
    assert fetcher.most == MAX_DOWNLOADS


async def test_one_that_gives_up_lets_the_next_in() -> None:
    slots = PrioritySemaphore(1)
    passed: list[str] = []

    async def pass_through(name: str, urgency: float) -> None:
        async with slots.acquired(urgency):
            passed.append(name)
            await asyncio.sleep(0)

    first = asyncio.create_task(pass_through("first", 1))
    await asyncio.sleep(0)
    waiting = [asyncio.create_task(pass_through(str(n), n)) for n in range(4)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    await first
    waiting[1].cancel()  # let in, perhaps, at this very moment
    await asyncio.gather(*waiting, return_exceptions=True)
    assert passed[0] == "first" and {"2", "3"} <= set(passed)
    async with asyncio.timeout(1), slots.acquired(0):
        pass


async def test_a_clip_that_has_its_name_already_is_not_fetched_again(tmp_path: Path) -> None:
    fetcher = Slowly()
    library = tmp_path / "library"
    library.mkdir()
    downloads = Downloads(library, fetcher, FakeInspector())
    there = library / f"{clip_name(job(1))}.mp4"
    there.write_bytes(VIDEO)
    clip = await downloads.fetch(job(1), "url", lambda *_: None, finished_at=0.0)
    assert clip.file == there and not fetcher.begun


async def test_another_job_whose_id_begins_alike_gets_its_own_clip(tmp_path: Path) -> None:
    """Eight digits are not enough: among ten thousand jobs, one in a hundred libraries holds two that begin alike."""
    fetcher = Slowly()
    fetcher.go_on.release()
    library = tmp_path / "library"
    library.mkdir()
    downloads = Downloads(library, fetcher, FakeInspector())
    twin = replace(job(1), id=JobId(job(1).id[:8] + "f" * 24), request=VideoRequest("a tower"))
    (library / f"{clip_name(twin)}.mp4").write_bytes(VIDEO)
    clip = await downloads.fetch(job(1), "url", lambda *_: None, finished_at=0.0)
    assert clip.file.stem == clip_name(job(1)) and fetcher.begun


async def test_something_else_of_that_name_is_neither_taken_nor_touched(tmp_path: Path) -> None:
    fetcher = Slowly()
    fetcher.go_on.release()
    library = tmp_path / "library"
    library.mkdir()
    downloads = Downloads(library, fetcher, FakeInspector())
    there = library / f"{clip_name(job(1))}.mp4"
    there.write_bytes(b"a diary")
    clip = await downloads.fetch(job(1), "url", lambda *_: None, finished_at=0.0)
    assert clip.file != there and clip.file.read_bytes() == VIDEO
    assert there.read_bytes() == b"a diary"


async def test_no_room_is_said_before_a_byte_comes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sora_desktop.store.disk.free_bytes", lambda _: 5 * 2**20)
    fetcher = Slowly()
    with pytest.raises(StoreError, match="Free some space"):
        await Downloads(tmp_path / "library", fetcher, FakeInspector()).fetch(
            job(1), "url", lambda *_: None, finished_at=0.0
        )
    assert not fetcher.begun


@pytest.mark.virtual_time
async def test_a_link_that_stays_dead_costs_few_requests(tmp_path: Path) -> None:
    service = FakeService(on_poll=[DONE], on_download=[Gone("The link has expired.")])
    async with Bench(service, tmp_path) as bench:
        (job,) = await bench.runner.commands.submit(REQUEST)
        await asyncio.sleep(12 * 3600)
        before, tried = len(service.polled), len(service.fetched)
        await asyncio.sleep(24 * 3600)
        assert len(service.polled) - before <= 25
        assert len(service.fetched) - tried > 100
        service._download[0] = VIDEO
        await asyncio.sleep(700)
        assert isinstance(bench.saved(job).phase, Ready)


@pytest.mark.parametrize(
    ("facts", "suffix", "words"),
    [
        (FACTS, ".mp4", ""),
        (replace(FACTS, seconds=4.0), ".mp4", "4.0 s long; 5 s were requested."),
        (replace(FACTS, container="matroska,webm", video_codec="vp9"), ".webm", "The service sent webm, not mp4."),
        (replace(FACTS, container="matroska,webm"), ".mkv", "The service sent mkv, not mp4."),
    ],
)
def test_what_differs_from_what_was_asked_is_said(facts: VideoFacts, suffix: str, words: str) -> None:
    assert extension_of(facts) == suffix
    assert warning_about(facts, VideoRequest("boat")) == words


async def test_clips_that_no_job_claims_are_listed_again(tmp_path: Path) -> None:
    library = tmp_path / "clips"
    library.mkdir()
    lost, open_one, listed = job(1), replace(job(2), phase=Unconfirmed()), job(3)
    for each in (lost, open_one, listed):
        (library / f"{clip_name(each)}.mp4").write_bytes(VIDEO)
    (library / f"{clip_name(job(4))}.mp4").write_bytes(b"cut short")
    (library / "holiday.mp4").write_bytes(VIDEO)
    facts = await FakeInspector().facts(library / "holiday.mp4")
    database = Database(tmp_path / "jobs.db")
    await database.open()
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(database.aclose)
        store = JobStore(database)
        clip = Clip(library / f"{clip_name(listed)}.mp4", facts)
        await store.add([open_one, replace(listed, phase=Ready(clip))])
        assert await find_lost_clips(library, store, FakeInspector(), CAPABILITIES) == 2
        ready = {found.id[:8]: found for found in store.everything() if isinstance(found.phase, Ready)}
        assert set(ready) == {each.id[:8] for each in (lost, open_one, listed)}
        again = ready[lost.id[:8]]
        assert again.request == VideoRequest("boat 1", aspect_ratio="16:9", duration=5)
        assert again.created_at == lost.created_at
        assert ready[open_one.id[:8]].id == open_one.id, "its clip proves that it was sent"
        assert await find_lost_clips(library, store, FakeInspector(), CAPABILITIES) == 0
