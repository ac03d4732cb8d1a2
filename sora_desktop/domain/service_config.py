"""What the settings say about one video generation service."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import cache

#: The name of the built-in sandbox, a service of its own for each data folder.
SANDBOX = "sandbox"


@dataclass(frozen=True, slots=True)
class ServiceConfig:
    """A configured place that renders videos. Its key, prices and usage are stored under its name."""

    name: str  # stored with its jobs; never changes
    base_url: str | None  # None: the built-in sandbox, started as a child process
    dialect: str = "sora"  # the protocol that it speaks; the default is for files that leave it out
    jobs_at_once: int = 3
    spending_limit: Decimal | None = None  # per day, in the service's unit; None: no limit


@cache
def canonical_name(service: str) -> str:
    """The one spelling of a service's name: the case of scheme and host, and the scheme's own port, do not matter.

    A name that is no web address is returned as it is.
    """
    scheme, found, rest = service.strip().partition("://")
    scheme = scheme.lower()
    if not found or scheme not in _PORTS:
        return service
    host, slash, path = rest.partition("/")
    host = host.lower().removesuffix(_PORTS[scheme]).removesuffix(":")
    return f"{scheme}://{_ascii(host)}{(slash + path).rstrip('/')}"


def _ascii(host: str) -> str:
    """The host with other letters as the domain name system knows them, such as xn--bcher-kva.example."""
    try:
        return host.encode("idna").decode("ascii") if not host.isascii() else host
    except UnicodeError:
        return host


_PORTS = {"https": ":443", "http": ":80"}
