"""What can be wrong with a service that is entered, and the lines of its test."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from sora_desktop.domain.examination import Check, Checked, CheckResult, Examination
from sora_desktop.domain.service_config import ServiceConfig
from sora_desktop.state.service_form import (
    ExaminationLine,
    ServiceField,
    ServiceForm,
    config_of,
    examination_lines,
    form_of,
    plain_http_hosts,
    problems_of,
    urls_in,
)
from sora_desktop.state.tone import Tone

FORM = ServiceForm("Studio cluster", "openai", ("http://127.0.0.1:8091/v1",))


@pytest.mark.parametrize(
    ("changes", "sends_key", "field", "words"),
    [
        ({}, True, None, ""),
        ({"name": ""}, False, ServiceField.NAME, "Enter a name"),
        ({"name": "other"}, False, ServiceField.NAME, "already"),
        ({"name": "http://x"}, False, ServiceField.NAME, "cannot be"),
        ({"urls": ()}, False, ServiceField.URLS, "Enter the address"),
        ({"urls": ("http://a/v1", "http://a/v1")}, False, ServiceField.URLS, "twice"),
        ({"urls": ("http://gpu2:8091/v1",)}, False, None, ""),
        ({"urls": ("http://gpu2:8091/v1",)}, True, ServiceField.URLS, "gpu2 without encryption"),
        ({"urls": ("http://gpu2:8091/v1",), "plain_http_host": "gpu2"}, True, None, ""),
        ({"urls": ("http://gpu2:1/v1", "http://gpu2:2/v1"), "plain_http_host": "gpu2"}, True, None, ""),
        ({"urls": ("http://gpu1/v1", "http://gpu2/v1")}, True, ServiceField.URLS, "gpu1 and gpu2"),
        ({"urls": ("http://gpu2/v1",), "plain_http_host": "gpu1"}, True, ServiceField.URLS, "gpu2"),
        ({"key_variable": "MY KEY"}, True, ServiceField.KEY_VARIABLE, "environment variable"),
        ({"key_variable": "sk_4f9c"}, True, ServiceField.KEY_VARIABLE, "looks like a key"),
        ({"key_variable": "MY_KEY_2"}, True, None, ""),
    ],
)
def test_what_is_wrong_is_said_at_its_field(
    changes: dict[str, object], sends_key: bool, field: ServiceField | None, words: str
) -> None:
    problems = problems_of(replace(FORM, **changes), ["Other"], sends_key=sends_key)  # type: ignore[arg-type]
    assert list(problems) == ([] if field is None else [field])
    if field is not None:
        assert words in problems[field]


def test_the_name_of_a_service_that_is_there_is_not_taken_by_another() -> None:
    assert not problems_of(replace(FORM, is_new=False), ["Studio cluster"], sends_key=False)


@pytest.mark.parametrize(
    ("url", "hosts"),
    [
        ("http://gpu2:8091/v1", ("gpu2",)),
        ("HTTP://GPU2/v1", ("gpu2",)),
        ("https://gpu2/v1", ()),
        ("http://localhost:8091/v1", ()),
        ("http://127.0.0.1/v1", ()),
        ("http://127.8.9.1/v1", ()),
        ("http://[::1]:80/v1", ()),
        ("http://192.168.1.7/v1", ("192.168.1.7",)),
        ("http://[fe80::1", ()),
        ("gpu2", ()),
        ("", ()),
    ],
)
def test_hosts_that_would_get_the_key_without_encryption(url: str, hosts: tuple[str, ...]) -> None:
    assert plain_http_hosts([url]) == hosts


def test_addresses_are_typed_in_any_way() -> None:
    assert urls_in(" http://a/v1\nhttp://b/v1, http://c/v1  http://d/v1\n\n") == tuple(
        f"http://{host}/v1" for host in "abcd"
    )


def test_a_form_and_its_service_say_the_same() -> None:
    config = ServiceConfig(
        "Studio cluster",
        "http://gpu1:8091/v1",
        "openai",
        4,
        Decimal(5),
        ("http://gpu2:8091/v1",),
        "omni",
        found_profile="omni",
        models=("wan",),
        key_variable="STUDIO_KEY",
        plain_http_host="gpu1",
    )
    form = form_of(config, has_key=True)
    assert config_of(form, config) == config
    assert config_of(form) == replace(config, found_profile="", models=())
    moved = config_of(replace(form, urls=("http://gpu3/v1",)), config)
    assert (moved.found_profile, moved.models) == ("", ()), "found out about another server"
    assert config_of(replace(form, jobs_at_once=1), config).models == ("wan",)


def test_a_test_is_shown_line_by_line_and_address_by_address() -> None:
    a, b = "http://a/v1", "http://b/v1"
    found = Examination(
        (
            Checked(Check.REACHABLE, CheckResult.PASSED, "The server answers.", a),
            Checked(Check.DIALECT, CheckResult.PASSED, "", a),
            Checked(Check.LISTS, CheckResult.ABSENT, "It does not list.", a),
            Checked(Check.REACHABLE, CheckResult.FAILED, "Nothing answers. Start the engine.", b),
            Checked(Check.DIALECT, CheckResult.SKIPPED, "Not tried.", b),
            Checked(Check.MODELS, CheckResult.FAILED, "They have no model in common."),
        ),
        warnings=("A file of models was ignored.",),
    )
    assert examination_lines(found) == (
        ExaminationLine(a, Tone.TEXT, ""),
        ExaminationLine("The server answers.", Tone.OK, "check-circle"),
        ExaminationLine("It speaks the protocol.", Tone.OK, "check-circle"),
        ExaminationLine("It does not list.", Tone.MUTED, "minus-circle"),
        ExaminationLine(b, Tone.TEXT, ""),
        ExaminationLine("Nothing answers. Start the engine.", Tone.ERROR, "x-circle"),
        ExaminationLine("They have no model in common.", Tone.ERROR, "x-circle"),
        ExaminationLine("A file of models was ignored.", Tone.WARN, "warning-circle"),
    )
    alone = replace(found, checks=found.checks[:1], warnings=())
    assert examination_lines(alone) == (ExaminationLine("The server answers.", Tone.OK, "check-circle"),)
