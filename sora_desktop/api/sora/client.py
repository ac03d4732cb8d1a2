"""The Sora 2 Video API: small calls on the event loop, bytes in threads."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

import httpx

from sora_desktop.api.errors import AnswerLost, BadAnswer, NotFound, Refused, ServiceError, TooBusy, Unreachable
from sora_desktop.api.http.answer import ANSWER_LIMIT, HttpAnswer, decompressed, json_in, raw_text, without_key
from sora_desktop.api.http.clients import Patience, api_client, key_problem
from sora_desktop.api.http.origin import checked_base_url
from sora_desktop.api.http.transfers import Transfers
from sora_desktop.api.service import Exchange, Limits, TaskReport
from sora_desktop.api.sora import wire
from sora_desktop.api.sora.envelope import Overloaded, data_of
from sora_desktop.domain.job import RemoteId
from sora_desktop.domain.request import ReferenceImage, VideoRequest

__all__ = ["SoraService", "checked_base_url"]

T = TypeVar("T")

#: Failures in which not one byte of the request can have been read.
_NEVER_LEFT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.UnsupportedProtocol,
    httpx.ProxyError,
)
#: Failures after which nobody can say. The last two come from an answer that redirects to what is no address.
_UNCLEAR = (httpx.HTTPError, OSError, httpx.InvalidURL, ValueError)  # TimeoutError is an OSError


def ignore(_: object) -> None:
    """For those who do not watch."""


class SoraService:
    """Implements VideoService. Repeats nothing by itself.

    `observe` is told the limits of each answer, `hear` each call once it has ended, however it ended.
    """

    def __init__(
        self,
        base_url: str,
        key: str,
        *,
        observe: Callable[[Limits], None] = ignore,
        hear: Callable[[Exchange], None] = ignore,
        now: Callable[[], float] = time.time,
        patience: Patience | None = None,
    ) -> None:
        self._base_url = checked_base_url(base_url)
        self._key = key
        self._observe = observe
        self._hear = hear
        self._now = now
        self._patience = patience or Patience()
        self._clients: dict[bool, httpx.AsyncClient] = {}  # by whether each call has a connection of its own
        self._transfers = Transfers(self._base_url, key, self._patience)

    async def create(self, request: VideoRequest, image_url: str | None) -> RemoteId:
        body = wire.encode_body(wire.create_body(request, image_url))
        try:
            answer = await self._ask("POST", wire.create_path(request), body, self._patience.create)
        except _Unanswered as lost:
            raise _answer_lost(lost, "") from lost
        try:
            return wire.remote_id_in(data_of(answer, self._key))
        except BadAnswer as lost:
            stray = wire.undocumented_id_in(json_in(answer.content))
            if stray is None:
                raise _answer_lost(lost, raw_text(answer.content, self._key)) from lost
            return stray
        except NotFound as error:
            message = "The service does not know this kind of request. Check the base URL in Settings."
            raise Refused(message, code=error.code, raw=error.raw) from error

    async def poll(self, remote_id: RemoteId) -> TaskReport:
        answer = await self._harmless(f"/tasks/{quote(remote_id, safe='')}")
        report = self._read(answer, wire.task_report_in)
        return replace(
            report,
            reason=without_key(self._key, report.reason),
            code=without_key(self._key, report.code),
            raw=raw_text(answer.content, self._key),
        )

    async def credits(self) -> Decimal:
        return self._read(await self._harmless("/credits"), wire.balance_in)

    async def upload(self, image: ReferenceImage) -> str:
        answer = await self._heard("POST", "/upload", self._transfers.upload(image.file, image.name))
        try:
            data_of(answer, self._key)
        except BadAnswer as error:
            message = f"The image could not be uploaded; it is tried again. {error}"
            raise Unreachable(message, code=error.code, raw=error.raw) from error
        return self._read(answer, wire.image_url_in)

    async def download(self, url: str, part: Path, progress: Callable[[int, int | None], None]) -> None:
        await self._transfers.download(url, part, progress)

    async def aclose(self) -> None:
        clients, self._clients = self._clients, {}
        for client in clients.values():
            await client.aclose()
        await self._transfers.aclose()

    def _read(self, answer: HttpAnswer, reader: Callable[[object], T]) -> T:
        """What a harmless call was asked for."""
        try:
            return reader(data_of(answer, self._key))
        except Overloaded as error:
            raise TooBusy(str(error), retry_after=error.retry_after, code=error.code, raw=error.raw) from error
        except BadAnswer as error:
            raise BadAnswer(str(error), code=error.code, raw=raw_text(answer.content, self._key)) from error

    async def _harmless(self, path: str) -> HttpAnswer:
        """A call that may be repeated; whoever calls decides when."""
        try:
            return await self._ask("GET", path, None, self._patience.answer)
        except _Unanswered as error:
            raise Unreachable(str(error)) from error

    async def _ask(self, method: str, path: str, body: bytes | None, seconds: float) -> HttpAnswer:
        return await self._heard(method, path, self._answer(method, path, body, seconds))

    async def _heard(self, method: str, path: str, call: Coroutine[object, object, HttpAnswer]) -> HttpAnswer:
        when = self._now()
        status, raw = None, "Nobody waited for the answer."
        try:
            answer = await call
            status, raw = answer.status, raw_text(answer.content, self._key)
        except (ServiceError, OSError) as error:
            raw = getattr(error, "raw", "") or str(error)
            raise
        finally:
            self._hear(Exchange(when, max(self._now() - when, 0.0), method, path, status, raw))
        self._observe(wire.limits_in(answer.headers))
        return answer

    async def _answer(self, method: str, path: str, body: bytes | None, seconds: float) -> HttpAnswer:
        problem = key_problem(self._key)
        if problem is not None:
            raise problem
        costs = method == "POST"
        if costs not in self._clients:
            self._clients[costs] = api_client(self._key, anew=costs)
        timeout = httpx.Timeout(seconds, connect=self._patience.connect, pool=self._patience.connect)
        headers = {} if body is None else {"Content-Type": "application/json"}
        content = bytearray()
        try:
            async with (
                asyncio.timeout(seconds + self._patience.connect),  # httpx waits that long for each piece
                self._clients[costs].stream(
                    method, f"{self._base_url}{path}", content=body, headers=headers, timeout=timeout
                ) as answer,
            ):
                async for piece in answer.aiter_raw():  # to the end: a generator left half-way outlives the loop
                    if len(content) < ANSWER_LIMIT:
                        content += piece
            return HttpAnswer(answer.status_code, answer.headers, decompressed(content, answer.headers))
        except _NEVER_LEFT as error:
            raise Unreachable(
                "The service cannot be reached. Check the network and the base URL in Settings."
            ) from error
        except _UNCLEAR as error:
            sentence = "The connection broke before an answer came."
            raise _Unanswered(sentence, raw=f"{sentence} ({type(error).__name__})") from error


class _Unanswered(ServiceError):
    """Sent, and no answer came."""


def _answer_lost(lost: ServiceError, raw: str) -> AnswerLost:
    return AnswerLost(
        f"No clear answer came to the request: {lost} It may have been charged.", code=lost.code, raw=lost.raw or raw
    )
