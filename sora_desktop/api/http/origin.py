"""Whose address a URL is: the key goes to the API's own origin alone.

URLs are read by the library that will follow them: two readers may see two hosts in one text.
"""

from __future__ import annotations

import ipaddress
import re

import httpx

from sora_desktop.api.errors import BadUrl

#: A name of labels that a network can look up, or an IPv6 address.
_HOST = re.compile(r"[\w-]{1,63}(\.[\w-]{1,63})*\.?|[0-9a-fA-F:]*:[0-9a-fA-F:.]+", re.ASCII)
_PORTS = {"http": 80, "https": 443}


def origin_of(url: httpx.URL) -> tuple[str, str, int | None]:
    """Scheme, host and port, as browsers compare them."""
    return url.scheme, url.host.lower(), url.port or _PORTS.get(url.scheme)


def is_loopback(host: str) -> bool:
    """True for this machine itself."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def is_safe(url: httpx.URL) -> bool:
    """True where bytes may be fetched from: https anywhere, plain http on this machine alone."""
    if not url.host or not (url.port is None or 0 < url.port <= 65535):
        return False
    return url.scheme == "https" or (url.scheme == "http" and is_loopback(url.host))


def checked_base_url(text: str) -> str:
    """The base URL without a slash at its end. Raises BadUrl with a sentence for a person."""
    plain = text.strip().rstrip("/")
    try:
        url = httpx.URL(plain)
    except (httpx.InvalidURL, ValueError):
        url = httpx.URL("")
    usable = (
        url.scheme in ("http", "https")
        and _HOST.fullmatch(url.raw_host.decode("ascii")) is not None
        and not (url.userinfo or "?" in plain or "#" in plain)
    )
    if usable and url.scheme == "http" and not is_loopback(url.host):
        raise BadUrl(
            "The base URL must begin with https://, since the key travels with every call; correct it in Settings."
        )
    if not usable or not is_safe(url):
        raise BadUrl("The base URL must look like https://soravideo.art/api/v1. Correct it in Settings.")
    return plain
