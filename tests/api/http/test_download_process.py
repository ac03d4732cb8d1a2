"""The download process: the same results as in threads, and what happens when it is stopped, killed or cannot start."""

from __future__ import annotations

import asyncio
import io
import logging
import os
import signal
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from api.scripted_server import Answer, Connection, ScriptedServer, closed_port, hang_up, say, serving, stall
from waiting import until, wait_until

from sora_desktop.api.errors import DownloadBroken, DownloadStopped
from sora_desktop.api.http.connections import NO_HEADERS, Endpoint, Timeouts
from sora_desktop.api.http.download_messages import UnexpectedError, message_in, start_line
from sora_desktop.api.http.download_process import DownloadProcess
from sora_desktop.api.http.download_worker import DownloadWorker
from sora_desktop.api.http.file_download import StopSignal
from sora_desktop.api.http.transfers import Transfers

KEY = "sk_live_0123456789abcdef"
VIDEO = bytes(range(256)) * 400  # 102,400 bytes
HALF = len(VIDEO) // 2

posix_signals = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")


@pytest.fixture(scope="module")
def shared() -> Iterator[DownloadProcess]:
    """One process for all tests that do not end it."""
    process = DownloadProcess()
    yield process
    asyncio.run(process.aclose())


class Bench:
    """Transfers to one part file, with or without a process."""

    def __init__(
        self, base_url: str, part: Path, process: DownloadProcess | None, headers: Mapping[str, str] = NO_HEADERS
    ) -> None:
        self.transfers = Transfers(Endpoint(base_url, KEY, Timeouts(chunk=600.0), headers), process)
        self.part = part
        self.reported: list[tuple[int, int | None]] = []

    async def fetch(self, url: str = "/v.mp4") -> None:
        await self.transfers.download(url, self.part, lambda done, total: self.reported.append((done, total)))


@asynccontextmanager
async def bench(
    part: Path, *answers: Answer, process: DownloadProcess | None, headers: Mapping[str, str] = NO_HEADERS
) -> AsyncIterator[tuple[Bench, ScriptedServer]]:
    with serving(*answers) as server:
        made = Bench(server.url, part, process, headers)
        try:
            yield made, server
        finally:
            await made.transfers.aclose()


def pid_of(process: DownloadProcess) -> int:
    assert process._child is not None
    return process._child._process.pid


def half(end: Answer) -> Answer:
    """Send the first half, then `end`."""

    def answer(connection: Connection) -> None:
        connection.head(200, {"Content-Length": str(len(VIDEO)), "ETag": '"v1"'})
        connection.send(VIDEO[:HALF])
        end(connection)

    return answer


def rest(connection: Connection) -> None:
    """The bytes that are asked for."""
    start = int(connection.asked.headers.get("range", "bytes=0-").removeprefix("bytes=").removesuffix("-"))
    span = {"Content-Range": f"bytes {start}-{len(VIDEO) - 1}/{len(VIDEO)}"} if start else {}
    say(206 if start else 200, VIDEO[start:], {"ETag": '"v1"', **span})(connection)


async def test_a_file_is_downloaded_with_the_key_which_no_other_program_can_read(
    shared: DownloadProcess, tmp_path: Path
) -> None:
    async with bench(tmp_path / "ü\udc80.part", rest, process=shared, headers={"user": "u1"}) as (b, server):
        await b.fetch()
        assert b.part.read_bytes() == VIDEO
        assert b.reported[-1] == (len(VIDEO), len(VIDEO))
        (asked,) = server.asked
        assert (asked.headers["authorization"], asked.headers["user"]) == (f"Bearer {KEY}", "u1")
    if sys.platform == "linux":
        for name in ("cmdline", "environ"):
            assert KEY.encode() not in Path(f"/proc/{pid_of(shared)}/{name}").read_bytes()


@pytest.mark.parametrize(
    ("answer", "url", "part"),
    [
        (say(404), "/v.mp4", "job.part"),  # Gone
        (say(503), "/v.mp4", "job.part"),  # DownloadBroken with a code
        (half(hang_up), "/v.mp4", "job.part"),  # DownloadBroken
        (say(), "http://127.0.0.1:CLOSED/v.mp4", "job.part"),  # Unreachable
        (say(), "https://[", "job.part"),
        (rest, "/v.mp4", "no folder/job.part"),  # FileNotFoundError
        pytest.param(
            rest,
            "/v.mp4",
            "full.part",  # no space left on the device
            marks=pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no device that is full"),
        ),
    ],
)
async def test_an_error_is_the_same_as_in_a_thread(
    answer: Answer, url: str, part: str, shared: DownloadProcess, tmp_path: Path
) -> None:
    url = url.replace("CLOSED", str(closed_port()))

    async def failure(process: DownloadProcess | None) -> tuple[object, ...]:
        for left in tmp_path.iterdir():
            left.unlink()
        if Path("/dev/full").exists():
            (tmp_path / "full.part").symlink_to("/dev/full")
        async with bench(tmp_path / part, answer, process=process) as (b, _):
            with pytest.raises(Exception) as caught:
                await b.fetch(url)
        error = caught.value
        return type(error), str(error), [getattr(error, name, "") for name in ("code", "errno", "strerror", "filename")]

    assert await failure(shared) == await failure(None)


async def test_a_mistake_of_the_program_is_told_with_its_place(shared: DownloadProcess, tmp_path: Path) -> None:
    async with bench(tmp_path / "job.part", rest, process=shared) as (b, _):
        with pytest.raises(UnexpectedError, match=r"file_download.py(.|\n)*Error"):
            await b.fetch(7)  # type: ignore[arg-type]


@posix_signals
async def test_stopping_wakes_a_silent_download_and_the_next_try_begins_at_once(
    shared: DownloadProcess, tmp_path: Path
) -> None:
    async with bench(tmp_path / "job.part", half(stall), rest, process=shared) as (b, server):
        first = asyncio.create_task(b.fetch())
        await until(lambda: b.reported)
        for number in (signal.SIGINT, signal.SIGTERM):  # as for a whole group of processes
            os.kill(pid_of(shared), number)
        first.cancel()
        await b.fetch()
        with pytest.raises(asyncio.CancelledError):
            await first
        assert b.part.read_bytes() == VIDEO
        assert len(server.asked) == 2


@posix_signals
async def test_a_process_that_is_killed_is_replaced_and_closing_does_not_wait_for_one_that_is_suspended(
    tmp_path: Path,
) -> None:
    process = DownloadProcess()
    async with bench(tmp_path / "job.part", half(stall), rest, half(stall), process=process) as (b, server):
        first = asyncio.create_task(b.fetch())
        await until(lambda: b.reported and b.part.stat().st_size == HALF)
        killed = pid_of(process)
        os.kill(killed, signal.SIGKILL)
        with pytest.raises(DownloadBroken, match="has ended"):
            await first
        await b.fetch()
        assert b.part.read_bytes() == VIDEO
        assert server.asked[1].headers["range"] == f"bytes={HALF}-"
        assert pid_of(process) != killed
        b.part.unlink()
        b.reported.clear()
        last = asyncio.create_task(b.fetch())
        await until(lambda: b.reported)
        suspended = pid_of(process)
        os.kill(suspended, signal.SIGSTOP)
    await process.aclose()
    with pytest.raises(DownloadBroken):
        await last
    with pytest.raises(ProcessLookupError):
        os.kill(suspended, 0)
    with pytest.raises(DownloadStopped):
        await b.fetch()


@pytest.mark.parametrize("command", [["/no/such/program"], [sys.executable, "-S", "-c", ""]])
async def test_without_a_process_files_are_downloaded_by_threads(
    command: list[str], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    process = DownloadProcess(command)
    with caplog.at_level(logging.WARNING):
        async with bench(tmp_path / "job.part", rest, process=process) as (b, _):
            await b.fetch()
    assert b.part.read_bytes() == VIDEO
    assert "did not start" in caplog.text
    await process.aclose()


async def test_neither_stopping_nor_closing_waits_for_a_process_that_is_not_ready(tmp_path: Path) -> None:
    process = DownloadProcess([sys.executable, "-S", "-c", "input()"])

    def start(stop: StopSignal) -> asyncio.Task[None]:
        endpoint = Endpoint("http://127.0.0.1", KEY, Timeouts())
        arguments = (endpoint, "/v.mp4", tmp_path / "job.part", lambda *_: None, stop)
        return asyncio.create_task(asyncio.to_thread(process.download, *arguments))

    stops = StopSignal(), StopSignal()
    stopped, left = map(start, stops)
    await until(lambda: process._child is not None and len(process._child._running) == 2)
    stops[0].set()
    with pytest.raises(DownloadStopped):
        await stopped
    assert not left.done()
    await process.aclose()
    with pytest.raises(DownloadBroken):  # no NotStarted, after which a thread would download
        await left


async def test_the_process_ends_when_the_program_has_ended(shared: DownloadProcess, tmp_path: Path) -> None:
    async with bench(tmp_path / "job.part", half(stall), process=shared) as (b, _):
        task = asyncio.create_task(b.fetch())
        await until(lambda: b.reported)
        child = shared._child
        assert child is not None and child._process.stdin is not None
        child._process.stdin.close()
        with pytest.raises(DownloadBroken, match="has ended"):
            await task
        assert child._process.returncode == 0


def test_without_its_parent_nothing_is_written(tmp_path: Path) -> None:
    """It may have been suspended: by now another program may write the file."""
    replies, part = io.BytesIO(), tmp_path / "job.part"
    worker = DownloadWorker(replies, parent=-1)
    with serving(rest) as server:
        endpoint = Endpoint(server.url, KEY, Timeouts())
        worker.handle(message_in(start_line(1, endpoint, "/v.mp4", part)))
        wait_until(lambda: b"ended" in replies.getvalue())
    assert b"DownloadStopped" in replies.getvalue()
    assert not part.exists()
