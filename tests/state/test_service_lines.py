"""The services as Settings, the form and the header show them."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from engine_models import ENGINE

from sora_desktop.api.sora.capabilities import CAPABILITIES
from sora_desktop.domain.money import Balance
from sora_desktop.domain.overrides import Override
from sora_desktop.domain.queue import QueueState
from sora_desktop.domain.service_state import Availability, ServiceState
from sora_desktop.state.service_lines import service_lines, service_rows, unusable_text
from sora_desktop.state.tone import Tone
from sora_desktop.state.window_view import ServiceBadge, WindowFacts, window_view

FIRST = ServiceState(
    "https://live.example/api/v1",
    "Sora 2 Video API (live)",
    "sora",
    "",
    ("https://live.example/api/v1",),
    Availability.ONLINE,
    "",
    CAPABILITIES,
    bills=True,
    balance=Balance(Decimal(1240), 1.0),
    is_default=True,
    is_current=False,
)
STUDIO = replace(
    FIRST,
    name="Studio cluster",
    label="Studio cluster",
    dialect="openai",
    profile="omni",
    urls=("http://gpu1/v1", "http://gpu2/v1", "http://gpu3/v1"),
    capabilities=ENGINE,
    bills=False,
    balance=None,
    is_default=False,
    is_current=True,
)
DEAD = replace(STUDIO, availability=Availability.OFFLINE, reason="Nothing answers at gpu1.")
SANDBOX = replace(
    FIRST,
    name="sandbox",
    label="Sandbox",
    urls=(),
    availability=Availability.NOT_CONNECTED,
    balance=None,
    is_default=False,
)


def test_settings_list_where_each_service_is_and_what_can_be_done_to_it() -> None:
    first, studio, sandbox = service_lines([FIRST, STUDIO, SANDBOX], {"omni": "vLLM-Omni"}, ["Studio cluster"])
    assert (first.detail, first.tone, first.is_default) == ("https://live.example/api/v1", Tone.OK, True)
    assert studio.detail == "http://gpu1/v1 and 2 more · vLLM-Omni"
    assert sandbox.detail == "Renders on this machine" and sandbox.state == "Not connected"
    known = "http://gpu1/v1 is several engines without a common memory."
    (line,) = service_lines([replace(STUDIO, notice=known)], {}, [])
    assert line.reason == known and line.tone is Tone.OK
    assert [line.can_edit for line in (first, studio, sandbox)] == [False, True, False]
    assert [line.can_be_default for line in (first, studio, sandbox)] == [False, True, False]
    assert [line.can_test for line in (first, studio, sandbox)] == [True, True, False]


@pytest.mark.parametrize(
    ("state", "detail", "tone"),
    [
        (FIRST, "1\u202f240 credits", Tone.OK),
        (replace(FIRST, balance=None), "2 models", Tone.OK),
        (STUDIO, "4 models · free", Tone.OK),
        (replace(STUDIO, notice="It is several."), "4 models · free · several engines", Tone.OK),
        (replace(STUDIO, capabilities=replace(ENGINE, models=ENGINE.models[:1])), "1 model · free", Tone.OK),
        (SANDBOX, "renders on this machine", Tone.MUTED),
        (replace(STUDIO, availability=Availability.CONNECTING), "connecting…", Tone.MUTED),
        (
            replace(STUDIO, availability=Availability.OFFLINE, reason="Nothing answers at gpu1."),
            "Nothing answers at gpu1.",
            Tone.ERROR,
        ),
        (replace(STUDIO, availability=Availability.NOT_CONNECTED), "not connected", Tone.MUTED),
        (
            replace(STUDIO, availability=Availability.NOT_CONNECTED, capabilities=None, reason="Not spoken."),
            "Not spoken.",
            Tone.MUTED,
        ),
    ],
)
def test_the_form_says_in_a_word_what_a_service_is(state: ServiceState, detail: str, tone: Tone) -> None:
    (row,) = service_rows([state], {})
    assert (row.detail, row.tone) == (detail, tone)


@pytest.mark.parametrize(
    ("state", "label"),
    [
        (STUDIO, "Studio cluster – vLLM-Omni"),
        (replace(STUDIO, label="My vllm-omni box"), "My vllm-omni box"),
        (replace(STUDIO, profile="generic"), "Studio cluster"),
        (FIRST, "Sora 2 Video API (live)"),
        (replace(FIRST, label="Sandbox", urls=()), "Sandbox · offline demo"),
    ],
)
def test_the_form_says_what_kind_of_server_a_service_is(state: ServiceState, label: str) -> None:
    (row,) = service_rows([state], {"omni": "vLLM-Omni"})
    assert row.label == label


@pytest.mark.parametrize(
    ("states", "text"),
    [
        ((FIRST, STUDIO), ""),
        ((FIRST, DEAD), "Studio cluster cannot be used; the other services work on. Nothing answers at gpu1."),
        ((DEAD, DEAD), "Studio cluster and Studio cluster cannot be used."),
        ((DEAD, DEAD, DEAD), "Studio cluster and 2 more cannot be used."),
    ],
)
def test_services_that_cannot_be_used_are_named_together(states: tuple[ServiceState, ...], text: str) -> None:
    assert unusable_text(states) == text


@pytest.mark.parametrize(
    ("availability", "badge", "tone"),
    [
        (Availability.ONLINE, "Studio cluster", Tone.OK),
        (Availability.CONNECTING, "Studio cluster · connecting…", Tone.MUTED),
        (Availability.OFFLINE, "Studio cluster · cannot be used", Tone.ERROR),
        (Availability.NOT_CONNECTED, "Studio cluster · not connected", Tone.ERROR),
    ],
)
def test_the_header_names_the_service_that_is_chosen(availability: Availability, badge: str, tone: Tone) -> None:
    current = replace(STUDIO, availability=availability, reason="Because.")
    view = window_view(WindowFacts(service=ServiceBadge.SANDBOX, current=current))
    assert (view.badge, view.badge_tone, view.badge_tip) == (badge, tone, "Because.")
    assert window_view(WindowFacts(service=ServiceBadge.SANDBOX)).badge == "Sandbox · offline demo"


def test_advice_about_settings_is_not_given_for_a_service_that_the_user_has_added() -> None:
    queue = QueueState(reason="Nothing answers. Check the base URL in Settings.")
    url = Override("SORA_BASE_URL", "base URL")
    facts = WindowFacts(queue=queue, waiting=1, overrides=(url,))
    assert window_view(facts).queue_line.text.endswith(url.text)
    assert not window_view(replace(facts, follows_settings=False)).queue_line.text.endswith(url.text)
