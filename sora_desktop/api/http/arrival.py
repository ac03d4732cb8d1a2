"""Keeps every byte of an answer as it arrives, so that none is lost if the answer ends badly."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import httpx

from sora_desktop.api.http.answer import ANSWER_LIMIT, HttpAnswer, decompressed, json_in

_STATUS_LINE = re.compile(rb"HTTP/\d(?:\.\d)? +(\d{3})")
_END_OF_HEADERS = re.compile(rb"\r?\n\r?\n")


class Arrival:
    """What has arrived of one answer."""

    def __init__(self) -> None:
        self._response: httpx.Response | None = None
        self._content = bytearray()
        self._raw = bytearray()  # as read from the connection

    async def receive(self, client: httpx.AsyncClient, request: httpx.Request) -> None:
        """Send the request and read its answer to the end."""
        response = await client.send(request, stream=True)
        self._response = response
        try:
            async for chunk in response.aiter_raw():  # to the end: an unfinished generator would outlive the loop
                if len(self._content) < ANSWER_LIMIT:
                    self._content += chunk
        finally:
            await response.aclose()

    async def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """A listener for httpcore's extension "trace": also keeps the bytes that httpcore cannot understand."""
        if not event.endswith(("connect_tcp.complete", "start_tls.complete")):
            return
        self._raw.clear()  # a proxy's answer precedes
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
        headers = self._response.headers
        return HttpAnswer(self._response.status_code, headers, decompressed(self._content, headers), self._surplus())

    def so_far(self) -> HttpAnswer | None:
        """What has arrived; None if nothing has."""
        if self._response is not None:
            return self.answer()
        return _answer_from(bytes(self._raw)) if self._raw else None

    def _surplus(self) -> bytes:
        end = _END_OF_HEADERS.search(self._raw)
        body = bytes(self._raw[end.end() :]) if end is not None else b""
        return body[len(self._content) :] if body.startswith(self._content) else b""


def _answer_from(raw: bytes) -> HttpAnswer:
    """An answer whose head httpcore rejects, or that ends within it."""
    found = _STATUS_LINE.match(raw)
    if found is None:
        return HttpAnswer(0, {}, raw)
    head, *rest = _END_OF_HEADERS.split(raw, maxsplit=1)
    lines = (line.partition(":") for line in head.decode("latin-1").splitlines()[1:])
    headers = httpx.Headers([(name.strip(), value.strip()) for name, _, value in lines if name.strip()])
    return HttpAnswer(int(found[1]), headers, decompressed(rest[0] if rest else b"", headers))
