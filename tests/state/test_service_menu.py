"""The rows of the service menu."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from engine_models import ENGINE, WAN

from sora_desktop.api.sora.capabilities import CAPABILITIES, SANDBOX_CAPABILITIES
from sora_desktop.domain.money import Balance
from sora_desktop.domain.service_config import SANDBOX
from sora_desktop.domain.service_state import Availability, ServiceState
from sora_desktop.state.service_menu import ServiceRow, service_rows
from sora_desktop.state.tone import Tone


def a_state(name: str, **changes: object) -> ServiceState:
    urls = ("http://127.0.0.1:8091/v1",)
    state = ServiceState(
        name, name.title(), "openai", "omni", urls, Availability.ONLINE, "", ENGINE, False, None, False, False
    )
    return replace(state, **changes)  # type: ignore[arg-type]


FIRST = replace(a_state("first", capabilities=CAPABILITIES, is_current=True), balance=Balance(Decimal(1240), 0.0))
HERE = a_state(SANDBOX, capabilities=SANDBOX_CAPABILITIES, availability=Availability.NOT_CONNECTED)


def test_there_is_no_menu_without_further_services() -> None:
    assert service_rows(()) == service_rows((FIRST,)) == service_rows((FIRST, HERE)) == ()


def test_a_row_says_what_the_service_offers_or_why_it_cannot_be_used() -> None:
    rows = service_rows((FIRST, a_state("cluster", is_default=True), HERE))
    assert rows == (
        ServiceRow("first", "First", "1\u202f240 credits", Tone.OK, True),
        ServiceRow("cluster", "Cluster", "4 models · free", Tone.OK, False),
        ServiceRow(SANDBOX, "Sandbox", "renders on this machine", Tone.MUTED, False),
    )


@pytest.mark.parametrize(
    ("changes", "detail", "tone"),
    [
        ({"capabilities": replace(ENGINE, models=(WAN,))}, "1 model · free", Tone.OK),
        ({"capabilities": CAPABILITIES}, "balance unknown", Tone.OK),
        ({"capabilities": None}, "connected", Tone.OK),
        ({"availability": Availability.CONNECTING}, "connecting…", Tone.MUTED),
        ({"availability": Availability.OFFLINE, "reason": "Refused."}, "Refused.", Tone.ERROR),
        ({"availability": Availability.OFFLINE}, "does not answer", Tone.ERROR),
        ({"availability": Availability.NOT_CONNECTED, "reason": "No key."}, "No key.", Tone.MUTED),
        ({"availability": Availability.NOT_CONNECTED}, "not connected", Tone.MUTED),
    ],
)
def test_each_state_has_a_second_line(changes: dict[str, object], detail: str, tone: Tone) -> None:
    row = service_rows((FIRST, a_state("cluster", **changes)))[1]
    assert (row.detail, row.tone) == (detail, tone)
