"""Downloads one file: resumes where it ended, and never mixes two versions of the file."""

from __future__ import annotations

import re
import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path

import httpx

from sora_desktop.api.errors import DownloadBroken, DownloadStopped, Gone, Unreachable
from sora_desktop.api.http.origin import is_safe
from sora_desktop.api.http.tls_failures import is_not_http

MAX_REDIRECTS = 5
_PAGE_TYPES = ("text/html", "application/json", "application/xhtml", "application/xml", "text/xml")


class StopSignal:
    """Tells a transfer's thread to stop, and wakes it if it waits on a silent socket."""

    def __init__(self) -> None:
        self._is_set = threading.Event()
        #: Set by the thread when it has ended.
        self.ended = threading.Event()
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None

    def set(self) -> None:
        """Stop the thread soon."""
        self._is_set.set()
        with self._lock:
            if self._socket is not None:
                with suppress(OSError):
                    socket.socket.shutdown(self._socket, socket.SHUT_RDWR)  # not that of TLS, which waits for the peer

    def check(self) -> None:
        """Raises DownloadStopped once the signal is set."""
        if self._is_set.is_set():
            raise DownloadStopped("The download was stopped. It resumes where it ended.")

    def watch(self, answer: httpx.Response | None) -> None:
        """Set the answer whose socket `set` wakes. None: no socket, since the connection returns to the pool."""
        found = None
        if answer is not None and "network_stream" in answer.extensions:
            found = answer.extensions["network_stream"].get_extra_info("socket")
        with self._lock:
            self._socket = found if isinstance(found, socket.socket) else None
        if answer is not None:
            self.check()


class FileDownload:
    """One try to download a file to `part`. The ETag of the bytes in it is stored next to it.

    `report(received, total, is_final)` is called for every chunk, in the thread that runs this.
    """

    def __init__(
        self,
        client: httpx.Client,
        base: httpx.URL,
        headers_for: Callable[[httpx.URL], dict[str, str]],
        part: Path,
        report: Callable[[int, int | None, bool], None],
        stop: StopSignal,
    ) -> None:
        self._client = client
        self._base = base
        self._headers_for = headers_for
        self._part = part
        self._tag_file = part.with_name(part.name + ".etag")
        self._report = report
        self._stop = stop

    def run(self, link: str) -> None:
        """Follow the link. Raises Gone, DownloadBroken, Unreachable or OSError."""
        url = self._safe_url(self._base, link)
        for _ in range(MAX_REDIRECTS + 1):
            self._stop.check()
            have, tag = self._existing()
            headers = self._headers_for(url)
            if have:
                headers |= {"Range": f"bytes={have}-", "If-Range": tag}
            try:
                with ExitStack() as stack:
                    answer = stack.enter_context(self._client.stream("GET", url, headers=headers))
                    stack.callback(self._stop.watch, None)
                    self._stop.watch(answer)
                    if not answer.has_redirect_location:
                        self._receive(answer, have, tag)
                        return
                    url = self._safe_url(url, answer.headers["Location"])
            except httpx.TimeoutException as error:
                raise DownloadBroken("The download stalled. It resumes where it ended.") from error
            except (httpx.ConnectError, httpx.ProxyError) as error:
                raise Unreachable("The video's server cannot be reached. Trying again.") from error
            except (httpx.HTTPError, ssl.SSLError) as error:
                if is_not_http(error):
                    raise DownloadBroken(
                        "The video's server does not speak plain HTTP and may expect https://."
                    ) from error
                raise DownloadBroken(
                    "The connection was lost during the download. It resumes where it ended."
                ) from error
            except (httpx.InvalidURL, ValueError) as error:  # such as a host name that cannot be looked up
                raise DownloadBroken("The video's link cannot be opened. Requesting a new one.") from error
        raise DownloadBroken("The video's link redirects too often. Requesting a new one.")

    def _existing(self) -> tuple[int, str]:
        """The number of bytes in the file that can be resumed, and their tag."""
        have = self._part.stat().st_size if self._part.exists() else 0
        try:
            tag = self._tag_file.read_text("ascii")
        except (FileNotFoundError, UnicodeError):
            tag = ""
        if have and not _is_strong(tag):  # without a strong tag the rest may belong to another version
            self._part.unlink()
            have = 0
        return have, tag

    def _receive(self, answer: httpx.Response, have: int, tag: str) -> None:
        status, headers = answer.status_code, answer.headers
        if status in (401, 403, 404, 410):
            raise Gone("The video's link has expired. Requesting a new one.", code=str(status))
        if status == 416:
            whole = re.fullmatch(r"bytes \*/(\d+)", headers.get("Content-Range", ""))
            if whole is not None and have and int(whole[1]) == have:
                self._report(have, have, True)
                return
            raise self._restarted("The video changed during the download. Downloading it again.")
        if status not in (200, 206):
            raise DownloadBroken(f"The video's server answered with HTTP {status}. Trying again.", code=str(status))
        if headers.get("Content-Type", "").lower().startswith(_PAGE_TYPES):
            raise DownloadBroken("The link leads to a page, not to a video. Requesting a new one.")
        is_encoded = headers.get("Content-Encoding", "").lower() not in ("", "identity")
        total = None if is_encoded else _length(headers.get("Content-Length"))
        if status == 206:
            span = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", headers.get("Content-Range", ""))
            if span is None or int(span[1]) != have or is_encoded:
                raise self._restarted("The video's server sent the wrong part of the file. Downloading it again.")
            if have and headers.get("ETag", tag) != tag:
                raise self._restarted("The video changed during the download. Downloading it again.")
            total = _length(span[2])
        else:
            have = 0
        self._write(answer, have, total, is_encoded)

    def _write(self, answer: httpx.Response, have: int, total: int | None, is_encoded: bool) -> None:
        received = have
        with self._part.open("ab" if have else "wb") as opened:
            if not have:  # emptied first: a new tag beside old bytes would mix two versions
                self._store_tag(answer, is_encoded)
            for chunk in answer.iter_bytes() if is_encoded else answer.iter_raw():
                self._stop.check()
                opened.write(chunk)
                received += len(chunk)
                self._report(received, total, False)
        if total is not None and received < total:
            raise DownloadBroken("The download ended early. It resumes where it ended.")
        if total is not None and received > total:
            raise self._restarted("The video's server sent more than it announced. Downloading the video again.")
        if self._part.stat().st_size != received:
            raise self._restarted("Another program has written to the file. Downloading the video again.")
        if not received:
            raise DownloadBroken("The video's server sent an empty file. Requesting a new link.")
        self._report(received, total, True)

    def _store_tag(self, answer: httpx.Response, is_encoded: bool) -> None:
        tag = answer.headers.get("ETag", "")
        if _is_strong(tag) and not is_encoded and answer.headers.get("Accept-Ranges", "").lower() != "none":
            self._tag_file.write_text(tag, "ascii")
        else:
            self._tag_file.unlink(missing_ok=True)

    def _restarted(self, reason: str) -> DownloadBroken:
        """Delete what was received; the error to raise."""
        self._part.unlink(missing_ok=True)
        return DownloadBroken(reason)

    def _safe_url(self, base: httpx.URL, link: str) -> httpx.URL:
        try:
            url = base.join(link)
        except (httpx.InvalidURL, ValueError) as error:
            raise DownloadBroken("The video's link cannot be read. Requesting a new one.") from error
        if not is_safe(url):
            raise DownloadBroken("The video's link is not a safe address (https) and was not opened.")
        return url


def _is_strong(tag: str) -> bool:
    return tag.startswith('"') and tag.isascii() and tag.isprintable()


def _length(text: str | None) -> int | None:
    return int(text) if text is not None and text.isdecimal() and len(text) < 19 else None
