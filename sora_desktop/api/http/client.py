"""Calls to one API with one key. Small calls run on the event loop, files move outside of it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx

from sora_desktop.api.errors import ServiceError, Unreachable
from sora_desktop.api.http.answer import ANSWER_LIMIT, HttpAnswer, headers_text, raw_text
from sora_desktop.api.http.arrival import Arrival
from sora_desktop.api.http.connections import NO_HEADERS, Endpoint, Setup, api_client, key_error
from sora_desktop.api.http.download_process import DownloadProcess
from sora_desktop.api.http.form_body import FormBody
from sora_desktop.api.http.patience import wait_patiently
from sora_desktop.api.http.tls_failures import is_not_http
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


class NotConnected(Unreachable):
    """Nothing accepts connections at the host and port, or there is no such host."""


class NoAnswer(ServiceError):
    """The request was sent and not answered completely."""

    def __init__(self, message: str, answer: HttpAnswer | None) -> None:
        super().__init__(message)
        self.answer = answer  # what has arrived of it; None: nothing


def incomplete_answer(error: BaseException) -> HttpAnswer | None:
    """What had arrived of an answer when its call failed or was cancelled; None: nothing."""
    answer = getattr(error, "answer", None)
    return answer if isinstance(answer, HttpAnswer) else None


class HttpClient:
    """Makes each call once. Raises Unreachable when nothing was sent, else NoAnswer; both carry the exchange.

    The exchange holds whatever has arrived, also if the answer ended badly or the call was cancelled.

    `now` returns unix seconds. Of a long answer, the exchange also holds what is around matches of `notable`.
    The endpoint's headers are sent with each call, and only where the key may go. `download_process`: see Transfers.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        now: Callable[[], float],
        notable: re.Pattern[str] | None = None,
        download_process: DownloadProcess | None = None,
    ) -> None:
        self._base_url = endpoint.base_url
        self._key = endpoint.key
        self._now = now
        self._timeouts = endpoint.timeouts
        self._notable = notable
        self._headers = endpoint.headers
        self._setup = endpoint.setup
        self._clients: dict[bool, httpx.AsyncClient] = {}  # by whether each call has a connection of its own
        self._transfers = Transfers(endpoint, download_process)

    async def get(
        self,
        path: str,
        *,
        seconds: float | None = None,
        limit: int = ANSWER_LIMIT,
        headers: Mapping[str, str] = NO_HEADERS,
        alone: bool = False,
    ) -> Reply:
        """An idempotent call.

        `path`: below the base URL, or a whole URL of the same origin. `limit`: the most bytes of an answer that are
        read. `headers`: those of this call only. `alone`: on a connection of its own.
        """
        seconds = self._timeouts.answer if seconds is None else seconds
        call = self._answer("GET", path, None, seconds, limit, headers, alone=alone)
        return await self._recorded("GET", path, call)

    async def delete(self, path: str) -> Reply:
        """A call that deletes, on a connection of its own."""
        return await self._recorded("DELETE", path, self._answer("DELETE", path, None, self._timeouts.answer))

    async def post(self, path: str, body: bytes) -> Reply:
        """A call with a JSON body, on a connection of its own."""
        return await self._recorded("POST", path, self._answer("POST", path, body, self._timeouts.create))

    async def post_form(self, path: str, form: FormBody) -> Reply:
        """The same with a form, whose file is read in threads while it is sent."""
        return await self._recorded("POST", path, self._answer("POST", path, form, self._timeouts.create))

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

        def exchange(answer: HttpAnswer | None, reason: str = "") -> Exchange:
            seconds = max(self._now() - at, 0.0)
            if answer is None:
                return Exchange(at, method, path, None, reason, seconds)
            text = raw_text(answer.content + answer.surplus, self._key, self._notable)
            if reason:
                text = f"{text}\n[{reason}]" if text else reason
            return Exchange(
                at,
                method,
                path,
                answer.status or None,
                text,
                seconds,
                headers_text(answer.headers, self._key, self._notable),
            )

        try:
            answer = await call
        except ServiceError as error:
            cause = f" ({type(error.__cause__).__name__})" if error.__cause__ is not None else ""
            error.exchange = exchange(incomplete_answer(error), f"{error}{cause}")
            raise
        except (asyncio.CancelledError, OSError) as error:
            reason = "Nobody waited for the answer." if isinstance(error, asyncio.CancelledError) else str(error)
            error.exchange = exchange(incomplete_answer(error), reason)  # type: ignore[union-attr]
            raise
        return Reply(answer, exchange(answer))

    async def _answer(
        self,
        method: str,
        path: str,
        body: bytes | FormBody | None,
        seconds: float,
        limit: int = ANSWER_LIMIT,
        headers: Mapping[str, str] = NO_HEADERS,
        *,
        alone: bool = True,
    ) -> HttpAnswer:
        if (error := key_error(self._key, self._setup)) is not None:
            raise error
        if alone not in self._clients:
            self._clients[alone] = api_client(self._key, self._setup, one_call_per_connection=alone)
        arrival = Arrival(limit)
        request = self._clients[alone].build_request(
            method,
            path if "://" in path else f"{self._base_url}{path}",
            content=body,
            headers={**self._headers, **headers, **_headers_of(body)},
            # reading is limited below: httpx limits each read, and counts time in which the process was stopped
            timeout=httpx.Timeout(None, connect=self._timeouts.connect, pool=self._timeouts.connect),
            extensions={"trace": arrival.trace} if alone else {},
        )
        if isinstance(body, FormBody):
            request.stream = (
                body  # not a generator around it, which would outlive the loop if it is not read to its end
            )
        try:
            await wait_patiently(
                arrival.receive(self._clients[alone], request),
                seconds + self._timeouts.connect,
                lambda: arrival.is_complete,
            )
            return arrival.answer()
        except _NOT_SENT as error:
            raise NotConnected(self._setup.unreachable(self._base_url)) from error
        except _UNCLEAR as error:
            if arrival.is_at_proxy:
                raise Unreachable(
                    "The proxy opened no connection to the service. Nothing was sent. Check that the proxy works."
                ) from error
            partial = arrival.so_far()
            raise NoAnswer(_why_unclear(error, partial, self._setup), partial) from error
        except asyncio.CancelledError as error:
            error.answer = arrival.so_far()  # type: ignore[attr-defined]
            raise


def _headers_of(body: bytes | FormBody | None) -> dict[str, str]:
    if isinstance(body, FormBody):
        return {"Content-Type": body.content_type, "Content-Length": str(body.length)}
    return {} if body is None else {"Content-Type": "application/json"}


def _why_unclear(error: Exception, partial: HttpAnswer | None, setup: Setup) -> str:
    if is_not_http(error):
        return f"The server does not speak plain HTTP and may expect https://. Correct the {setup.base_url}."
    if partial is None:
        return "The connection was lost before an answer came."
    return "The connection was lost before the answer was complete."
