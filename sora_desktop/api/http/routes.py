"""Transports of httpx that choose a proxy for each URL, and say why no connection was made.

httpx itself refuses to start if one entry of NO_PROXY cannot be read, also for addresses that use no proxy.
"""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable

import httpx

from sora_desktop.api.errors import Unreachable
from sora_desktop.api.http.proxies import Proxy, ProxySettings, proxy_for
from sora_desktop.api.http.tls_failures import client_refusal, tls_failure

#: How TLS fails while an answer is awaited; anyio leaves errors of TLS as they are.
_AFTER_HANDSHAKE = (httpx.ReadError, httpx.WriteError, ssl.SSLError)


class RoutedTransport(httpx.BaseTransport):
    """Opens each URL directly or through its proxy. Raises Unreachable where that is known not to work."""

    def __init__(self, settings: ProxySettings, trust: Callable[[], ssl.SSLContext], base_url: str) -> None:
        """`base_url`: what messages call the URL that the user can correct."""
        self._settings = settings
        self._trust = trust
        self._base_url = base_url
        self._lock = threading.Lock()
        self._transports: dict[Proxy | None, httpx.HTTPTransport] = {}

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        proxy = proxy_for(request.url, self._settings)
        with self._lock:  # several threads download
            if proxy not in self._transports:
                self._transports[proxy] = httpx.HTTPTransport(
                    verify=self._trust(), trust_env=False, proxy=_as_argument(proxy, self._trust)
                )
            transport = self._transports[proxy]
        try:
            return transport.handle_request(request)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError) as error:
            if (message := _not_connected(error, request.url, proxy, self._base_url)) is None:
                raise
            raise Unreachable(message) from error
        except _AFTER_HANDSHAKE as error:
            if not (message := client_refusal(error, request.url, self._base_url)):
                raise
            raise Unreachable(message) from error

    def close(self) -> None:
        for transport in list(self._transports.values()):
            transport.close()


class AsyncRoutedTransport(httpx.AsyncBaseTransport):
    """The same for the event loop."""

    def __init__(
        self, settings: ProxySettings, trust: Callable[[], ssl.SSLContext], base_url: str, limits: httpx.Limits
    ) -> None:
        self._settings = settings
        self._trust = trust
        self._base_url = base_url
        self._limits = limits
        self._transports: dict[Proxy | None, httpx.AsyncHTTPTransport] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        proxy = proxy_for(request.url, self._settings)
        if proxy not in self._transports:
            self._transports[proxy] = httpx.AsyncHTTPTransport(
                verify=self._trust(), trust_env=False, limits=self._limits, proxy=_as_argument(proxy, self._trust)
            )
        try:
            return await self._transports[proxy].handle_async_request(request)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError) as error:
            if (message := _not_connected(error, request.url, proxy, self._base_url)) is None:
                raise
            raise Unreachable(message) from error
        except _AFTER_HANDSHAKE as error:
            if not (message := client_refusal(error, request.url, self._base_url)):
                raise
            raise Unreachable(message) from error

    async def aclose(self) -> None:
        for transport in list(self._transports.values()):
            await transport.aclose()


def _as_argument(proxy: Proxy | None, trust: Callable[[], ssl.SSLContext]) -> httpx.Proxy | None:
    if proxy is None:
        return None
    return httpx.Proxy(proxy.url, ssl_context=trust() if proxy.url.scheme == "https" else None)


def _not_connected(error: httpx.TransportError, url: httpx.URL, proxy: Proxy | None, base_url: str) -> str | None:
    """Why no connection was made, if it was TLS or the proxy; None if the host did not answer."""
    message = tls_failure(error, url, base_url)
    if proxy is None:
        return message or None
    if message and proxy.url.scheme == "https":
        return (
            f"{message} It may also be the connection to {proxy.name} that failed; if that proxy does not speak TLS, "
            "write its address with http://."
        )
    if message:
        return f"{message} The connection went through {proxy.name}."
    if isinstance(error, httpx.ProxyError):
        return (
            f"{url.host} cannot be reached: {proxy.name} answered “{error}”. Nothing was sent. "
            "Check the address, user name and password of the proxy."
        )
    return f"{url.host} cannot be reached through {proxy.name}. Nothing was sent. Check that the proxy is running."
