"""Bytes of images and videos, moved in threads so that the window's loop never waits for them."""

from __future__ import annotations

import asyncio
import re
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TypeVar
from urllib.parse import urljoin, urlsplit

import httpx

from sora_desktop.api.errors import DownloadBroken, Gone, Unreachable
from sora_desktop.api.origin import is_loopback, origin_of

T = TypeVar("T")

#: Seconds between two reports of progress.
REPORT_EVERY = 0.1
REDIRECTS = 5
_LIMITS = httpx.Timeout(20.0, connect=10.0)


class Stopped(Exception):
    """Whoever asked no longer waits."""


class Transfers:
    """One sync client and four threads. The key goes to the API's own origin and nowhere else."""

    def __init__(self, base_url: str, key: str, trust: Callable[[], ssl.SSLContext]) -> None:
        self._base_url = base_url
        self._key = key
        self._trust = trust
        self._threads = ThreadPoolExecutor(4, thread_name_prefix="transfer")
        self._client: httpx.Client | None = None
        self._lock = threading.Lock()
        self._stops: set[threading.Event] = set()

    async def upload(self, file: Path, name: str) -> tuple[int, Mapping[str, str], bytes]:
        """Status, headers and content of the answer. Raises Unreachable or OSError."""
        return await self._in_thread(lambda _: self._upload(file, name))

    async def download(self, url: str, part: Path, progress: Callable[[int, int | None], None]) -> None:
        """Bring the file behind `url` to `part`. Raises Gone, DownloadBroken, Unreachable or OSError."""
        loop = asyncio.get_running_loop()
        last = 0.0

        def report(received: int, total: int | None, final: bool = False) -> None:
            nonlocal last
            now = time.monotonic()
            if final or now - last >= REPORT_EVERY:
                last = now
                with suppress(RuntimeError):  # the loop has ended
                    loop.call_soon_threadsafe(progress, received, total)

        await self._in_thread(lambda stop: self._download(url, part, report, stop))

    async def aclose(self) -> None:
        """Stop what runs and close the connections."""
        for stop in list(self._stops):
            stop.set()
        with self._lock:
            client, self._client = self._client, None
        if client is not None:
            await asyncio.to_thread(client.close)
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _in_thread(self, work: Callable[[threading.Event], T]) -> T:
        stop = threading.Event()
        self._stops.add(stop)

        def run() -> T:
            try:
                return work(stop)
            finally:
                self._stops.discard(stop)

        try:
            return await asyncio.wrap_future(self._threads.submit(run))
        except asyncio.CancelledError:
            stop.set()
            raise

    def _ready_client(self) -> httpx.Client:
        with self._lock:
            if self._client is None:
                self._client = httpx.Client(verify=self._trust(), timeout=_LIMITS, follow_redirects=False)
            return self._client

    def _headers_for(self, url: str) -> dict[str, str]:
        if origin_of(url) == origin_of(self._base_url):
            return {"Authorization": f"Bearer {self._key}"}
        return {}

    def _upload(self, file: Path, name: str) -> tuple[int, Mapping[str, str], bytes]:
        url = f"{self._base_url}/upload"
        with file.open("rb") as opened:
            try:
                answer = self._ready_client().post(url, files={"file": (name, opened)}, headers=self._headers_for(url))
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                raise Unreachable("The image could not be uploaded; it is tried again.") from error
        return answer.status_code, answer.headers, answer.content

    def _download(
        self, url: str, part: Path, report: Callable[[int, int | None, bool], None], stop: threading.Event
    ) -> None:
        address = self._followable(urljoin(f"{self._base_url}/", url))
        tag_file = part.with_name(part.name + ".etag")
        for _ in range(REDIRECTS + 1):
            have = part.stat().st_size if part.exists() else 0
            tag = tag_file.read_text("utf-8") if have and tag_file.exists() else ""
            if have and not tag:  # without a tag nobody can say that the rest belongs to the beginning
                part.unlink()
                have = 0
            headers = {"Accept-Encoding": "identity", **self._headers_for(address)}
            if have:
                headers |= {"Range": f"bytes={have}-", "If-Range": tag}
            with ExitStack() as stack:
                try:
                    answer = stack.enter_context(self._ready_client().stream("GET", address, headers=headers))
                    if answer.is_redirect:
                        address = self._followable(urljoin(address, answer.headers.get("Location", "")))
                        continue
                    self._receive(answer, part, tag_file, have, report, stop)
                    return
                except httpx.TimeoutException as error:
                    raise DownloadBroken("The video stopped coming; it goes on from where it is.") from error
                except (httpx.ConnectError, httpx.ProxyError) as error:
                    raise Unreachable("The video's server cannot be reached; it is tried again.") from error
                except (httpx.HTTPError, httpx.InvalidURL) as error:
                    raise DownloadBroken("The connection broke while the video came; it goes on from there.") from error
        raise DownloadBroken("The video's link leads round in circles; the service is asked for a fresh one.")

    def _receive(
        self,
        answer: httpx.Response,
        part: Path,
        tag_file: Path,
        have: int,
        report: Callable[[int, int | None, bool], None],
        stop: threading.Event,
    ) -> None:
        status = answer.status_code
        if status in (401, 403, 404, 410):
            raise Gone("The video's link has expired; the service is asked for a fresh one.", code=str(status))
        if status == 416:
            whole = re.fullmatch(r"bytes \*/(\d+)", answer.headers.get("Content-Range", ""))
            if whole is not None and int(whole[1]) == have:
                report(have, have, True)
                return
            part.unlink(missing_ok=True)
            raise DownloadBroken("The video changed while it came; it is fetched anew.")
        if status not in (200, 206):
            raise DownloadBroken(
                f"The video's server answered with HTTP {status}; it is tried again.", code=str(status)
            )
        if answer.headers.get("Content-Type", "").lower().startswith(("text/", "application/json")):
            raise DownloadBroken("A page came in place of the video; the service is asked for a fresh link.")
        total = _length(answer.headers.get("Content-Length"))
        if status == 206:
            span = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", answer.headers.get("Content-Range", ""))
            if span is None or int(span[1]) != have:
                part.unlink(missing_ok=True)
                raise DownloadBroken("The video's server sent another piece than was asked for; it is fetched anew.")
            total = _length(span[2])
        else:
            have = 0
        if have == 0:
            tag = answer.headers.get("ETag", "")
            strong = tag.startswith('"') and answer.headers.get("Accept-Ranges", "").lower() != "none"
            if strong:
                tag_file.write_text(tag, "utf-8")
            else:
                tag_file.unlink(missing_ok=True)
        received = have
        with part.open("ab" if have else "wb") as opened:
            for piece in answer.iter_raw():
                if stop.is_set():
                    raise Stopped
                opened.write(piece)
                received += len(piece)
                report(received, total, False)
        if total is not None and received < total:
            raise DownloadBroken("The video was cut short on its way; it goes on from there.")
        if total is not None and received > total:
            part.unlink(missing_ok=True)
            raise DownloadBroken("More came than the video's server announced; it is fetched anew.")
        report(received, total, True)

    def _followable(self, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname or "")):
            return url
        raise DownloadBroken("The video's link is not a safe address (https); it was not followed.")


def _length(text: str | None) -> int | None:
    return int(text) if text is not None and text.isdecimal() else None
