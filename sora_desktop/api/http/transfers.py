"""Bytes of images and videos, moved in threads so that the window's loop never waits for them."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

import httpx

from sora_desktop.api.errors import Unreachable
from sora_desktop.api.http.answer import ANSWER_LIMIT, HttpAnswer, decompressed
from sora_desktop.api.http.clients import Patience, key_problem, transfer_client
from sora_desktop.api.http.download import Fetch, Stop
from sora_desktop.api.http.origin import origin_of

T = TypeVar("T")

#: Seconds between two reports of progress.
REPORT_EVERY = 0.2
#: Seconds that threads are given to end before their connections are closed.
GRACE = 0.5


class Transfers:
    """One sync client, one thread for each transfer. The key goes to the API's own origin and nowhere else."""

    def __init__(self, base_url: str, key: str, patience: Patience) -> None:
        self._base_url = httpx.URL(f"{base_url}/")
        self._key = key
        self._patience = patience
        self._client: httpx.Client | None = None
        self._lock = threading.Lock()
        self._stops: set[Stop] = set()
        self._parts: dict[Path, threading.Lock] = {}

    async def upload(self, path: str, file: Path, name: str) -> HttpAnswer:
        """The answer to an image. Raises Unreachable, KeyRejected or OSError."""
        return await self._in_thread(lambda _: self._upload(path, file, name), f"upload {name}")

    async def download(self, url: str, part: Path, progress: Callable[[int, int | None], None]) -> None:
        """Bring the file behind `url` to `part`. Raises Gone, DownloadBroken, Unreachable or OSError."""
        loop = asyncio.get_running_loop()
        last = 0.0

        def report(received: int, total: int | None, final: bool) -> None:
            nonlocal last
            now = time.monotonic()
            if final or now - last >= REPORT_EVERY:
                last = now
                with suppress(RuntimeError):  # the loop has ended
                    loop.call_soon_threadsafe(progress, received, total)

        def fetch(stop: Stop) -> None:
            with self._alone_with(part):
                Fetch(self._ready_client(), self._base_url, self._headers_for, part, report, stop).run(url)

        await self._in_thread(fetch, f"download {part.name}")

    async def aclose(self) -> None:
        """Stop what runs and close the connections."""
        stops = list(self._stops)
        for stop in stops:
            stop.set()
        with self._lock:
            client, self._client = self._client, None

        def close() -> None:
            until = time.monotonic() + GRACE
            for stop in stops:  # a socket closed under a thread that waits on it may leave it waiting
                stop.ended.wait(max(until - time.monotonic(), 0.0))
            if client is not None:
                client.close()

        await asyncio.to_thread(close)

    async def _in_thread(self, work: Callable[[Stop], T], name: str) -> T:
        loop = asyncio.get_running_loop()
        done: asyncio.Future[T] = loop.create_future()
        stop = Stop()
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

        # not a pool's: those are waited for when the program ends, however long their socket stays silent
        threading.Thread(target=run, name=name, daemon=True).start()
        try:
            return await done
        except asyncio.CancelledError:
            stop.set()
            raise

    def _alone_with(self, part: Path) -> threading.Lock:
        """One thread at a time writes a file, also when one was given up and another begins at once."""
        with self._lock:
            return self._parts.setdefault(part, threading.Lock())

    def _ready_client(self) -> httpx.Client:
        with self._lock:
            if self._client is None:
                self._client = transfer_client(self._patience)
            return self._client

    def _headers_for(self, url: httpx.URL) -> dict[str, str]:
        if origin_of(url) == origin_of(self._base_url) and key_problem(self._key) is None:
            return {"Authorization": f"Bearer {self._key}"}
        return {}

    def _upload(self, path: str, file: Path, name: str) -> HttpAnswer:
        problem = key_problem(self._key)
        if problem is not None:
            raise problem
        url = self._base_url.join(path.removeprefix("/"))
        content = bytearray()
        with file.open("rb") as opened:
            try:
                with self._ready_client().stream(
                    "POST", url, files={"file": (name, opened)}, headers=self._headers_for(url)
                ) as answer:
                    for piece in answer.iter_raw():
                        content += piece
                        if len(content) > ANSWER_LIMIT:
                            break
            except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
                raise Unreachable("The image could not be uploaded; it is tried again.") from error
        return HttpAnswer(answer.status_code, answer.headers, decompressed(content, answer.headers))
