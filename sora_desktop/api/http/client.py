"""Calls to one API with one key. Small calls run on the event loop, files move in threads."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path

import httpx

from sora_desktop.api.errors import ServiceError, Unreachable
from sora_desktop.api.http.answer import ANSWER_LIMIT, HttpAnswer, decompressed, raw_text
from sora_desktop.api.http.connections import Timeouts, api_client, key_error
from sora_desktop.api.http.transfers import Transfers
from sora_desktop.domain.ledger import Exchange

#: Failures that end a call before one byte of its request can have been read.
_NOT_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.UnsupportedProtocol,
    httpx.ProxyError,
)
#: Failures after which the outcome is unknown. The last two come from an answer that redirects to an invalid address.
_UNCLEAR = (httpx.HTTPError, OSError, httpx.InvalidURL, ValueError)  # TimeoutError is an OSError


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer as received, and the record of its call."""

    answer: HttpAnswer
    exchange: Exchange


class NoAnswer(ServiceError):
    """The request was sent and not answered."""


class HttpClient:
    """Makes each call once. Raises Unreachable when nothing was sent, else NoAnswer; both carry the exchange.

    `now` returns unix seconds.
    """

    def __init__(self, base_url: str, key: str, now: Callable[[], float], timeouts: Timeouts) -> None:
        self._base_url = base_url
        self._key = key
        self._now = now
        self._timeouts = timeouts
        self._clients: dict[bool, httpx.AsyncClient] = {}  # by whether each call has a connection of its own
        self._transfers = Transfers(base_url, key, timeouts)

    async def get(self, path: str) -> Reply:
        """An idempotent call."""
        return await self._recorded("GET", path, self._answer("GET", path, None, self._timeouts.answer))

    async def post(self, path: str, body: bytes) -> Reply:
        """A call with a JSON body, on a connection of its own."""
        return await self._recorded("POST", path, self._answer("POST", path, body, self._timeouts.create))

    async def upload(self, path: str, file: Path, name: str) -> Reply:
        """Send a file as a form. Raises OSError when the file cannot be read; Unreachable also without an answer."""
        return await self._recorded("POST", path, self._transfers.upload(path, file, name))

    async def download(self, url: str, part: Path, progress: Callable[[int, int | None], None]) -> None:
        """Download a file to `part`. Raises Gone, DownloadBroken, Unreachable or OSError."""
        await self._transfers.download(url, part, progress)

    async def aclose(self) -> None:
        """Stop transfers and close all connections."""
        clients, self._clients = self._clients, {}
        for client in clients.values():
            await client.aclose()
        await self._transfers.aclose()

    async def _recorded(self, method: str, path: str, call: Coroutine[object, object, HttpAnswer]) -> Reply:
        at = self._now()

        def exchange(status: int | None, answer: str) -> Exchange:
            return Exchange(at, method, path, status, answer, max(self._now() - at, 0.0))

        try:
            answer = await call
        except ServiceError as error:
            cause = f" ({type(error.__cause__).__name__})" if error.__cause__ is not None else ""
            error.exchange = exchange(None, f"{error}{cause}")
            raise
        except (asyncio.CancelledError, OSError) as error:
            reason = "Nobody waited for the answer." if isinstance(error, asyncio.CancelledError) else str(error)
            error.exchange = exchange(None, reason)  # type: ignore[union-attr]
            raise
        return Reply(answer, exchange(answer.status, raw_text(answer.content, self._key)))

    async def _answer(self, method: str, path: str, body: bytes | None, seconds: float) -> HttpAnswer:
        if (error := key_error(self._key)) is not None:
            raise error
        alone = method == "POST"
        if alone not in self._clients:
            self._clients[alone] = api_client(self._key, one_call_per_connection=alone)
        timeout = httpx.Timeout(seconds, connect=self._timeouts.connect, pool=self._timeouts.connect)
        headers = {} if body is None else {"Content-Type": "application/json"}
        content = bytearray()
        try:
            async with (
                asyncio.timeout(seconds + self._timeouts.connect),  # httpx applies its limit to each read
                self._clients[alone].stream(
                    method, f"{self._base_url}{path}", content=body, headers=headers, timeout=timeout
                ) as answer,
            ):
                async for chunk in answer.aiter_raw():  # to the end: an unfinished generator would outlive the loop
                    if len(content) < ANSWER_LIMIT:
                        content += chunk
            return HttpAnswer(answer.status_code, answer.headers, decompressed(content, answer.headers))
        except _NOT_SENT as error:
            raise Unreachable(
                "The service cannot be reached. Check the network and the base URL in Settings."
            ) from error
        except _UNCLEAR as error:
            raise NoAnswer("The connection was lost before an answer came.") from error
