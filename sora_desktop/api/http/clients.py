"""The two HTTP clients: one for small calls, one for bytes, so that a pool full of downloads never starves a look."""

from __future__ import annotations

import logging
import ssl
from dataclasses import dataclass

import httpx
import truststore

from sora_desktop.api.errors import KeyRejected, Unreachable

for _name in ("httpx", "httpcore"):  # they log signed URLs at INFO
    logging.getLogger(_name).setLevel(logging.WARNING)

#: Seconds for which an idle connection may be used again; servers begin to close them after five.
KEEP_IDLE = 2.0
#: Plain http goes to this machine alone, so never through a proxy, which would read the key.
_NO_PROXY = {"http://": None}


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait, in seconds."""

    connect: float = 10.0
    answer: float = 30.0  # for a harmless call
    create: float = 120.0  # for the answer to a create
    piece: float = 20.0  # for the next bytes of a file


def key_problem(key: str) -> KeyRejected | None:
    """Why this key cannot even be sent; None when it can. The libraries would quote it in their own errors."""
    if not key:
        return KeyRejected("There is no API key. Enter one in Settings.")
    if not (key.isascii() and key.isprintable() and " " not in key):
        return KeyRejected("The API key holds characters that no key has. Enter it anew in Settings.")
    return None


def api_client(key: str, *, anew: bool = False) -> httpx.AsyncClient:
    """For the small calls. Raises Unreachable for proxy settings that cannot be used.

    `anew`: each call has a connection of its own. On one that the server is just closing, a create would end without
    an answer.
    """
    headers = {"Connection": "close"} if anew else {}
    try:
        return httpx.AsyncClient(
            verify=_system_trust(),
            headers={"Authorization": f"Bearer {key}", "Accept-Encoding": "identity", **headers},
            follow_redirects=False,
            limits=httpx.Limits(keepalive_expiry=KEEP_IDLE),
            mounts=_NO_PROXY,
        )
    except (ImportError, ValueError, httpx.InvalidURL) as error:
        raise _bad_proxy() from error


def transfer_client(patience: Patience) -> httpx.Client:
    """For bytes; without the key. Raises Unreachable for proxy settings that cannot be used."""
    try:
        return httpx.Client(
            verify=_system_trust(),
            headers={"Accept-Encoding": "identity"},
            timeout=httpx.Timeout(patience.piece, connect=patience.connect),
            follow_redirects=False,
            mounts=_NO_PROXY,
        )
    except (ImportError, ValueError, httpx.InvalidURL) as error:
        raise _bad_proxy() from error


def _system_trust() -> ssl.SSLContext:
    return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def _bad_proxy() -> Unreachable:
    return Unreachable(
        "The proxy set for this system cannot be used. Check the variables HTTPS_PROXY and ALL_PROXY, then start again."
    )
