"""The services that the form offers to choose from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, assert_never

from sora_desktop.domain.money import format_amount
from sora_desktop.domain.service_config import SANDBOX
from sora_desktop.domain.service_state import Availability, ServiceState
from sora_desktop.state.tone import Tone


class ServiceRow(NamedTuple):
    """One service in the menu."""

    name: str  # of the service's configuration
    label: str
    detail: str  # such as "3 models · free", or why the service cannot be used
    tone: Tone  # of its dot
    is_current: bool


def service_rows(states: Sequence[ServiceState]) -> tuple[ServiceRow, ...]:
    """The rows of the menu; none if the data folder has only its first service and the sandbox.

    `states` begin with the first service.
    """
    if all(state.name == SANDBOX for state in states[1:]):
        return ()
    return tuple(
        ServiceRow(state.name, state.label, _detail(state), _tone(state), state.is_current) for state in states
    )


def _detail(state: ServiceState) -> str:
    match state.availability:
        case Availability.ONLINE:
            return _offer(state)
        case Availability.CONNECTING:
            return "connecting…"
        case Availability.OFFLINE:
            return state.reason or "does not answer"
        case Availability.NOT_CONNECTED:
            return state.reason or (_RENDERS_HERE if state.name == SANDBOX else "not connected")
    assert_never(state.availability)


_RENDERS_HERE = "renders on this machine"


def _offer(state: ServiceState) -> str:
    """What the service has to offer, or the balance that is left there."""
    capabilities = state.capabilities
    if state.name == SANDBOX or capabilities is None:
        return _RENDERS_HERE if state.name == SANDBOX else "connected"
    if capabilities.unit is not None:
        amount = state.balance.amount if state.balance is not None else None
        return "balance unknown" if amount is None else format_amount(amount, capabilities.unit)
    count = len(capabilities.models)
    return f"{count} {'model' if count == 1 else 'models'} · free"


def _tone(state: ServiceState) -> Tone:
    match state.availability:
        case Availability.ONLINE:
            return Tone.OK
        case Availability.OFFLINE:
            return Tone.ERROR
        case Availability.CONNECTING | Availability.NOT_CONNECTED:
            return Tone.MUTED
    assert_never(state.availability)
