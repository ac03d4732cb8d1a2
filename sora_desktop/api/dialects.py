"""The protocols that this version speaks: everything above `api/` goes through these functions to reach one of them.

Imports no HTTP library, since the window needs the capabilities before the first paint.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from sora_desktop.api.sora import capabilities as sora
from sora_desktop.domain.capabilities import Capabilities

if TYPE_CHECKING:
    from sora_desktop.api.service import ObservedLimits, VideoService
    from sora_desktop.domain.job import RemoteId

#: The protocol of the first service.
FIRST_DIALECT = "sora"


def capabilities_of(dialect: str, *, sandbox: bool = False) -> Capabilities:
    """What a service, or its sandbox, can do. Raises KeyError for a protocol that this version does not speak."""
    return {"sora": sora.SANDBOX_CAPABILITIES if sandbox else sora.CAPABILITIES}[dialect]


def connect_service(
    dialect: str, base_url: str, key: str, capabilities: Capabilities, observe: Callable[[ObservedLimits], None]
) -> VideoService:
    """A client of a service; nothing is sent yet. `observe` is called with the limits in each answer.

    Loads HTTP. Raises BadUrl, and KeyError for a protocol that this version does not speak.
    """
    from sora_desktop.api.sora.service import SoraService

    return {"sora": SoraService}[dialect](base_url, key, capabilities, observe=observe)


def remote_id_in_answer(dialect: str, answer: str) -> RemoteId | None:
    """The remote id in the raw answer to a create, if it can be found. Raises KeyError like `capabilities_of`."""
    from sora_desktop.api.sora import wire

    return {"sora": wire.remote_id_in_raw}[dialect](answer)
