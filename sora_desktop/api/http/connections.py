"""The two HTTP clients: one for small calls, one for files, so that downloads never use up the connections of polls."""

from __future__ import annotations

import logging
import os
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import httpx
import truststore

from sora_desktop.api.errors import KeyRejected
from sora_desktop.api.http.origin import origin_of
from sora_desktop.api.http.proxies import proxy_settings
from sora_desktop.api.http.routes import AsyncRoutedTransport, RoutedTransport

for _name in ("httpx", "httpcore"):  # they log signed URLs at INFO
    logging.getLogger(_name).setLevel(logging.WARNING)

#: Seconds for which an idle connection may be used again. Servers begin to close idle connections after five.
KEEP_IDLE = 2.0
NO_HEADERS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long to wait, in seconds."""

    connect: float = 10.0
    answer: float = 30.0  # to an idempotent call
    create: float = 120.0  # for the answer to a create
    chunk: float = 20.0  # for the next bytes of a file

    @property
    def whole_create(self) -> float:
        """From the start of a create until it ends, whether or not an answer came."""
        return self.connect + self.create


@dataclass(frozen=True, slots=True)
class Setup:
    """Where a service is set up, as messages tell the user what to correct, and whether it demands a key."""

    base_url: str  # which URL, and where
    key: str  # where a key is entered
    needs_key: bool  # no call is made without a key
    key_variable: str = ""  # the environment variable that has the key; empty: it is entered
    #: What to say and to do when nothing listens at `{address}`; empty: the advice is about the base URL.
    nothing_listens: str = ""

    def enter_key(self, which: str) -> str:
        """The advice to enter a key. `which`: what is entered, such as "a valid one"."""
        return f"Set {self.key_variable} to {which}." if self.key_variable else f"Enter {which} {self.key}."

    def unreachable(self, address: str) -> str:
        """Why no connection could be opened to this address and what to do, as sentences for the user."""
        general = f"The service cannot be reached. Check the network and the {self.base_url}."
        return self.nothing_listens.format(address=address) or general


#: For the service that the settings describe with fields of their own, for further ones of the Sora 2 Video API, and
#: for engines.
FIRST = Setup("base URL in Settings", "in Settings", needs_key=True)
FURTHER = Setup("address of this service in Settings › Services", "in Settings › Services", needs_key=True)
ENGINE = Setup(
    "address of this service",
    "in Settings › Services",
    needs_key=False,
    nothing_listens="No engine answers at {address}. Start the engine, or correct its host and port.",
)


def key_error(key: str, setup: Setup = FIRST) -> KeyRejected | None:
    """Why this key cannot be sent, or None if it can. The HTTP libraries would quote the key in their own errors."""
    if not key and not setup.needs_key:
        return None
    if not key:
        return KeyRejected(f"There is no API key. {setup.enter_key('one')}")
    if not (key.isascii() and key.isprintable() and " " not in key):
        return KeyRejected(f"The API key contains invalid characters. {setup.enter_key('a valid one')}")
    return None


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a service is, and what is sent there. The key and the headers are for the origin of its base URL only."""

    base_url: str
    key: str = field(repr=False)
    timeouts: Timeouts
    headers: Mapping[str, str] = field(default_factory=dict)
    setup: Setup = FIRST

    @property
    def base(self) -> httpx.URL:
        """The URL that relative links are resolved against."""
        return httpx.URL(f"{self.base_url}/")

    def headers_for(self, url: httpx.URL) -> dict[str, str]:
        """What a request to this URL carries besides the usual headers."""
        if origin_of(url) != origin_of(self.base):
            return {}
        if self.key and key_error(self.key) is None:
            return {**self.headers, "Authorization": f"Bearer {self.key}"}
        return dict(self.headers)


def api_client(key: str, setup: Setup = FIRST, *, one_call_per_connection: bool = False) -> httpx.AsyncClient:
    """The client for small calls. Its calls raise Unreachable if their proxy cannot be used.

    An empty key is not sent.

    `one_call_per_connection`: no connection is used again. A create on a connection that the server is just closing
    would end without an answer.
    """
    headers = {"Connection": "close"} if one_call_per_connection else {}
    if key:
        headers["Authorization"] = f"Bearer {key}"
    limits = httpx.Limits(keepalive_expiry=KEEP_IDLE)
    return httpx.AsyncClient(
        transport=AsyncRoutedTransport(proxy_settings(os.environ), _system_trust, setup.base_url, limits),
        headers={"Accept-Encoding": "identity", **headers},
        follow_redirects=False,
    )


def transfer_client(timeouts: Timeouts, setup: Setup = FIRST) -> httpx.Client:
    """The client for files. Does not send the key. Its calls raise Unreachable if their proxy cannot be used."""
    return httpx.Client(
        transport=RoutedTransport(proxy_settings(os.environ), _system_trust, setup.base_url),
        headers={"Accept-Encoding": "identity"},
        timeout=httpx.Timeout(timeouts.chunk, connect=timeouts.connect),
        follow_redirects=False,
    )


def _system_trust() -> ssl.SSLContext:
    return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
