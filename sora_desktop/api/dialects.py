"""The protocols that this version speaks. Imports no HTTP library."""

from __future__ import annotations

from sora_desktop.api.sora import profile as sora
from sora_desktop.domain.capabilities import Capabilities

#: The protocol of the first service.
FIRST_DIALECT = "sora"


def capabilities_of(dialect: str, *, sandbox: bool = False) -> Capabilities:
    """What a service can do, by its protocol. Raises KeyError for a protocol that this version does not speak."""
    return {"sora": sora.CAPABILITIES}[dialect]
