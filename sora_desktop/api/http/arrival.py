"""Keeps every byte of an answer as it arrives, so that none is lost if the answer ends badly."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import httpx

from sora_desktop.api.http.answer import ANSWER_LIMIT, HttpAnswer, answer_of, json_in

_STATUS_LINE = re.compile(rb"HTTP/\d(?:\.\d)? +(\d{3})")
#: The head of an interim answer, which precedes the answer; 101 is final.
_INTERIM = re.compile(rb"HTTP/\d(?:\.\d)? +1(?!01)\d\d")
_CHUNKED = re.compile(rb"\ntransfer-encoding:[^\r\n]*chunked", re.IGNORECASE)
_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,8})[^\r\n]*\r?\n")
_END_OF_HEADERS = re.compile(rb"\r?\n\r?\n")


class Arrival:
    """What has arrived of one answer."""

    def __init__(self, limit: int = ANSWER_LIMIT) -> None:
        self._limit = limit  # most bytes of the answer that are kept
        self._response: httpx.Response | None = None
        self._content = bytearray()
        self._raw = bytearray()  # as read from the connection
        #: True while a proxy has not opened the connection to the service: nothing was sent there.
        self.is_at_proxy = False

    async def receive(self, client: httpx.AsyncClient, request: httpx.Request) -> None:
        """Send the request and read its answer to the end."""
        response = await client.send(request, stream=True)
        self._response = response
        try:
            async for chunk in response.aiter_raw():  # to the end: an unfinished generator would outlive the loop
                if len(self._content) < self._limit:
                    self._content += chunk
        finally:
            await response.aclose()

    async def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """A listener for httpcore's extension "trace": also keeps the bytes that httpcore cannot understand."""
        if event.endswith("send_request_headers.started"):
            self.is_at_proxy = info["request"].method == b"CONNECT"
        if not event.endswith(("connect_tcp.complete", "start_tls.complete")):
            return
        self._raw.clear()  # a proxy's answer precedes
        self.is_at_proxy = False
        stream = info["return_value"]
        read = stream.read

        async def recorded(max_bytes: int, timeout: float | None = None) -> bytes:
            data: bytes = await read(max_bytes, timeout)
            if len(self._raw) < ANSWER_LIMIT:
                self._raw += data
            return data

        stream.read = recorded

    @property
    def is_complete(self) -> bool:
        """True if the content is a whole JSON object, whether or not the answer has ended."""
        return self._content.rstrip().endswith(b"}") and isinstance(json_in(bytes(self._content)), dict)

    def answer(self) -> HttpAnswer:
        """The answer, after `receive`."""
        assert self._response is not None
        trailer, surplus = self._after_content()
        headers = httpx.Headers([*self._response.headers.raw, *_fields_in(trailer)])
        return answer_of(self._response.status_code, headers, self._content, surplus)

    def so_far(self) -> HttpAnswer | None:
        """What has arrived; None if nothing has."""
        if self._response is not None:
            return self.answer()
        return _answer_from(bytes(self._raw)) if self._raw else None

    def _after_content(self) -> tuple[bytes, bytes]:
        """The trailer, and what arrived beyond the end of the answer."""
        head, body = _split(bytes(self._raw))
        while _INTERIM.match(head) and body:
            head, body = _split(body)
        if not _CHUNKED.search(head):
            return b"", body[len(self._content) :] if body.startswith(self._content) else b""
        rest = _after_chunks(body)
        trailer, surplus = (b"", rest.removeprefix(b"\r\n")) if rest.startswith(b"\r\n") else _split(rest)
        return trailer, surplus


def _split(raw: bytes) -> tuple[bytes, bytes]:
    """The lines before the first empty line, and what follows it."""
    head, *rest = _END_OF_HEADERS.split(raw, maxsplit=1)
    return head, rest[0] if rest else b""


def _fields_in(lines: bytes) -> list[tuple[bytes, bytes]]:
    fields = (line.partition(b":") for line in lines.splitlines())
    return [(name.strip(), value.strip()) for name, _, value in fields if name.strip()]


def _after_chunks(body: bytes) -> bytes:
    """What follows the last chunk of a chunked body; empty if that has not arrived."""
    place = 0
    while (found := _CHUNK.match(body, place)) is not None:
        size = int(found[1], 16)
        if size == 0:
            return body[found.end() :]
        place = found.end() + size + 2
    return b""


def _answer_from(raw: bytes) -> HttpAnswer:
    """An answer whose head httpcore rejects, or that ends within it."""
    found = _STATUS_LINE.match(raw)
    if found is None:
        return HttpAnswer(0, {}, raw)
    head, content = _split(raw)
    headers = httpx.Headers(_fields_in(head.partition(b"\n")[2]))
    return answer_of(int(found[1]), headers, content)
