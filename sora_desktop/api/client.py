"""The Sora 2 Video API: small calls on the event loop, bytes in threads."""

from __future__ import annotations

import logging
import ssl
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from urllib.parse import quote, urlsplit

import httpx
import truststore

from sora_desktop.api import wire
from sora_desktop.api.errors import AnswerLost, BadAnswer, BadUrl, Refused, ServiceError, TooBusy, Unreachable
from sora_desktop.api.origin import is_loopback
from sora_desktop.api.service import Limits, Report
from sora_desktop.api.transfers import Transfers
from sora_desktop.domain.job import RemoteId
from sora_desktop.domain.request import ReferenceImage, VideoRequest

for _name in ("httpx", "httpcore"):  # they log signed URLs at INFO
    logging.getLogger(_name).setLevel(logging.WARNING)

_QUICK = httpx.Timeout(30.0, connect=10.0)
_CREATE = httpx.Timeout(120.0, connect=10.0, pool=10.0)

#: Failures in which not one byte of the request can have been read.
_NEVER_LEFT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol, httpx.ProxyError)


def checked_base_url(text: str) -> str:
    """The base URL without a slash at its end. Raises BadUrl with a sentence for a person."""
    url = text.strip().rstrip("/")
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        _ = parts.port
    except ValueError:
        parts, host = urlsplit(""), ""
    if parts.scheme not in ("http", "https") or not host or parts.query or parts.fragment or "@" in parts.netloc:
        raise BadUrl("The base URL must look like https://soravideo.art/api/v1. Correct it in Settings.")
    if parts.scheme == "http" and not is_loopback(host):
        raise BadUrl(
            "The base URL must begin with https://, since the key travels with every call; correct it in Settings."
        )
    return url


def system_trust() -> ssl.SSLContext:
    """TLS by the certificates that the system trusts."""
    return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def ignore(_: Limits) -> None:
    """For those who do not watch the limits."""


class SoraService:
    """Implements VideoService. Repeats nothing by itself."""

    def __init__(self, base_url: str, key: str, *, observe: Callable[[Limits], None] = ignore) -> None:
        self._base_url = checked_base_url(base_url)
        self._key = key
        self._observe = observe
        self._client: httpx.AsyncClient | None = None
        self._transfers = Transfers(self._base_url, key, system_trust)

    async def create(self, request: VideoRequest, image_url: str | None) -> RemoteId:
        body = wire.body_of(request, image_url)
        try:
            data = await self._ask("POST", wire.path_of(request), body, _CREATE)
            return wire.remote_id_of(data)
        except (BadAnswer, _Unanswered) as lost:
            raise AnswerLost(
                f"No clear answer came to the request: {lost} It may have been charged.", code=lost.code, raw=lost.raw
            ) from lost

    async def look(self, remote_id: RemoteId) -> Report:
        return wire.report_of(await self._harmless(f"/tasks/{quote(remote_id, safe='')}"))

    async def credits(self) -> Decimal:
        return wire.credits_of(await self._harmless("/credits"))

    async def upload(self, image: ReferenceImage) -> str:
        status, headers, content = await self._transfers.upload(image.file, image.name)
        self._observe(wire.limits_of(headers))
        return wire.url_of(wire.data_of(status, content, self._key))

    async def download(self, url: str, part: Path, progress: Callable[[int, int | None], None]) -> None:
        await self._transfers.download(url, part, progress)

    async def aclose(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()
        await self._transfers.aclose()

    async def _harmless(self, path: str) -> object:
        """A call that may be repeated; whoever calls decides when."""
        try:
            return await self._ask("GET", path, None, _QUICK)
        except _Unanswered as error:
            raise Unreachable(str(error), code=error.code, raw=error.raw) from error
        except BadAnswer as error:
            if error.code == "503":
                raise TooBusy("The service is overloaded for the moment.", code=error.code, raw=error.raw) from error
            raise

    async def _ask(self, method: str, path: str, body: dict[str, object] | None, timeout: httpx.Timeout) -> object:
        if self._client is None:
            self._client = httpx.AsyncClient(
                verify=system_trust(), headers={"Authorization": f"Bearer {self._key}"}, follow_redirects=False
            )
        try:
            answer = await self._client.request(method, f"{self._base_url}{path}", json=body, timeout=timeout)
        except _NEVER_LEFT as error:
            raise Unreachable(
                "The service cannot be reached. Check the network and the base URL in Settings."
            ) from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise _Unanswered(f"The connection broke before an answer came ({type(error).__name__}).") from error
        except UnicodeError as error:
            raise Refused("The API key holds characters that no key has. Enter it anew in Settings.") from error
        self._observe(wire.limits_of(answer.headers))
        return wire.data_of(answer.status_code, answer.content, self._key)


class _Unanswered(ServiceError):
    """Sent, and no answer came."""
