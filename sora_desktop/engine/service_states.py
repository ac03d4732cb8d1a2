"""What the engine tells the screen about a service."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sora_desktop.api.dialects import FIRST_LABEL, SANDBOX_LABEL
from sora_desktop.api.errors import UnknownDialect
from sora_desktop.domain.capabilities import Capabilities
from sora_desktop.domain.service_config import SANDBOX, ServiceConfig, mixed_notice
from sora_desktop.domain.service_state import Availability, ServiceState
from sora_desktop.engine.configured_services import ConfiguredServices

if TYPE_CHECKING:
    from sora_desktop.engine.lane import Lane


def service_state(
    config: ServiceConfig,
    configured: ConfiguredServices,
    lane: Lane | None,
    availability: Availability,
    reason: str,
    current: str,
) -> ServiceState:
    """The state of one service. `lane`: None unless it is open. `current`: the name of the current service."""
    labels = {SANDBOX: SANDBOX_LABEL, configured.first.name: FIRST_LABEL}
    capabilities: Capabilities | None
    try:
        capabilities = configured.capabilities_of(config) if lane is None else lane.capabilities
    except UnknownDialect as error:
        capabilities, reason = None, str(error)
    return ServiceState(
        config.name,
        labels.get(config.name, config.name),
        config.dialect,
        config.profile or config.found_profile,
        config.urls,
        availability,
        reason,
        capabilities,
        bills=lane.runner.bills if lane is not None else capabilities is not None and capabilities.unit is not None,
        balance=None if lane is None else lane.runner.balance,
        is_default=configured.is_default(config.name),
        is_current=config.name == current,
        notice=mixed_notice(config),
    )
