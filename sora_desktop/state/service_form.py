"""One service as the dialog for it shows and returns it."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple
from urllib.parse import urlsplit

from sora_desktop.domain.examination import Check, Checked, CheckResult, Examination
from sora_desktop.domain.service_config import ServiceConfig, name_problem
from sora_desktop.state.tone import Tone

#: How keys begin, which would be saved and shown if they were taken for the name of a variable.
_BEGIN_OF_KEYS = ("sk_", "sk-")


class ServiceField(StrEnum):
    """The fields that can have a problem. The value is the objectName of the field."""

    NAME = "serviceNameEdit"
    URLS = "serviceUrlsEdit"
    KEY = "serviceKeyEdit"
    KEY_VARIABLE = "serviceKeyVariableEdit"
    LIMIT = "serviceLimitSpin"


class Option(NamedTuple):
    """One value to choose."""

    value: str
    label: str


class Dialect(NamedTuple):
    """A protocol to choose, and what a service that speaks it has."""

    value: str
    label: str
    url_example: str
    profiles: tuple[Option, ...] = ()  # kinds of servers; none: there is only one
    has_places: bool = False  # it may have several addresses
    needs_key: bool = True
    bills: bool = True
    jobs_at_once: int = 3  # unless the user chooses


@dataclass(frozen=True, slots=True)
class ServiceForm:
    """What the user can say about a service. The form never contains the stored key."""

    name: str = ""
    dialect: str = ""
    urls: tuple[str, ...] = ()  # as typed
    profile: str = ""  # empty: as it is found
    key_variable: str = ""
    jobs_at_once: int = 3
    spending_limit: Decimal | None = None  # per day, in the service's unit; None: no limit
    plain_http_host: str = ""  # the host to which the user lets the key be sent without encryption
    has_key: bool = False  # a key is stored already
    key_in_file: bool = False  # store the key in a file if the system has no keyring
    is_new: bool = True


def form_of(config: ServiceConfig, *, has_key: bool) -> ServiceForm:
    """The form of a service that is there."""
    return ServiceForm(
        config.name,
        config.dialect,
        config.urls,
        config.profile,
        config.key_variable,
        config.jobs_at_once,
        config.spending_limit,
        config.plain_http_host,
        has_key,
        is_new=False,
    )


def config_of(form: ServiceForm, before: ServiceConfig | None = None) -> ServiceConfig:
    """The service as the form describes it. `before` has what was found out about it, which stays for its server."""
    first, *more = form.urls
    config = ServiceConfig(
        form.name,
        first,
        form.dialect,
        form.jobs_at_once,
        form.spending_limit,
        tuple(more),
        form.profile,
        key_variable=form.key_variable,
        plain_http_host=form.plain_http_host,
    )
    if before is not None and (before.dialect, before.urls) == (config.dialect, config.urls):
        config = replace(config, found_profile=before.found_profile, models=before.models)
    return config


def problems_of(form: ServiceForm, taken: Iterable[str], *, sends_key: bool) -> Mapping[ServiceField, str]:
    """What is wrong with the form, as a sentence for each field. `taken`: the names of the other services.

    `sends_key`: a key is stored, entered or named, so that it would be sent to the addresses.
    """
    problems: dict[ServiceField, str] = {}
    if form.is_new and (problem := name_problem(form.name, taken)):
        problems[ServiceField.NAME] = problem
    if not form.urls:
        problems[ServiceField.URLS] = "Enter the address of the service."
    elif len(set(form.urls)) < len(form.urls):
        problems[ServiceField.URLS] = "An address is there twice. Enter each once."
    elif sends_key and len(hosts := plain_http_hosts(form.urls)) > 1:
        problems[ServiceField.URLS] = (
            f"A key can be sent without encryption to one host only, and here are {' and '.join(hosts)}. Use https, or "
            "add them as services of their own."
        )
    elif sends_key and hosts and form.plain_http_host != hosts[0]:
        problems[ServiceField.URLS] = (
            f"The key would be sent to {hosts[0]} without encryption. Use https, or allow it below."
        )
    if form.key_variable.startswith(_BEGIN_OF_KEYS):
        problems[ServiceField.KEY_VARIABLE] = (
            "This looks like a key. Enter it in the field for the key, which is not shown."
        )
    elif form.key_variable and not form.key_variable.replace("_", "a").isalnum():
        problems[ServiceField.KEY_VARIABLE] = "Enter the name of an environment variable, such as STUDIO_API_KEY."
    return MappingProxyType(problems)


def plain_http_hosts(urls: Iterable[str]) -> tuple[str, ...]:
    """The hosts, other than this machine, to which these addresses lead without encryption."""
    hosts = []
    for url in urls:
        try:
            parts = urlsplit(url.strip())
            host = parts.hostname or ""
        except ValueError:
            continue  # no address: this is said elsewhere
        if parts.scheme.lower() == "http" and host and not _is_this_machine(host):
            hosts.append(host)
    return tuple(dict.fromkeys(hosts))


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.removesuffix(".") == "localhost"


def urls_in(text: str) -> tuple[str, ...]:
    """The addresses that were typed, one a line or with spaces or commas between them."""
    return tuple(text.replace(",", " ").split())


class ExaminationLine(NamedTuple):
    """One line of what a test has found."""

    text: str
    tone: Tone
    mark: str  # name of the icon


_MARKS = {
    CheckResult.PASSED: (Tone.OK, "check-circle"),
    CheckResult.FAILED: (Tone.ERROR, "x-circle"),
    CheckResult.ABSENT: (Tone.MUTED, "minus-circle"),
    CheckResult.SKIPPED: (Tone.MUTED, "minus-circle"),
}


#: Where the examination says no more than that a check has passed.
_PASSED = {
    Check.REACHABLE: "The server answers.",
    Check.DIALECT: "It speaks the protocol.",
    Check.KEY: "It accepts the API key.",
    Check.PROFILE: "It is a known kind of server.",
    Check.MODELS: "It names its models.",
    Check.LISTS: "It lists its videos.",
    Check.CANCELS: "It stops a rendering when asked to.",
}


def examination_lines(examination: Examination) -> tuple[ExaminationLine, ...]:
    """What a test has found, line by line. Each address is named once if there are several."""
    urls = list(dict.fromkeys(found.url for found in examination.checks if found.url))
    lines = []
    at = ""
    for found in examination.checks:
        if found.result is CheckResult.SKIPPED:
            continue  # the line of the failed check says why
        if len(urls) > 1 and found.url not in ("", at):
            at = found.url
            lines.append(ExaminationLine(at, Tone.TEXT, ""))
        lines.append(_line_of(found))
    lines += [ExaminationLine(warning, Tone.WARN, "warning-circle") for warning in examination.warnings]
    return tuple(lines)


def _line_of(found: Checked) -> ExaminationLine:
    tone, mark = _MARKS[found.result]
    return ExaminationLine(found.text or _PASSED[found.check], tone, mark)
