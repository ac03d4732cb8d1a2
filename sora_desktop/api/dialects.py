"""The protocols that this version speaks: everything above `api/` goes through these functions to reach one of them.

Imports no HTTP library, since the window needs the capabilities before the first paint.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from sora_desktop.api.sora import capabilities as sora
from sora_desktop.domain.capabilities import Capabilities
from sora_desktop.domain.service_config import SANDBOX, ServiceConfig

if TYPE_CHECKING:
    from sora_desktop.api.http.download_process import DownloadProcess
    from sora_desktop.api.service import ObservedLimits, VideoService
    from sora_desktop.domain.examination import Checked, Examination
    from sora_desktop.domain.job import RemoteId

T = TypeVar("T")

#: Every protocol, as the settings name it.
DIALECT_NAMES = ("sora", "openai")
#: What the user reads instead of the names of the first service and of the sandbox.
FIRST_LABEL, SANDBOX_LABEL = "Sora 2 Video API (live)", "Sandbox"


def first_capabilities() -> Capabilities:
    """What the first service can do."""
    return sora.CAPABILITIES


def profile_labels() -> Mapping[str, str]:
    """The kinds of servers that a user can name, and what the user reads instead."""
    from sora_desktop.api.openai.profiles import PROFILES  # late: a start does not need it

    return {name: profile.label for name, profile in PROFILES.items()}


def named_profiles() -> Mapping[str, str]:
    """Those of the kinds that say which server it is."""
    from sora_desktop.api.openai.profiles import GENERIC

    return {name: label for name, label in profile_labels().items() if name != GENERIC.name}


def capabilities_of(config: ServiceConfig, model_files: Iterable[Path] = ()) -> Capabilities:
    """What a configured service can do, as far as is known without asking it. Raises UnknownDialect.

    `model_files`: what the models of engines can do, the user's files in front. A file that cannot be used is ignored;
    `examine` says why.
    """

    def of_engine() -> Capabilities:
        from sora_desktop.api.openai.capabilities import engine_capabilities  # late: a start seldom needs it

        return engine_capabilities(config, model_files)

    is_sandbox = config.base_url is None
    of_sora = sora.SANDBOX_CAPABILITIES if is_sandbox else sora.CAPABILITIES
    return _chosen(config.dialect, {"sora": lambda: of_sora, "openai": of_engine})()


def checked_urls(config: ServiceConfig, key: str) -> tuple[str, ...]:
    """The addresses of a service in their one spelling, each once. `key`: what would be sent there.

    Loads HTTP. Raises BadUrl with a sentence for the user, UnknownDialect.
    """

    def of_sora() -> tuple[str, ...]:
        from sora_desktop.api.errors import BadUrl
        from sora_desktop.api.http.origin import checked_base_url

        if config.more_urls:
            raise BadUrl("This service has one address. Add the others as services of their own.")
        return tuple(checked_base_url(url, advice="") for url in config.urls)

    def of_engine() -> tuple[str, ...]:
        from sora_desktop.api.openai.addresses import checked_addresses

        return checked_addresses(config, key)

    return _chosen(config.dialect, {"sora": of_sora, "openai": of_engine})()


def connect_service(
    config: ServiceConfig,
    key: str,
    capabilities: Capabilities,
    observe: Callable[[ObservedLimits], None],
    installation: str = "",
    download_process: DownloadProcess | None = None,
) -> VideoService:
    """A client of a service; nothing is sent yet. A sandbox must have a base URL by now.

    `observe` is called with the limits in each answer. `installation` stands for the data folder at servers that
    separate their users; nobody can tell from it who they are. `download_process`: where files are downloaded; None: in
    threads. Loads HTTP. Raises BadUrl, UnknownDialect.
    """

    def of_sora() -> VideoService:
        from sora_desktop.api.http.transfers import ServiceTransport
        from sora_desktop.api.sora.examine import setup_of
        from sora_desktop.api.sora.sandbox_service import SandboxService
        from sora_desktop.api.sora.service import SoraService

        client = SandboxService if config.name == SANDBOX else SoraService
        return client(
            config.base_url or "",
            key,
            capabilities,
            observe=observe,
            transport=ServiceTransport(download_process=download_process),
            setup=setup_of(config),
        )

    def of_engine() -> VideoService:
        from sora_desktop.api.http.transfers import ServiceTransport
        from sora_desktop.api.openai.abilities import connect_engine
        from sora_desktop.api.openai.service import TIMEOUTS

        return connect_engine(
            config,
            key,
            capabilities,
            observe=observe,
            installation=installation,
            transport=ServiceTransport(TIMEOUTS, download_process),
        )

    return _chosen(config.dialect, {"sora": of_sora, "openai": of_engine})()


async def examine(
    config: ServiceConfig,
    key: str,
    model_files: Iterable[Path] = (),
    *,
    seconds: float = 10.0,
    installation: str = "",
    report: Callable[[Checked], None] = lambda _: None,
) -> Examination:
    """Ask a service what it is and what it can do; nothing is created. Raises UnknownDialect.

    `seconds`: how long each of the few calls may take. `installation` as for `connect_service`. `report` is called with
    each check as soon as its result is known, in the order of the examination. A sandbox must have a base URL by now.
    Loads HTTP.
    """

    def of_sora() -> Coroutine[object, object, Examination]:
        from sora_desktop.api.sora.examine import examine_sora

        return examine_sora(config, key, seconds, report)

    def of_engine() -> Coroutine[object, object, Examination]:
        from sora_desktop.api.openai.examine import examine_engine

        return examine_engine(config, key, model_files, seconds, installation=installation, report=report)

    return await _chosen(config.dialect, {"sora": of_sora, "openai": of_engine})()


def remote_id_in_answer(dialect: str, answer: str, place: str = "") -> RemoteId | None:
    """The remote id in the raw answer to a create, if it can be found and the protocol is known.

    `place`: where the create was sent, if the service has several addresses.
    """
    from sora_desktop.api.openai.places import with_place
    from sora_desktop.api.openai.video_ids import new_video_in_text
    from sora_desktop.api.sora.task_ids import new_task_in_text

    find = {"sora": new_task_in_text, "openai": new_video_in_text}.get(dialect)
    id = None if find is None else find(answer)
    return with_place(id, place) if id is not None and place else id


def _chosen(dialect: str, choices: Mapping[str, T]) -> T:
    if dialect in choices:
        return choices[dialect]
    from sora_desktop.api.errors import UnknownDialect  # late: a start does not need it

    raise UnknownDialect(
        f"This version does not speak the protocol “{dialect}” of the service. Install the newest version of Sora "
        "Desktop, or correct the service in settings.json."
    )
