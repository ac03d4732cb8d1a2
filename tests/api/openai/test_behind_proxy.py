"""Answers of engines that LiteLLM passes on. `tests/peers/` has them from the real proxy."""

from __future__ import annotations

import json

import pytest
from api.openai.conftest import Connect

from sora_desktop.api.errors import AnswerLost, BadAnswer, Refused, TooBusy
from sora_desktop.api.http.answer import HttpAnswer
from sora_desktop.api.http.failure_text import failure_reason
from sora_desktop.api.openai.failures import create_error
from sora_desktop.api.openai.profiles import PROFILES

#: The end of each error that LiteLLM passes on.
TAIL = "\n\nLiteLLM: model group 'wan' failed with the error above. No fallback was attempted."


def proxied(kind: str, said: str) -> dict[str, object]:
    """An error of LiteLLM about what the engine said."""
    return {"error": {"message": f"litellm.{kind}: Hosted_vllmException - {said}{TAIL}", "type": None, "code": "400"}}


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ('{"error":{"message":"size is too large","code":400}}', "size is too large"),
        ('{"detail":[{"loc":["body","seconds"],"msg":"not a number"}]}', "seconds: not a number"),
        ('{"detail":"Video not found"}', "Video not found"),
        ("Server disconnected", "Server disconnected"),
    ],
)
def test_the_user_reads_what_the_engine_said(said: str, reason: str) -> None:
    assert failure_reason(proxied("BadRequestError", said)) == reason


@pytest.mark.parametrize("said", ["", "{}", "[]", "null", '{"error": 5}'])
def test_an_error_without_a_reason_is_shown_whole(said: str) -> None:
    reason = failure_reason(proxied("BadRequestError", said))
    assert reason.startswith("litellm.BadRequestError") or reason == said


def test_another_text_of_litellm_is_kept() -> None:
    text = "/videos: Invalid model name passed in model=None."
    assert failure_reason({"error": {"message": text}}) == text


@pytest.mark.parametrize(
    "said",
    [
        '{"error":{"message":"Field required: prompt","code":400}}',
        '{"detail":[{"type":"missing","loc":["body","prompt"],"msg":"Field required"}]}',
    ],
)
def test_a_refusal_for_want_of_a_prompt_is_about_another_request(said: str) -> None:
    """Each create has a prompt: the proxy sent it twice, and what became of the first one is not known."""
    answer = HttpAnswer(400, {}, json.dumps(proxied("BadRequestError", said)).encode())
    assert isinstance(create_error(answer, PROFILES["litellm"], ""), BadAnswer)
    direct = HttpAnswer(400, {}, said.encode())
    assert isinstance(create_error(direct, PROFILES["omni"], ""), Refused)


def test_a_proxy_that_has_no_engine_left_may_have_sent_the_request_before() -> None:
    said = "No deployments available for selected model, Try again in 5 seconds. Passed model=wan."
    answer = HttpAnswer(429, {}, json.dumps({"error": {"message": said, "type": "None", "code": "429"}}).encode())
    assert isinstance(create_error(answer, PROFILES["litellm"], ""), BadAnswer)
    limit = HttpAnswer(429, {}, json.dumps({"error": {"message": "Max budget reached.", "code": "429"}}).encode())
    assert isinstance(create_error(limit, PROFILES["litellm"], ""), TooBusy)


async def test_a_create_that_the_proxy_repeated_without_its_fields_is_not_taken_for_refused(connected: Connect) -> None:
    async with connected("litellm") as engine:
        engine.sandbox.faults.plan(
            [{"call": "videos.create", "fault": "422", "value": "Field required: prompt", "after": True}]
        )
        before = len(engine.sandbox.fleet.accepted)
        with pytest.raises(AnswerLost, match="Field required: prompt"):
            await engine.service.create(engine.request(), None)
        assert len(engine.sandbox.fleet.accepted) - before == 1
