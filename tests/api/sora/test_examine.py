"""What a service of the Sora 2 Video API shows when it is asked, and where the user corrects what is wrong."""

from __future__ import annotations

import pytest
from api.scripted_server import Answer, good, say, serving

from sora_desktop.api.dialects import checked_urls, examine
from sora_desktop.api.errors import BadUrl
from sora_desktop.domain.examination import Check, Checked, CheckResult
from sora_desktop.domain.service_config import ServiceConfig

REJECTED = say(401, {"code": 1001, "msg": "Unauthorized"})


async def test_a_service_is_asked_for_its_balance_and_each_check_is_reported() -> None:
    told: list[Checked] = []
    with serving(good({"credits": 7})) as server:
        found = await examine(ServiceConfig("Reseller", server.url), "sk_1", report=told.append)
    assert found.is_ok and tuple(told) == found.checks


@pytest.mark.parametrize(
    ("answer", "key", "check", "words"),
    [
        (REJECTED, "sk_1", Check.KEY, "Enter a valid one in {settings}."),
        (good({}), "", Check.KEY, "There is no API key. Enter one in {settings}."),
        (say(404, b"nothing"), "sk_1", Check.DIALECT, "in {settings}."),
        (say(200, b"<html>"), "sk_1", Check.DIALECT, "does not speak the Sora 2 Video API"),
    ],
)
async def test_the_user_is_told_where_this_service_is_set_up(
    answer: Answer, key: str, check: Check, words: str
) -> None:
    with serving(answer) as server:
        for name, settings in ((server.url, "Settings"), ("Reseller", "Settings › Services")):
            found = await examine(ServiceConfig(name, server.url), key)
            assert [item.check for item in found.checks if item.result is CheckResult.FAILED] == [check]
            assert words.format(settings=settings) in found.failures[0]


def test_a_url_that_is_entered_for_a_further_service_is_not_corrected_in_settings() -> None:
    with pytest.raises(BadUrl, match=r"such as https://example.com/api/v1\.$"):
        checked_urls(ServiceConfig("Reseller", "nonsense"), "sk_1")
