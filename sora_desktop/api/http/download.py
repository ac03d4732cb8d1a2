"""One file from a URL to this disk: resumed where it ends, never spliced from two versions."""

from __future__ import annotations

import re
import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path

import httpx

from sora_desktop.api.errors import DownloadBroken, Gone, Stopped, Unreachable
from sora_desktop.api.http.origin import is_safe

REDIRECTS = 5
_PAGES = ("text/html", "application/json", "application/xhtml", "application/xml", "text/xml")


class Stop:
    """Tells a thread that nobody waits for it any longer, and wakes it from a silent socket."""

    def __init__(self) -> None:
        self._asked = threading.Event()
        #: Set by the thread once it is done.
        self.ended = threading.Event()
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None

    def set(self) -> None:
        """Stop soon."""
        self._asked.set()
        with self._lock:
            if self._socket is not None:
                with suppress(OSError):
                    socket.socket.shutdown(self._socket, socket.SHUT_RDWR)  # not TLS's own, which waits for the peer

    def check(self) -> None:
        """Raises Stopped once it was asked for."""
        if self._asked.is_set():
            raise Stopped("The download was stopped; it goes on from where it is.")

    def watch(self, answer: httpx.Response | None) -> None:
        """Whose socket to wake; None: nobody's, since the connection goes back to the pool."""
        found = None
        if answer is not None and "network_stream" in answer.extensions:
            found = answer.extensions["network_stream"].get_extra_info("socket")
        with self._lock:
            self._socket = found if isinstance(found, socket.socket) else None
        if answer is not None:
            self.check()


class Fetch:
    """One try to bring a file to `part`. The ETag of what is there lies beside it.

    `report(received, total, final)` is told of every piece, in this thread.
    """

    def __init__(
        self,
        client: httpx.Client,
        base: httpx.URL,
        headers_for: Callable[[httpx.URL], dict[str, str]],
        part: Path,
        report: Callable[[int, int | None, bool], None],
        stop: Stop,
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
        address = self._followable(self._base, link)
        for _ in range(REDIRECTS + 1):
            self._stop.check()
            have, tag = self._what_is_here()
            headers = self._headers_for(address)
            if have:
                headers |= {"Range": f"bytes={have}-", "If-Range": tag}
            try:
                with ExitStack() as stack:
                    answer = stack.enter_context(self._client.stream("GET", address, headers=headers))
                    stack.callback(self._stop.watch, None)
                    self._stop.watch(answer)
                    if not answer.has_redirect_location:
                        self._receive(answer, have, tag)
                        return
                    address = self._followable(address, answer.headers["Location"])
            except httpx.TimeoutException as error:
                raise DownloadBroken("The video stopped coming; it goes on from where it is.") from error
            except (httpx.ConnectError, httpx.ProxyError) as error:
                raise Unreachable("The video's server cannot be reached; it is tried again.") from error
            except (httpx.HTTPError, ssl.SSLError) as error:
                raise DownloadBroken("The connection broke while the video came; it goes on from there.") from error
            except (httpx.InvalidURL, ValueError) as error:  # a host name that no network can look up, say
                raise DownloadBroken(
                    "The video's link cannot be followed; the service is asked for another."
                ) from error
        raise DownloadBroken("The video's link leads round in circles; the service is asked for a fresh one.")

    def _what_is_here(self) -> tuple[int, str]:
        """Bytes that are here, and their tag."""
        have = self._part.stat().st_size if self._part.exists() else 0
        try:
            tag = self._tag_file.read_text("ascii")
        except (FileNotFoundError, UnicodeError):
            tag = ""
        if have and not _is_strong(tag):  # nobody can say that the rest belongs to this beginning
            self._part.unlink()
            have = 0
        return have, tag

    def _receive(self, answer: httpx.Response, have: int, tag: str) -> None:
        status, headers = answer.status_code, answer.headers
        if status in (401, 403, 404, 410):
            raise Gone("The video's link has expired; the service is asked for a fresh one.", code=str(status))
        if status == 416:
            whole = re.fullmatch(r"bytes \*/(\d+)", headers.get("Content-Range", ""))
            if whole is not None and have and int(whole[1]) == have:
                self._report(have, have, True)
                return
            raise self._begin_anew("The video changed while it came; it is fetched anew.")
        if status not in (200, 206):
            raise DownloadBroken(
                f"The video's server answered with HTTP {status}; it is tried again.", code=str(status)
            )
        if headers.get("Content-Type", "").lower().startswith(_PAGES):
            raise DownloadBroken("A page came in place of the video; the service is asked for a fresh link.")
        packed = headers.get("Content-Encoding", "").lower() not in ("", "identity")
        total = None if packed else _length(headers.get("Content-Length"))
        if status == 206:
            span = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", headers.get("Content-Range", ""))
            if span is None or int(span[1]) != have or packed:
                raise self._begin_anew("The video's server sent another piece than was asked for; it is fetched anew.")
            if have and headers.get("ETag", tag) != tag:
                raise self._begin_anew("The video changed while it came; it is fetched anew.")
            total = _length(span[2])
        else:
            have = 0
        self._write(answer, have, total, packed)

    def _write(self, answer: httpx.Response, have: int, total: int | None, packed: bool) -> None:
        received = have
        with self._part.open("ab" if have else "wb") as opened:
            if not have:  # emptied first: a new tag beside old bytes would splice two versions
                self._note_tag(answer, packed)
            for piece in answer.iter_bytes() if packed else answer.iter_raw():
                self._stop.check()
                opened.write(piece)
                received += len(piece)
                self._report(received, total, False)
        if total is not None and received < total:
            raise DownloadBroken("The video was cut short on its way; it goes on from there.")
        if total is not None and received > total:
            raise self._begin_anew("More came than the video's server announced; it is fetched anew.")
        if self._part.stat().st_size != received:
            raise self._begin_anew("Something else has written into the file meanwhile; the video is fetched anew.")
        if not received:
            raise DownloadBroken("The video's server sent an empty file; the service is asked for a fresh link.")
        self._report(received, total, True)

    def _note_tag(self, answer: httpx.Response, packed: bool) -> None:
        tag = answer.headers.get("ETag", "")
        if _is_strong(tag) and not packed and answer.headers.get("Accept-Ranges", "").lower() != "none":
            self._tag_file.write_text(tag, "ascii")
        else:
            self._tag_file.unlink(missing_ok=True)

    def _begin_anew(self, why: str) -> DownloadBroken:
        self._part.unlink(missing_ok=True)
        return DownloadBroken(why)

    def _followable(self, base: httpx.URL, link: str) -> httpx.URL:
        try:
            url = base.join(link)
        except (httpx.InvalidURL, ValueError) as error:
            raise DownloadBroken("The video's link cannot be read; the service is asked for another.") from error
        if not is_safe(url):
            raise DownloadBroken("The video's link is not a safe address (https); it was not followed.")
        return url


def _is_strong(tag: str) -> bool:
    return tag.startswith('"') and tag.isascii() and tag.isprintable()


def _length(text: str | None) -> int | None:
    return int(text) if text is not None and text.isdecimal() and len(text) < 19 else None
