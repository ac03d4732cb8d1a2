"""Downloads run four at the same time, the oldest first; saved clips are not downloaded again; lost clips are found."""

from __future__ import annotations

import asyncio
import contextlib
import time
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from builders import a_job, video_facts
from fakes import DONE, VIDEO, FakeInspector, FakeService
from store.opened_store import opened_store
from waiting import until
from workbench import REQUEST, Bench, ChargingService

from sora_desktop.api.errors import DownloadBroken, Gone
from sora_desktop.api.sora.capabilities import CAPABILITIES
from sora_desktop.domain.clip import Clip, VideoFacts
from sora_desktop.domain.job import Job, JobId, Ready, RemoteId, Saving, Trashed, Unconfirmed, Unsaved
from sora_desktop.domain.request import VideoRequest
from sora_desktop.jobs.clips.clip_files import ClipFinder, clip_name
from sora_desktop.jobs.clips.downloads import MAX_DOWNLOADS, Downloads, extension_of, warning_about
from sora_desktop.jobs.clips.priority_semaphore import PrioritySemaphore
from sora_desktop.jobs.clips.recovery import find_lost_clips
from sora_desktop.store.database.database import Database
from sora_desktop.store.database.job_store import JobStore
from sora_desktop.store.errors import StoreError

FACTS = video_facts(container="mov,mp4,m4a")


def job(number: int) -> Job:
    """A job whose clip has the first eight digits of its id in its name."""
    return a_job(Saving(RemoteId(f"task_{number}")), id=f"{number:08x}{'0' * 24}", made=number, prompt=f"boat {number}")


class EmptyLibrary:
    """No other job."""

    def jobs_starting(self, id_start: str) -> list[Job]:
        return []

    def job_with_clip(self, facts: VideoFacts, other_than: JobId) -> Job | None:
        return None

    def clip_folders(self) -> list[Path]:
        return []


class SlowDownloader:
    """Downloads that end when the test releases them."""

    def __init__(self) -> None:
        self.started: list[str] = []
        self.most_running = 0
        self.running = 0
        self.may_end = asyncio.Semaphore(0)

    async def download(self, url: str, part: Path, progress: Callable[[int, int | None], None]) -> None:
        self.started.append(url)
        self.running += 1
        self.most_running = max(self.most_running, self.running)
        try:
            await self.may_end.acquire()
            part.write_bytes(VIDEO)
        finally:
            self.running -= 1


async def test_four_downloads_run_at_the_same_time_and_the_oldest_first(tmp_path: Path) -> None:
    downloader = SlowDownloader()
    downloads = Downloads(tmp_path / "library", downloader, FakeInspector(), EmptyLibrary())
    ages = [90, 80, 70, 60, 50, 40, 30, 20]
    tasks = [
        asyncio.create_task(downloads.fetch(job(n), str(age), lambda *_: None, finished_at=float(age)))
        for n, age in enumerate(ages)
    ]
    for started in range(MAX_DOWNLOADS, len(ages) + 1):
        await until(lambda started=started: len(downloader.started) == started)  # type: ignore[misc]
        downloader.may_end.release()
    for _ in range(MAX_DOWNLOADS):
        downloader.may_end.release()
    await asyncio.gather(*tasks)
    assert downloader.started[MAX_DOWNLOADS:] == ["20", "30", "40", "50"]
    assert downloader.most_running == MAX_DOWNLOADS


async def test_a_cancelled_waiter_does_not_block_the_semaphore() -> None:
    semaphore = PrioritySemaphore(1)
    entered: list[str] = []

    async def enter(name: str, priority: float) -> None:
        async with semaphore.acquired(priority):
            entered.append(name)
            await asyncio.sleep(0)

    first = asyncio.create_task(enter("first", 1))
    await asyncio.sleep(0)
    waiting = [asyncio.create_task(enter(str(n), n)) for n in range(4)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    await first
    waiting[1].cancel()  # possibly admitted in the same turn of the loop
    await asyncio.gather(*waiting, return_exceptions=True)
    assert entered[0] == "first" and {"2", "3"} <= set(entered)
    async with asyncio.timeout(1), semaphore.acquired(0):
        pass


async def test_a_clip_that_is_already_in_the_folder_is_not_downloaded_again(tmp_path: Path) -> None:
    downloader = SlowDownloader()
    library = tmp_path / "library"
    library.mkdir()
    downloads = Downloads(library, downloader, FakeInspector(), EmptyLibrary())
    there = library / f"{clip_name(job(1))}.mp4"
    there.write_bytes(VIDEO)
    clip = await downloads.fetch(job(1), "url", lambda *_: None, finished_at=0.0)
    assert clip.file == there and not downloader.started


async def test_a_job_whose_id_starts_alike_gets_its_own_clip(tmp_path: Path) -> None:
    """Eight digits are not unique: with 10,000 jobs, one library in a hundred has two ids that start alike."""
    downloader = SlowDownloader()
    downloader.may_end.release()
    library = tmp_path / "library"
    library.mkdir()
    downloads = Downloads(library, downloader, FakeInspector(), EmptyLibrary())
    twin = replace(job(1), id=JobId(job(1).id[:8] + "f" * 24), request=VideoRequest("a tower"))
    (library / f"{clip_name(twin)}.mp4").write_bytes(VIDEO)
    clip = await downloads.fetch(job(1), "url", lambda *_: None, finished_at=0.0)
    assert clip.file.stem == clip_name(job(1)) and downloader.started


async def test_another_file_with_the_clips_name_is_left_alone(tmp_path: Path) -> None:
    downloader = SlowDownloader()
    downloader.may_end.release()
    library = tmp_path / "library"
    library.mkdir()
    downloads = Downloads(library, downloader, FakeInspector(), EmptyLibrary())
    there = library / f"{clip_name(job(1))}.mp4"
    there.write_bytes(b"a diary")
    clip = await downloads.fetch(job(1), "url", lambda *_: None, finished_at=0.0)
    assert clip.file != there and clip.file.read_bytes() == VIDEO
    assert there.read_bytes() == b"a diary"


async def test_a_clip_whose_name_was_taken_is_found_after_the_other_file_is_gone(tmp_path: Path) -> None:
    folder = tmp_path / "library"
    folder.mkdir()
    clip = folder / f"again again {clip_name(job(1))}.webm"
    clip.write_bytes(VIDEO)
    found = await Downloads(folder, SlowDownloader(), FakeInspector(), EmptyLibrary()).already_here(job(1))
    assert found is not None and found.file == clip


async def test_a_clip_whose_name_is_stored_decomposed_is_found(tmp_path: Path) -> None:
    folder = tmp_path / "clips"
    folder.mkdir()
    mine = replace(job(1), request=VideoRequest("café été"))
    name = unicodedata.normalize("NFD", clip_name(mine))
    (folder / f"{name}.mp4").write_bytes(VIDEO)
    assert await Downloads(folder, SlowDownloader(), FakeInspector(), EmptyLibrary()).already_here(mine) is not None


async def test_a_full_disk_is_reported_before_the_download(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sora_desktop.store.disk.free_bytes", lambda _: 5 * 2**20)
    downloader = SlowDownloader()
    with pytest.raises(StoreError, match="Free some space"):
        await Downloads(tmp_path / "library", downloader, FakeInspector(), EmptyLibrary()).fetch(
            job(1), "url", lambda *_: None, finished_at=0.0
        )
    assert not downloader.started


@pytest.mark.virtual_time
async def test_a_link_that_stays_expired_costs_few_requests(tmp_path: Path) -> None:
    service = FakeService(on_poll=[DONE], on_download=[Gone("The link has expired.")])
    async with Bench(service, tmp_path) as bench:
        (job,) = await bench.runner.commands.submit(REQUEST)
        await asyncio.sleep(12 * 3600)
        before, tried = len(service.polled), len(service.fetched)
        await asyncio.sleep(24 * 3600)
        assert len(service.polled) - before <= 25
        assert len(service.fetched) - tried > 100
        service.on_download[0] = VIDEO
        await asyncio.sleep(700)
        assert isinstance(bench.saved(job).phase, Ready)


@contextlib.contextmanager
def time_zone(monkeypatch: pytest.MonkeyPatch, name: str) -> Iterator[None]:
    monkeypatch.setenv("TZ", name)
    time.tzset()
    try:
        yield
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="the time zone cannot be set here")
def test_the_name_of_a_clip_does_not_depend_on_the_time_zone(monkeypatch: pytest.MonkeyPatch) -> None:
    names = set()
    for zone in ("UTC", "Pacific/Kiritimati", "Pacific/Pago_Pago"):
        with time_zone(monkeypatch, zone):
            names.add(clip_name(job(1)))
    assert names == {"1970-01-01 000001 boat 1 00000001"}


@pytest.mark.parametrize("hours", [-14, -5, 0, 5, 14])
@pytest.mark.parametrize("place", ["clips", "chosen before", "default"])
async def test_a_clip_with_a_local_time_in_its_name_is_found_in_each_folder(
    tmp_path: Path, hours: int, place: str
) -> None:
    """As an earlier version named it, in a folder that the user may have changed since."""
    (tmp_path / place).mkdir()
    mine = a_job(Saving(RemoteId("t")), id="0000abcd" + "0" * 24, prompt="boat")
    local = datetime.fromtimestamp(mine.created_at + hours * 3600, UTC).strftime("%Y-%m-%d %H%M%S")
    there = tmp_path / place / f"{local} boat 0000abcd.mp4"
    there.write_bytes(VIDEO)

    class Library(EmptyLibrary):
        def clip_folders(self) -> list[Path]:
            return [tmp_path / "chosen before", tmp_path / "gone"]

    downloads = Downloads(tmp_path / "clips", SlowDownloader(), FakeInspector(), Library(), (tmp_path / "default",))
    clip = await downloads.already_here(mine)
    assert clip is not None and clip.file == there


@pytest.mark.parametrize(
    "name",
    [
        "2027-01-15 080001 tower 0000abcd.mp4",  # another prompt
        "2026-12-15 080001 boat 0000abcd.mp4",  # another day
        "2027-01-15 080001 boat 0000abce.mp4",  # another id
        "2027-13-45 080001 boat 0000abcd.mp4",
        "boat 0000abcd.mp4",
    ],
)
async def test_a_file_that_is_not_certainly_the_jobs_clip_is_not_taken(tmp_path: Path, name: str) -> None:
    mine = a_job(Saving(RemoteId("t")), id="0000abcd" + "0" * 24, prompt="boat")
    (tmp_path / name).write_bytes(VIDEO)
    assert await Downloads(tmp_path, SlowDownloader(), FakeInspector(), EmptyLibrary()).already_here(mine) is None


@pytest.mark.parametrize("is_saved", [True, False])
async def test_the_clip_of_a_job_with_the_same_beginning_is_not_taken(tmp_path: Path, is_saved: bool) -> None:
    mine = a_job(Saving(RemoteId("t")), id="0000abcd" + "0" * 24, prompt="boat")
    there = tmp_path / f"{clip_name(mine)}.mp4"
    there.write_bytes(VIDEO)
    phase = Ready(Clip(there, await FakeInspector().facts(there))) if is_saved else mine.phase
    twin = replace(mine, id=JobId("0000abcd" + "1" * 24), phase=phase)

    class Library(EmptyLibrary):
        def jobs_starting(self, id_start: str) -> list[Job]:
            assert id_start == "0000abcd"
            return [mine, twin]

    downloader = SlowDownloader()
    downloader.may_end.release()
    downloads = Downloads(tmp_path, downloader, FakeInspector(), Library())
    clip = await downloads.fetch(mine, "url", lambda *_: None, finished_at=0.0)
    assert downloader.started and clip.file == tmp_path / f"again {clip_name(mine)}.mp4"


async def test_the_library_knows_which_clips_it_lists(tmp_path: Path) -> None:
    facts = video_facts(sha256="ab", size=5)
    async with opened_store(tmp_path / "library.db") as store:
        first, second, other = (
            a_job(Ready(Clip(tmp_path / folder / f"{n}.mp4", replace(facts, sha256=sha256))), n, id=f"aa{n}")
            for n, (folder, sha256) in enumerate((("old", "ab"), ("new", "ab"), ("new", "cd")))
        )
        await store.add([first, second, other, a_job(Saving(RemoteId("t")), id="ab")])
        assert store.job_with_clip(facts, second.id) == first
        assert store.job_with_clip(replace(facts, sha256="cd"), other.id) is None
        assert store.job_with_clip(replace(facts, size=6), second.id) is None
        assert store.clip_folders() == [tmp_path / "new", tmp_path / "old"]
        assert store.jobs_starting("aa") == [first, second, other]


@pytest.mark.virtual_time
async def test_one_clip_for_two_jobs_is_reported_on_the_row(tmp_path: Path) -> None:
    async with Bench(ChargingService(), tmp_path) as bench:
        first = await bench.finished()
        second = await bench.finished()
    async with Bench(ChargingService(), tmp_path) as bench:  # another run
        third = await bench.finished()
        (fourth, fifth) = await bench.runner.commands.submit(replace(REQUEST, seed=7), takes=2)
        await bench.runner.until_idle()
        phases = [bench.saved(job).phase for job in (first, second, third, fourth, fifth)]
    warnings = [phase.clip.warning for phase in phases if isinstance(phase, Ready)]
    assert warnings[0] == ""
    assert warnings[1].startswith(f"The same file as the clip of {first.id[:8]}:")
    assert warnings[2].startswith("The same file as the clip of") and warnings[3].startswith("The same file")
    assert warnings[4] == "", "the same request with the same seed"


async def test_a_clip_goes_to_no_job_if_two_could_have_it(tmp_path: Path) -> None:
    library = tmp_path / "clips"
    library.mkdir()
    mine = a_job(Unconfirmed(), id="0000abcd" + "0" * 24, prompt="boat")
    twin = replace(mine, id=JobId("0000abcd" + "1" * 24))
    moved = a_job(Ready(Clip(tmp_path / "gone.mp4", await facts_of_video(tmp_path))), 2, id="1111abcd", prompt="boat")
    for each in (mine, moved):
        (library / f"{clip_name(each)}.mp4").write_bytes(VIDEO)
    async with opened_store(tmp_path / "library.db") as store:
        await store.add([mine, twin, moved])
        assert await find_lost_clips(library, store, FakeInspector(), CAPABILITIES) == 2
        assert (store.read(mine.id), store.read(twin.id)) == (mine, twin)
        found = store.read(moved.id)
        assert found is not None and found.phase == Ready(
            Clip(library / f"{clip_name(moved)}.mp4", await facts_of_video(tmp_path))
        )
        assert store.counts().done == 2
        assert await find_lost_clips(library, store, FakeInspector(), CAPABILITIES) == 0


async def facts_of_video(folder: Path) -> VideoFacts:
    file = folder / "facts.mp4"
    file.write_bytes(VIDEO)
    return await FakeInspector().facts(file)


@pytest.mark.parametrize(
    ("facts", "extension", "warning"),
    [
        (FACTS, ".mp4", ""),
        (replace(FACTS, seconds=4.0), ".mp4", "4.0 s long; 5 s were requested."),
        (replace(FACTS, container="matroska,webm", video_codec="vp9"), ".webm", "The service sent webm, not mp4."),
        (replace(FACTS, container="matroska,webm"), ".mkv", "The service sent mkv, not mp4."),
        (replace(FACTS, container="mov"), ".mov", "The service sent mov, not mp4."),
        (replace(FACTS, container="mpegts"), ".ts", "The service sent ts, not mp4."),
        (replace(FACTS, container="mpeg"), ".mpg", "The service sent mpg, not mp4."),
        (replace(FACTS, container="asf"), ".wmv", "The service sent wmv, not mp4."),
        (replace(FACTS, container="ogg"), ".ogv", "The service sent ogv, not mp4."),
    ],
)
def test_a_clip_that_differs_from_the_request_gets_a_warning(facts: VideoFacts, extension: str, warning: str) -> None:
    assert extension_of(facts) == extension
    assert warning_about(facts, VideoRequest("boat")) == warning


async def test_clips_without_a_job_are_added_to_the_library(tmp_path: Path) -> None:
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


@pytest.mark.virtual_time
async def test_downloading_again_keeps_the_place_in_line(tmp_path: Path) -> None:
    """The oldest link expires first, also if the user asks for its download again."""
    broken, gates = {4}, list[asyncio.Event]()

    class SlowService(ChargingService):
        async def download(self, url: str, part: Path, progress: Callable[[int, int | None], None]) -> None:
            if any(f"task_{number}." in url for number in broken):
                raise DownloadBroken("The connection broke.")
            self.fetched.append(url)
            gates.append(asyncio.Event())
            await gates[-1].wait()
            part.write_bytes(VIDEO)
            progress(len(VIDEO), len(VIDEO))

    service = SlowService(polls=1)
    async with Bench(service, tmp_path, jobs_at_once=10) as bench:
        commands = bench.runner.commands
        for number in range(3):
            await commands.submit(replace(REQUEST, prompt=f"{number}"))
        await until(lambda: len(gates) == 3)
        (fourth,) = await commands.submit(replace(REQUEST, prompt="fourth"))
        await until(lambda: isinstance(bench.saved(fourth).phase, Unsaved))
        await asyncio.sleep(700)  # its next try is minutes away
        await commands.submit(replace(REQUEST, prompt="fifth"))
        await until(lambda: len(gates) == MAX_DOWNLOADS)
        (sixth,) = await commands.submit(replace(REQUEST, prompt="sixth"))
        await until(lambda: isinstance(bench.saved(sixth).phase, Saving))
        await asyncio.sleep(20)
        broken.clear()
        await commands.resume(fourth.id)
        await asyncio.sleep(20)
        gates[0].set()
        await until(lambda: len(gates) == MAX_DOWNLOADS + 1)
        assert "task_4." in service.fetched[-1]


async def test_a_clip_in_the_trash_is_not_taken_for_a_lost_one(tmp_path: Path) -> None:
    library = tmp_path / "clips"
    library.mkdir()
    trashed, open_one = job(1), replace(job(2), phase=Unconfirmed())
    file = library / f"{clip_name(trashed)}.mp4"
    for each in (trashed, open_one):
        (library / f"{clip_name(each)}.mp4").write_bytes(VIDEO)
    phase = Trashed(Ready(Clip(file, await FakeInspector().facts(file))), 1.0)
    in_trash = replace(trashed, phase=phase)
    charged = replace(open_one, phase=Trashed(Unconfirmed(), 1.0))
    database = Database(tmp_path / "jobs.db")
    await database.open()
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(database.aclose)
        store = JobStore(database)
        await store.add([in_trash, charged])
        assert await find_lost_clips(library, store, FakeInspector(), CAPABILITIES) == 1
        assert list(store.in_trash()) == [in_trash]
        (found,) = store.everything()
        assert found.id == open_one.id and isinstance(found.phase, Ready), "its clip was lost, and is paid for"
        twin = replace(trashed, id=JobId(f"{trashed.id[:8]}another"))
        assert await ClipFinder(library, (), store, FakeInspector()).find(twin) is None
