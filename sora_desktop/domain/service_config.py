"""What the settings say about one video generation service."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from types import MappingProxyType

#: Jobs at once at each address of a new service, by dialect: an engine renders one, and the next one waits in its own
#: queue, so that it is never idle.
USUAL_JOBS_AT_ONCE: Mapping[str, int] = MappingProxyType({"sora": 3, "openai": 2})

#: The name of the built-in sandbox, a service of its own for each data folder.
SANDBOX = "sandbox"


@dataclass(frozen=True, slots=True)
class ServiceConfig:
    """A configured place that renders videos. Its key, prices and usage are stored under its name."""

    name: str  # stored with its jobs; never changes
    base_url: str | None  # None: the built-in sandbox, started as a child process
    dialect: str = "sora"  # the protocol that it speaks; the default is for files that leave it out
    jobs_at_once: int = 3  # at each of its addresses
    spending_limit: Decimal | None = None  # per day, in the service's unit; None: no limit
    more_urls: tuple[str, ...] = ()  # further addresses that render, each with tasks of its own
    profile: str = ""  # the kind of server, as the user chose it; empty: as it was found
    found_profile: str = ""  # the kind of server that the addresses showed themselves to be, last
    models: tuple[str, ...] = ()  # as the server named them, last
    key_variable: str = ""  # environment variable with the API key; empty: the key is in the system's keyring
    plain_http_host: str = ""  # the one host to which the user lets the key be sent without encryption
    #: Addresses that have shown themselves to be several engines without a common memory.
    mixed_urls: tuple[str, ...] = ()

    @property
    def urls(self) -> tuple[str, ...]:
        """All addresses; none for the sandbox."""
        return () if self.base_url is None else (self.base_url, *self.more_urls)

    @property
    def settings_place(self) -> str:
        """Where the user sets this service up, as messages say it. The name of the first service is its address."""
        return "in Settings" if self.name == SANDBOX or "://" in self.name else "in Settings › Services"


def mixed_notice(config: ServiceConfig) -> str:
    """What the user should know about addresses that are several engines, as sentences; empty if none is known."""
    mixed = [url for url in config.mixed_urls if url in config.urls]
    if not mixed:
        return ""
    are = "is" if len(mixed) == 1 else "are each"
    return (
        f"{' and '.join(mixed)} {are} several engines without a common memory: some of their answers do not know a "
        "video that another one renders. Add the address of each engine as its own URL."
    )


#: Bytes of a service's name, at most: it becomes a part of file names, in which a byte may take three.
_LONGEST_NAME = 60
_NAME = re.compile(r"[^\W_][\w .+()·–-]*")


def name_problem(name: str, taken: Iterable[str]) -> str:
    """Why a new service cannot have this name, as a sentence for the user; empty if it can.

    `taken`: the names of the other services.
    """
    if not name.strip():
        return "Enter a name for the service."
    if len(name.encode("utf-8", "replace")) > _LONGEST_NAME:
        return f"The name is too long. Use at most {_LONGEST_NAME} letters; other alphabets count more."
    if name != name.strip() or _NAME.fullmatch(name) is None:
        return (
            f"“{name}” cannot be a service's name. Begin with a letter or digit; then letters, digits, spaces and "
            "- – _ . + · ( ) are allowed."
        )
    if name.casefold() == SANDBOX:
        return "“sandbox” is the name of the built-in sandbox. Choose another name."
    if same := next((other for other in taken if other.casefold() == name.casefold()), ""):
        return f"There is a service named “{same}” already. Choose another name."
    return ""


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
