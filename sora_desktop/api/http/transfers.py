"""Uploads and downloads of files, outside of the event loop, which never waits for their bytes."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import httpx

from sora_desktop.api.errors import DownloadStopped, Unreachable
from sora_desktop.api.http.answer import ANSWER_LIMIT, HttpAnswer, answer_of
from sora_desktop.api.http.connections import Endpoint, Timeouts, key_error, transfer_client
from sora_desktop.api.http.download_process import DownloadProcess, NotStarted, Report
from sora_desktop.api.http.file_download import FileDownload, StopSignal, spaced
from sora_desktop.api.http.part_locks import PartLocks
from sora_desktop.api.http.upload_form import LABEL_SIZE, labels_of

log = logging.getLogger(__name__)

T = TypeVar("T")

#: Seconds for threads to end before their connections are closed.
CLOSE_GRACE = 0.5


@dataclass(frozen=True, slots=True)
class ServiceTransport:
    """How long a service may take, and where its files are downloaded."""

    timeouts: Timeouts = field(default_factory=Timeouts)
    download_process: DownloadProcess | None = None  # None: in threads


class Transfers:
    """Moves files with one synchronous client and one thread per transfer, or downloads them in the download process.

    Sends the endpoint's key and headers to its origin only.
    """

    def __init__(self, endpoint: Endpoint, download_process: DownloadProcess | None = None) -> None:
        """`download_process`: where files are downloaded; None: in threads."""
        self._endpoint = endpoint
        self._process = download_process
        self._client: httpx.Client | None = None
        self._is_closed = False
        self._lock = threading.Lock()
        self._stops: set[StopSignal] = set()
        self._parts = PartLocks() if download_process is None else download_process.parts

    async def upload(self, path: str, file: Path, name: str) -> HttpAnswer:
        """Send an image as a form; return the answer. Raises Unreachable, KeyRejected or OSError.

        `name`: the user's name for the image. The name that is sent ends as the bytes of the image demand.
        """
        return await self._in_thread(lambda _: self._upload(path, file, name), f"upload {name}")

    async def download(self, url: str, part: Path, progress: Callable[[int, int | None], None]) -> None:
        """Download a file to `part`. Raises Gone, DownloadBroken, Unreachable or OSError."""
        loop = asyncio.get_running_loop()

        def report(received: int, total: int | None) -> None:
            with suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(progress, received, total)

        def fetch(stop: StopSignal) -> None:
            with self._parts.of(part):
                self._download(url, part, report, stop)

        await self._in_thread(fetch, f"download {part.name}")

    def _download(self, url: str, part: Path, report: Report, stop: StopSignal) -> None:
        if self._process is not None:
            try:
                return self._process.download(self._endpoint, url, part, report, stop)
            except NotStarted as error:
                log.warning("the download process did not start (%s): a file is downloaded by a thread", error)
        return FileDownload(self._open_client(), self._endpoint, part, spaced(report), stop).run(url)

    async def aclose(self) -> None:
        """Stop all transfers and close their connections. No other can be opened then."""
        stops = list(self._stops)
        for stop in stops:
            stop.set()
        with self._lock:
            self._is_closed = True
            client, self._client = self._client, None

        def close() -> None:
            deadline = time.monotonic() + CLOSE_GRACE
            for stop in stops:  # closing a socket under a waiting thread may leave the thread waiting
                stop.ended.wait(max(deadline - time.monotonic(), 0.0))
            if client is not None:
                client.close()

        await asyncio.to_thread(close)

    async def _in_thread(self, work: Callable[[StopSignal], T], name: str) -> T:
        loop = asyncio.get_running_loop()
        done: asyncio.Future[T] = loop.create_future()
        stop = StopSignal()
        self._stops.add(stop)

        def resolve(result: T | None, error: BaseException | None) -> None:
            if done.done():
                return
            if error is None:
                done.set_result(result)  # type: ignore[arg-type]
            else:
                done.set_exception(error)

        def run() -> None:
            result, failure = None, None
            try:
                result = work(stop)
            except BaseException as error:
                failure = error
            self._stops.discard(stop)
            stop.ended.set()
            with suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(resolve, result, failure)

        # not a thread of a pool: a pool waits for its threads at exit, however long their sockets stay silent
        threading.Thread(target=run, name=name, daemon=True).start()
        try:
            return await done
        except asyncio.CancelledError:
            stop.set()
            raise

    def _open_client(self) -> httpx.Client:
        with self._lock:
            if self._is_closed:  # a thread that was just started would leave its connections open
                raise DownloadStopped("The transfer was stopped.")
            if self._client is None:
                self._client = transfer_client(self._endpoint.timeouts, self._endpoint.setup)
            return self._client

    def _upload(self, path: str, file: Path, name: str) -> HttpAnswer:
        if (error := key_error(self._endpoint.key, self._endpoint.setup)) is not None:
            raise error
        url = self._endpoint.base.join(path.removeprefix("/"))
        content = bytearray()
        with file.open("rb") as opened:
            labels = labels_of(opened.read(LABEL_SIZE), name)
            opened.seek(0)
            try:
                with self._open_client().stream(
                    "POST",
                    url,
                    files={"file": (labels.name, opened, labels.media_type)},
                    headers=self._endpoint.headers_for(url),
                ) as answer:
                    for chunk in answer.iter_raw():
                        content += chunk
                        if len(content) > ANSWER_LIMIT:
                            break
            except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
                raise Unreachable("The image could not be uploaded. Trying again.") from error
        return answer_of(answer.status_code, answer.headers, content)
