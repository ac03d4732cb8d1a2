"""Rules about addresses: which are safe to open, and which belong to the API, whose origin alone gets the key.

URLs are parsed by the library that opens them: two parsers may see two hosts in one text.
"""

from __future__ import annotations

import ipaddress
import re
import socket

import httpx

from sora_desktop.api.errors import BadUrl
from sora_desktop.domain.service_config import canonical_name

#: A host name that can be looked up, or an IPv6 address.
_HOST = re.compile(r"[\w-]{1,63}(\.[\w-]{1,63})*\.?|[0-9a-fA-F:]*:[0-9a-fA-F:.]+", re.ASCII)
_PORTS = {"http": 80, "https": 443}


def origin_of(url: httpx.URL) -> tuple[str, str, int | None]:
    """Scheme, host and port, compared as browsers do."""
    return url.scheme, url.host.lower(), url.port or _PORTS.get(url.scheme)


def is_loopback(host: str) -> bool:
    """True for this machine. Its other names are not looked up: an answer could come from anywhere."""
    address = _address_in(host)
    if address is None:
        return host.lower().removesuffix(".") == "localhost"
    address = getattr(address, "ipv4_mapped", None) or address
    return address.is_loopback or address.is_unspecified  # to connect to 0.0.0.0 means this machine


def _address_in(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The address that a host is, also in the short spellings of IPv4 that the system understands, such as 127.1."""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        pass
    try:
        return ipaddress.IPv4Address(socket.inet_aton(host))
    except (OSError, UnicodeError):
        return None


def may_send_key(url: httpx.URL, plain_http_host: str = "") -> bool:
    """True unless the key would leave this machine without encryption, for a host that the user has not allowed."""
    if url.scheme != "http" or is_loopback(url.host):
        return True
    return plain_http_host.strip().strip("[]").lower() == url.host.lower()


def has_valid_host(url: httpx.URL) -> bool:
    """True if the host can be looked up and the port exists."""
    return _is_port(url.port) and _HOST.fullmatch(url.raw_host.decode("ascii")) is not None


def _is_port(port: int | None) -> bool:
    return port is None or 0 < port <= 65535


def is_safe(url: httpx.URL, base: httpx.URL) -> bool:
    """True if a file may be downloaded from there. `base`: the base URL of the service that names it.

    Plain http is for this machine, and for a service that the user reaches by plain http on another machine: its files
    may be beside it, in the same network. A name or password in the link would be readable there, so that is refused.
    """
    if not url.host or not _is_port(url.port):
        return False
    if url.scheme != "http" or is_loopback(url.host):
        return url.scheme in ("http", "https")
    return base.scheme == "http" and not is_loopback(base.host) and not url.userinfo


def checked_base_url(text: str, *, sends_key: bool = True, advice: str = " Correct it in Settings.") -> str:
    """The base URL in its one spelling (`canonical_name`). Raises BadUrl with a sentence for the user.

    `sends_key`: plain http is allowed to this machine only. False: that is decided elsewhere, for an engine.
    `advice`: a sentence with which the error ends, such as where to correct the URL.
    """
    plain = text.strip().rstrip("/")
    try:
        url = httpx.URL(plain)
    except (httpx.InvalidURL, ValueError):
        url = httpx.URL("")
    usable = (
        url.scheme in ("http", "https") and has_valid_host(url) and not (url.userinfo or "?" in plain or "#" in plain)
    )
    if usable and sends_key and not may_send_key(url):
        raise BadUrl(f"The base URL must begin with https:// because every call sends the API key.{advice}")
    if not usable and not sends_key:
        raise BadUrl(
            "The base URL must be an address such as http://127.0.0.1:8091/v1 or https://gpu.example.com/v1, without a "
            "user name and without anything behind the path."
        )
    if not usable:
        raise BadUrl(f"The base URL must be an address such as https://example.com/api/v1.{advice}")
    return canonical_name(plain)
