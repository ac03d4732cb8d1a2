"""The protocols that this version speaks: everything above `api/` goes through these functions to reach one of them.

Imports no HTTP library, since the window needs the capabilities before the first paint.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TypeVar

from sora_desktop.api.sora import capabilities as sora
from sora_desktop.domain.capabilities import Capabilities
from sora_desktop.domain.service_config import SANDBOX, ServiceConfig

if TYPE_CHECKING:
    from sora_desktop.api.service import ObservedLimits, VideoService
    from sora_desktop.domain.job import RemoteId

T = TypeVar("T")

#: The protocol of the first service.
FIRST_DIALECT = "sora"
#: What the user reads instead of the names of the first service and of the sandbox.
FIRST_LABEL, SANDBOX_LABEL = "Sora 2 Video API (live)", "Sandbox"


def first_capabilities() -> Capabilities:
    """What the first service can do."""
    return sora.CAPABILITIES


def capabilities_of(config: ServiceConfig) -> Capabilities:
    """What a configured service can do, as far as is known without asking it. Raises UnknownDialect."""
    is_sandbox = config.base_url is None
    return _chosen(config.dialect, {"sora": sora.SANDBOX_CAPABILITIES if is_sandbox else sora.CAPABILITIES})


def connect_service(
    config: ServiceConfig, key: str, capabilities: Capabilities, observe: Callable[[ObservedLimits], None]
) -> VideoService:
    """A client of a service; nothing is sent yet. A sandbox must have a base URL by now.

    `observe` is called with the limits in each answer. Loads HTTP. Raises BadUrl, UnknownDialect.
    """
    from sora_desktop.api.sora.sandbox_service import SandboxService
    from sora_desktop.api.sora.service import SoraService

    client = _chosen(config.dialect, {"sora": SandboxService if config.name == SANDBOX else SoraService})
    return client(config.base_url or "", key, capabilities, observe=observe)


def remote_id_in_answer(dialect: str, answer: str) -> RemoteId | None:
    """The remote id in the raw answer to a create, if it can be found and the protocol is known."""
    from sora_desktop.api.sora.task_ids import new_task_in_text

    find = {"sora": new_task_in_text}.get(dialect)
    return None if find is None else find(answer)


def _chosen(dialect: str, choices: Mapping[str, T]) -> T:
    if dialect in choices:
        return choices[dialect]
    from sora_desktop.api.errors import UnknownDialect  # late: a start does not need it

    raise UnknownDialect(
        f"This version does not speak the protocol “{dialect}” of the service. Install the newest version of Sora "
        "Desktop, or correct the service in settings.json."
    )
