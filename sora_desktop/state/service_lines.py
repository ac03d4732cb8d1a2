"""The services as Settings and the form list them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sora_desktop.domain.money import format_amount
from sora_desktop.domain.service_config import SANDBOX
from sora_desktop.domain.service_state import Availability, ServiceState
from sora_desktop.state.service_menu import ServiceRow
from sora_desktop.state.tone import Tone

TONES = {
    Availability.ONLINE: Tone.OK,
    Availability.CONNECTING: Tone.MUTED,
    Availability.OFFLINE: Tone.ERROR,
    Availability.NOT_CONNECTED: Tone.MUTED,
}


#: The notice of a service in few words: File › Services… has the whole of it.
_MIXED = "several engines"


class ServiceLine(NamedTuple):
    """One service in the list, and what can be done to it there."""

    name: str
    label: str
    detail: str  # its addresses, and the kind of server
    tone: Tone  # of its dot
    state: str  # such as "Online", for screen readers and the tool tip
    reason: str  # why it cannot be used, or what should be known about it, as sentences; empty for nothing
    is_default: bool
    can_edit: bool
    can_be_default: bool
    can_test: bool


def service_lines(
    states: Sequence[ServiceState], profiles: Mapping[str, str], further: Sequence[str]
) -> tuple[ServiceLine, ...]:
    """The lines of the list. `profiles`: labels by name. `further`: the names of services that the user has added."""
    return tuple(
        ServiceLine(
            state.name,
            state.label,
            " · ".join(filter(None, (_addresses(state), profiles.get(state.profile, state.profile)))),
            TONES[state.availability],
            state.availability.capitalize(),
            " ".join(filter(None, (state.reason, state.notice))),
            state.is_default,
            can_edit=state.name in further,
            can_be_default=not state.is_default and state.name != SANDBOX,
            can_test=bool(state.urls),
        )
        for state in states
    )


def _addresses(state: ServiceState) -> str:
    if not state.urls:
        return "Renders on this machine"
    first, *more = state.urls
    if not more:
        return first
    return f"{first} and {len(more)} more" if len(more) > 1 else f"{first} and 1 more"


def service_rows(states: Sequence[ServiceState], profiles: Mapping[str, str]) -> tuple[ServiceRow, ...]:
    """The choices of the form. `profiles`: labels by name, of the kinds that are worth naming."""
    return tuple(
        ServiceRow(
            state.name, _full_label(state, profiles), _detail(state), TONES[state.availability], state.is_current
        )
        for state in states
    )


def _full_label(state: ServiceState, profiles: Mapping[str, str]) -> str:
    """Such as "Studio cluster – vLLM-Omni", unless the user's own name says that already."""
    if not state.urls:
        return f"{state.label} · offline demo"
    kind = profiles.get(state.profile, "")
    return state.label if not kind or kind.casefold() in state.label.casefold() else f"{state.label} – {kind}"


def _detail(state: ServiceState) -> str:
    """Such as "1 240 credits", "3 models · free" or "renders on this machine"; else why it cannot be used."""
    if state.availability is Availability.CONNECTING:
        return "connecting…"
    if state.reason:
        return state.reason
    if not state.urls:
        return "renders on this machine"
    capabilities = state.capabilities
    if capabilities is None or state.availability is Availability.NOT_CONNECTED:
        return "not connected"
    if state.balance is not None:
        return format_amount(state.balance.amount, capabilities.unit)
    models = "1 model" if len(capabilities.models) == 1 else f"{len(capabilities.models)} models"
    facts = (models, "free" if capabilities.unit is None else "", _MIXED if state.notice else "")
    return " · ".join(filter(None, facts))


def unusable_text(states: Sequence[ServiceState]) -> str:
    """A notice about the services that cannot be used at present; empty if there are none."""
    unusable = [state for state in states if state.availability is Availability.OFFLINE]
    if not unusable:
        return ""
    first, *more = (state.label for state in unusable)
    why = "" if more else unusable[0].reason  # the notice has a button for the list, which says why
    names = first if not more else f"{first} and {more[0]}" if len(more) == 1 else f"{first} and {len(more)} more"
    works = any(state.availability is Availability.ONLINE for state in states)
    return f"{names} cannot be used{'; the other services work on' if works else ''}. {why}".rstrip()
