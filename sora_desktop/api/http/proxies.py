"""Decides which proxy a URL is opened through, from the variables of the environment or the system's settings.

Nothing on this machine, and no plain http, is ever opened through a proxy. What cannot be read matters only where it
would be used.
"""

from __future__ import annotations

import ipaddress
import re
import socket
import sys
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

import httpx

from sora_desktop.api.errors import BadUrl, Unreachable
from sora_desktop.api.http.origin import has_valid_host, is_loopback, origin_of

#: An entry of NO_PROXY: a name or an address, and perhaps a port.
_ENTRY = re.compile(r"(\[[^\[\]]+\]|[^:\[\]/]+)(?::(\d{1,5}))?")
#: The brackets around an IPv6 address, which a length may follow.
_BRACKETS = re.compile(r"^\[([^\[\]]+)\](/\d+)?$")
#: What precedes the host in an address: its scheme, and a user name and password that nobody else should read.
_LOGIN = re.compile(r"^([\w+.-]*://)?.*@", re.DOTALL)
#: Names that the hosts files of Linux distributions give to this machine, besides localhost.
_LOCAL_NAMES = ("localhost.localdomain", "localhost4", "localhost6", "ip6-localhost", "ip6-loopback")
_EXAMPLE = "an address such as http://proxy.example.com:8080"
#: Most characters of an address that a message shows.
_SHOWN = 100


@dataclass(frozen=True, slots=True)
class Setting:
    """A proxy as it was set."""

    text: str
    variable: str = ""  # empty: the system's settings

    @property
    def name(self) -> str:
        """The setting for a message, without a password."""
        shown = "".join(c for c in _LOGIN.sub(r"\1", self.text) if c.isprintable())[:_SHOWN]
        return f"the proxy in {self.variable or 'the settings of this system'} ({shown})"


@dataclass(frozen=True, slots=True)
class ProxySettings:
    """The proxy for https, and what is opened without it."""

    https: Setting | None = None
    exceptions: tuple[str, ...] = ()  # entries of NO_PROXY
    own_name: str = ""  # of this machine, in lower case


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy that can be used."""

    url: httpx.URL
    name: str


def proxy_settings(
    environ: Mapping[str, str],
    platform: str = sys.platform,
    system: Callable[[], Mapping[str, str]] = urllib.request.getproxies,
    own_name: Callable[[], str] = socket.gethostname,
) -> ProxySettings:
    """The settings of the environment; of Windows or macOS if it has none. A name in lower case goes first."""
    https, every, no = (_variable(environ, name) for name in ("https_proxy", "all_proxy", "no_proxy"))
    exceptions = tuple(filter(None, re.split(r"[\s,;]+", no.text))) if no is not None else ()
    if https is None and every is None and no is None and platform in ("win32", "darwin"):
        found = system()
        text = (found.get("https") or found.get("all") or "").strip()
        chosen = Setting(text) if text else None
    else:
        chosen = next((setting for setting in (https, every) if setting is not None and setting.text), None)
    return ProxySettings(chosen, exceptions, own_name().lower())


def proxy_for(url: httpx.URL, settings: ProxySettings) -> Proxy | None:
    """The proxy for a URL, None if there is none. Raises Unreachable if it cannot be used."""
    setting = settings.https
    if setting is None or url.scheme != "https":  # plain http stays on this machine or network
        return None
    if is_loopback(url.host) or _is_own_name(url.host, settings.own_name):
        return None
    if any(_is_match(entry, url) for entry in settings.exceptions):
        return None
    text = setting.text if "://" in setting.text else f"http://{setting.text}"
    try:
        address = httpx.URL(text)
        behind_host = address.raw_path.decode("ascii") + address.fragment
        is_cut = "@" in behind_host or ":" in behind_host  # by a "#" in the password, for example
        is_usable = address.scheme in ("http", "https") and has_valid_host(address) and not is_cut
    except (httpx.InvalidURL, ValueError):
        is_usable = False
    if is_usable:
        return Proxy(address, setting.name)
    if text.lower().startswith("socks"):
        problem = "SOCKS is not supported"
    elif "@" in text:
        problem = "special characters in its user name or password have to be percent-encoded, such as # as %23"
    else:
        problem = "it is not the address of an HTTP proxy"
    raise Unreachable(f"{_upper(setting.name)} cannot be used: {problem}. Nothing was sent. {_advice(setting, url)}")


def require_usable_proxy(base_url: str, environ: Mapping[str, str]) -> None:
    """Raises BadUrl if the proxy that is set for an address cannot be used, which no later try would change."""
    try:
        proxy_for(httpx.URL(base_url), proxy_settings(environ))
    except Unreachable as error:
        raise BadUrl(str(error)) from error


def _advice(setting: Setting, url: httpx.URL) -> str:
    if not setting.variable:
        return "Set an HTTP proxy in the settings of this system, or none, then restart."
    if setting.variable.lower() == "all_proxy":  # may be meant for other programs
        return f"Set HTTPS_PROXY to {_EXAMPLE}, or add {url.host} to NO_PROXY, then restart."
    return f"Set {setting.variable} to {_EXAMPLE}, or remove it, then restart."


def _variable(environ: Mapping[str, str], name: str) -> Setting | None:
    """The variable in lower case, else in any other spelling; also if it is empty, which hides the others."""
    spellings = sorted((each for each in environ if each.lower() == name), key=lambda each: each != name)
    # files with variables are often read with their quotation marks
    return Setting(environ[spellings[0]].strip().strip("\"'").strip(), spellings[0]) if spellings else None


def _is_own_name(host: str, own_name: str) -> bool:
    """True for a name of this machine. None is looked up, which could take long and may be the proxy's task."""
    name, label = host.lower().rstrip("."), own_name.partition(".")[0]
    own = (own_name, label, f"{label}.local") if label else ()
    return name.endswith(".localhost") or name in (*_LOCAL_NAMES, *own)


def _is_match(entry: str, url: httpx.URL) -> bool:
    """True if an entry of NO_PROXY names the host of the URL. An entry that cannot be read names none."""
    scheme, _, rest = entry.lower().rpartition("://")
    if scheme not in ("", "all", url.scheme):
        return False
    rest = rest.rstrip("/")
    network = _network(rest)
    if network is not None:
        return _is_in(url.host, network)
    found = _ENTRY.fullmatch(rest)
    if found is None or (found[2] and int(found[2]) != origin_of(url)[2]):
        return False
    name = found[1]
    network = _network(name)
    if network is not None:
        return _is_in(url.host, network)
    is_like = "*" in name and fnmatchcase(url.host.lower().rstrip("."), name)
    return is_like or _is_within(url, name.removeprefix("*").strip("."))


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    """The network, or the single address, that a text names, with or without brackets."""
    try:
        return ipaddress.ip_network(_BRACKETS.sub(r"\1\2", text), strict=False)
    except ValueError:
        return None


def _is_in(host: str, network: ipaddress.IPv4Network | ipaddress.IPv6Network) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return address in network or (mapped is not None and mapped in network)


def _is_within(url: httpx.URL, domain: str) -> bool:
    try:
        name = httpx.URL(f"https://{domain}").raw_host  # in ASCII, as the URL's own
    except (httpx.InvalidURL, ValueError):
        return False
    host = url.raw_host.rstrip(b".")
    return bool(name) and (host == name or host.endswith(b"." + name))


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]
