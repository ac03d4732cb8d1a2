"""Which services the settings describe, also where they were written by hand."""

from __future__ import annotations

import pytest

from sora_desktop.domain.service_config import ServiceConfig
from sora_desktop.store.service_list import ServiceList
from sora_desktop.store.settings import BASE_URL, Settings

URL = "http://127.0.0.1:8091/v1"
STUDIO = ServiceConfig("Studio", URL, "openai")


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        (ServiceConfig("Studio", "http://127.0.0.1:9/v1", "openai"), "a service named “Studio” already"),
        (ServiceConfig("STUDIO", "http://127.0.0.1:9/v1", "openai"), "a service named “Studio” already"),
        (ServiceConfig("sandbox", URL, "openai"), "the name of the built-in sandbox"),
        (ServiceConfig("", URL, "openai"), "Enter a name"),
        (ServiceConfig("../x", URL, "openai"), "cannot be a service's name"),
        (ServiceConfig("Garage", None, "openai"), "“Garage” has no address"),
    ],
)
def test_an_entry_that_cannot_be_a_service_is_ignored_and_told(entry: ServiceConfig, words: str) -> None:
    settings = Settings(more_services=(STUDIO, entry))
    services = ServiceList(lambda: settings, {})
    assert services.further == (STUDIO,)
    assert services.ignored == (entry,)
    assert words in services.warnings[0]
    assert [config.name for config in services.all].count(entry.name) <= 1
    assert services.config("studio") == STUDIO


def test_good_entries_are_told_of_nothing() -> None:
    settings = Settings(more_services=(STUDIO, ServiceConfig("Garage", "not an address", "grpc")))
    services = ServiceList(lambda: settings, {})
    assert len(services.further) == 2, "what is wrong with these shows when they are used"
    assert services.ignored == () and services.warnings == []


@pytest.mark.parametrize(
    ("named", "used"),
    [("", ""), ("Studio", "Studio"), ("studio", "Studio"), (BASE_URL, BASE_URL), ("Gone", ""), ("sandbox", "")],
)
def test_a_default_that_cannot_be_used_is_told_since_the_first_service_may_cost_money(named: str, used: str) -> None:
    settings = Settings(more_services=(STUDIO,), default_service=named)
    services = ServiceList(lambda: settings, {})
    assert services.default == (used or BASE_URL)
    is_lost = bool(named) and not used
    assert services.lost_default == (named if is_lost else "")
    assert services.is_default(services.default) is not is_lost, "so that it can be made the default"
    assert [f"“{named}” cannot be used. {BASE_URL} takes its place" in text for text in services.warnings] == [
        True
    ] * is_lost
