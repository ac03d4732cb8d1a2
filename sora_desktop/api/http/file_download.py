"""Downloads one file: resumes where it ended, and never mixes two versions of the file."""

from __future__ import annotations

import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path

import httpx

from sora_desktop.api.errors import DownloadBroken, DownloadStopped, Gone, Unreachable
from sora_desktop.api.http.connections import Endpoint
from sora_desktop.api.http.encodings import READABLE, NotDecompressed, decompressed, encodings_of, is_gzip, started
from sora_desktop.api.http.file_version import FileVersion, version_in, version_of
from sora_desktop.api.http.origin import is_safe
from sora_desktop.api.http.tls_failures import is_not_http

MAX_REDIRECTS = 5
#: A connection is given up if fewer bytes arrive in so many seconds: another one may be faster.
LEAST_BYTES, LEAST_SECONDS = 16 * 1024, 60.0
#: Of a longer time between two chunks no more counts: the process may have been stopped.
_LONGEST_STEP = 20.0
#: Seconds between two reports of progress. The row of the job is painted again at each one: with half of it and three
#: downloads, that was what held up a playing clip longest.
REPORT_INTERVAL = 0.8
_PAGE_TYPES = ("text/html", "application/json", "application/xhtml", "application/xml", "text/xml")


class StopSignal:
    """Tells a transfer's thread to stop, and wakes it if it waits on a silent socket or for another process."""

    def __init__(self, is_orphan: Callable[[], bool] = lambda: False) -> None:
        """`is_orphan`: whether nobody is left who could set the signal. It then counts as set."""
        self._is_orphan = is_orphan
        self._is_set = threading.Event()
        #: Set by the thread when it has ended.
        self.ended = threading.Event()
        self._lock = threading.Lock()
        self._wake: Callable[[], None] | None = None

    def set(self) -> None:
        """Stop the thread soon."""
        self._is_set.set()
        with self._lock:
            if self._wake is not None:
                self._wake()

    def check(self) -> None:
        """Raises DownloadStopped once the signal is set."""
        if self._is_set.is_set() or self._is_orphan():
            raise DownloadStopped("The download was stopped.")

    def wake_by(self, wake: Callable[[], None] | None) -> None:
        """Set what `set` calls, in its own thread. It must not block. None: nothing."""
        with self._lock:
            self._wake = wake

    def watch(self, answer: httpx.Response | None) -> None:
        """Set the answer whose socket `set` wakes. None: no socket, since the connection returns to the pool."""
        found = None
        if answer is not None and "network_stream" in answer.extensions:
            found = answer.extensions["network_stream"].get_extra_info("socket")
        self.wake_by(partial(_shut_down, found) if isinstance(found, socket.socket) else None)
        if answer is not None:
            self.check()


def _shut_down(connected: socket.socket) -> None:
    with suppress(OSError):
        socket.socket.shutdown(connected, socket.SHUT_RDWR)  # not that of TLS, which waits for the peer


def spaced(report: Callable[[int, int | None], None]) -> Callable[[int, int | None, bool], None]:
    """A function for every chunk that calls `report` at most once in REPORT_INTERVAL, and always at the end."""
    last = 0.0

    def for_chunk(received: int, total: int | None, is_final: bool) -> None:
        nonlocal last
        now = time.monotonic()
        if is_final or now - last >= REPORT_INTERVAL:
            last = now
            report(received, total)

    return for_chunk


class Pace:
    """How fast the bytes of one answer arrive. `tick` returns seconds that pass evenly."""

    def __init__(self, tick: Callable[[], float]) -> None:
        self._tick = tick
        self._last = tick()
        self._bytes, self._seconds = 0, 0.0

    def is_too_slow(self, size: int) -> bool:
        """True if hardly anything has arrived lately. `size`: bytes that have arrived since the last call."""
        now = self._tick()
        self._seconds += min(now - self._last, _LONGEST_STEP)
        self._bytes += size
        self._last = now
        if self._seconds < LEAST_SECONDS:
            return False
        is_too_slow = self._bytes < LEAST_BYTES
        self._bytes, self._seconds = 0, 0.0
        return is_too_slow


class FileDownload:
    """One try to download a file to `part`. The version that its bytes belong to is stored next to it.

    `report(received, total, is_final)` is called for every chunk, in the thread that runs this.
    """

    def __init__(
        self,
        client: httpx.Client,
        endpoint: Endpoint,
        part: Path,
        report: Callable[[int, int | None, bool], None],
        stop: StopSignal,
        tick: Callable[[], float] = time.monotonic,
    ) -> None:
        self._tick = tick
        self._client = client
        self._endpoint = endpoint
        self._base = endpoint.base
        self._part = part
        self._version_file = part.with_name(part.name + ".etag")
        self._report = report
        self._stop = stop

    def run(self, link: str) -> None:
        """Follow the link. Raises Gone, DownloadBroken, Unreachable or OSError."""
        url = self._safe_url(self._base, link)
        for _ in range(MAX_REDIRECTS + 1):
            self._stop.check()
            have, version = self._existing()
            continuation = version.continuation(have)
            headers = self._endpoint.headers_for(url)
            if continuation is not None:
                headers |= continuation.headers
            try:
                with ExitStack() as stack:
                    answer = stack.enter_context(self._client.stream("GET", url, headers=headers))
                    stack.callback(self._stop.watch, None)
                    self._stop.watch(answer)
                    if not answer.has_redirect_location:
                        self._receive(answer, have, version)
                        return
                    url = self._safe_url(url, answer.headers["Location"])
            except (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError) as error:
                raise Unreachable("The video's server cannot be reached. Trying again.") from error
            except httpx.TimeoutException as error:
                raise DownloadBroken(f"The download stalled. {self._next_step()}") from error
            except NotDecompressed as error:
                raise self._restarted("The video was compressed, and cannot be decompressed.") from error
            except (httpx.HTTPError, ssl.SSLError) as error:
                if is_not_http(error):
                    raise DownloadBroken(
                        "The video's server does not speak plain HTTP and may expect https://."
                    ) from error
                raise DownloadBroken(f"The connection was lost during the download. {self._next_step()}") from error
            except (httpx.InvalidURL, ValueError) as error:  # such as a host name that cannot be looked up
                raise DownloadBroken("The video's link cannot be opened. Requesting a new one.") from error
        raise DownloadBroken("The video's link redirects too often. Requesting a new one.")

    def _existing(self) -> tuple[int, FileVersion]:
        """The number of bytes in the file whose rest can be asked for, and the version that they belong to."""
        have, version = self._on_disk()
        if have and version.continuation(have) is None:  # the rest may belong to another version
            self._part.unlink()
            have = 0
        return have, version

    def _on_disk(self) -> tuple[int, FileVersion]:
        have = self._part.stat().st_size if self._part.exists() else 0
        try:
            return have, version_in(self._version_file.read_text("ascii"))
        except (FileNotFoundError, UnicodeError):
            return have, FileVersion()

    def _next_step(self) -> str:
        """What the next try does with what was received, as a sentence."""
        have, version = self._on_disk()
        if version.continues(have):
            return "It resumes where it ended."
        return "Downloading it again." if have and version.continuation(have) is None else "Trying again."

    def _receive(self, answer: httpx.Response, have: int, version: FileVersion) -> None:
        status, headers = answer.status_code, answer.headers
        if status in (401, 403, 404, 410):
            raise Gone("The video's link has expired. Requesting a new one.", code=str(status))
        if status == 416:
            whole = re.fullmatch(r"bytes[ =]\*/(\d+)", headers.get("Content-Range", ""), re.IGNORECASE)
            if whole is not None and have and int(whole[1]) == have:
                self._report(have, have, True)
                return
            raise self._restarted("The video changed during the download.")
        if status not in (200, 203, 206):  # 203: a proxy has changed something
            raise DownloadBroken(f"The video's server answered with HTTP {status}. Trying again.", code=str(status))
        if headers.get("Content-Type", "").lower().startswith(_PAGE_TYPES):
            raise DownloadBroken("The link leads to a page, not to a video. Requesting a new one.")
        encodings = encodings_of(headers)
        if unknown := [each for each in encodings if each not in READABLE]:
            raise DownloadBroken(
                f"The video's server sent the video compressed in a way that cannot be read ({unknown[0]}). "
                "Requesting a new link."
            )
        if status == 206:
            self._receive_part(answer, have, version)
            return
        start, chunks = started(answer.iter_raw())
        if encodings or is_gzip(start):
            # no range of what the server sends continues these bytes
            self._write(decompressed(chunks, encodings or ["gzip"]), 0, 0, None)
        else:
            is_chunked = "Transfer-Encoding" in headers  # its end is announced otherwise (RFC 9112)
            found = version_of(headers, None if is_chunked else _length(headers.get("Content-Length")))
            if have and not found.contradicts(version):  # a range was asked for, and not sent
                found = found.after_whole_instead_of_part()
            self._write(chunks, 0, 0, found)

    def _receive_part(self, answer: httpx.Response, have: int, version: FileVersion) -> None:
        headers = answer.headers
        continuation = version.continuation(have)
        start = 0 if continuation is None else continuation.start
        span = re.fullmatch(r"bytes[ =](\d+)-\d+/(\d+|\*)", headers.get("Content-Range", ""), re.IGNORECASE)
        if span is None or _length(span[1]) != start or encodings_of(headers):
            raise self._restarted("The video's server sent the wrong part of the file.")
        found = version_of(headers, _length(span[2]))
        if continuation is None:
            self._write(answer.iter_raw(), 0, 0, found)
            return
        if found.contradicts(version):
            raise self._restarted("The video changed during the download.")
        self._write(answer.iter_raw(), have, start, version.continued_by(found))

    def _write(self, chunks: Iterator[bytes], have: int, start: int, version: FileVersion | None) -> None:
        """Write what follows the first `have` bytes. What arrives is from `start` on, and compared up to there.

        `version`: None if the rest cannot be asked for.
        """
        total = None if version is None else version.total
        received = start
        with self._part.open("a+b" if have else "wb") as opened:
            # emptied first: a new version beside old bytes would mix two
            if version is not None and version.can_continue:
                self._version_file.write_text(version.to_text(), "ascii")
            else:
                self._version_file.unlink(missing_ok=True)
            if start < have:
                opened.seek(start)
            pace = Pace(self._tick)
            for chunk in chunks:
                self._stop.check()
                known = chunk[: max(have - received, 0)]
                if known and opened.read(len(known)) != known:
                    raise self._restarted("The video changed during the download.")
                opened.write(chunk[len(known) :])
                received += len(chunk)
                self._report(max(received, have), total, False)
                if pace.is_too_slow(len(chunk)) and received != total:
                    opened.flush()
                    raise DownloadBroken(f"The download stalled. {self._next_step()}")
        if total is not None and received < total:
            raise DownloadBroken(f"The download ended early. {self._next_step()}")
        if total is not None and received > total:
            raise self._restarted("The video's server sent more than it announced.")
        if self._part.stat().st_size != received:
            raise self._restarted("Another program has written to the file.")
        if not received:
            raise DownloadBroken("The video's server sent an empty file. Requesting a new link.")
        self._report(received, total, True)

    def _restarted(self, reason: str) -> DownloadBroken:
        """Delete what was received; the error to raise."""
        self._part.unlink(missing_ok=True)
        return DownloadBroken(f"{reason} Downloading it again.")

    def _safe_url(self, base: httpx.URL, link: str) -> httpx.URL:
        try:
            url = base.join(link)
        except (httpx.InvalidURL, ValueError) as error:
            raise DownloadBroken("The video's link cannot be read. Requesting a new one.") from error
        if not is_safe(url, self._base):
            raise DownloadBroken("The video's link is not a safe address (https) and was not opened.")
        return url


def _length(text: str | None) -> int | None:
    return int(text) if text is not None and text.isdecimal() and len(text) < 19 else None
