"""What a service can do, and which requests it cannot take."""

from __future__ import annotations

from dataclasses import replace

import pytest
from builders import an_image

from sora_desktop.api.dialects import FIRST_DIALECT, capabilities_of
from sora_desktop.api.errors import UnknownDialect
from sora_desktop.api.sora.capabilities import CAPABILITIES, SORA2
from sora_desktop.domain.capabilities import Choice, label_of, model_label, problems_in
from sora_desktop.domain.request import VideoRequest

IMAGE = an_image()
#: A model that differs from Sora 2 in everything.
OTHER = replace(
    SORA2,
    name="other",
    label="Other",
    aspect_ratios=(Choice("4:3", "4:3"),),
    durations=(Choice(8, "8 s"),),
    takes_image=False,
)
TWO_MODELS = replace(CAPABILITIES, models=(SORA2, OTHER))


def test_the_request_with_all_defaults_has_no_problem() -> None:
    assert problems_in(CAPABILITIES.default_request("a cat"), CAPABILITIES) == ()
    assert CAPABILITIES.default_request("a cat") == VideoRequest("a cat")


@pytest.mark.parametrize(
    ("request_", "problem"),
    [
        (VideoRequest(), "Describe the video first"),
        (VideoRequest("\u200b\u2800 \ufeff"), "Describe the video first"),
        (VideoRequest("x" * 2001), "The prompt is 1 character too long; the service takes at most 2,000."),
        (
            VideoRequest("x", "y" * 2003),
            "The negative prompt is 3 characters too long; the service takes at most 2,000.",
        ),
        (VideoRequest("x", model="none"), "no model “none”"),
        (VideoRequest("x", aspect_ratio="4:3"), "Sora 2 does not render 4:3"),
        (VideoRequest("x", duration=7), "Sora 2 does not render 7 s"),
        (VideoRequest("x", quality="low"), "Sora 2 has no quality “low”"),
        (VideoRequest("x", seed=7), "Sora 2 takes no seed"),
        (VideoRequest("x", model="other", aspect_ratio="4:3", duration=8, image=IMAGE), "Other cannot start from an"),
    ],
)
def test_what_the_service_cannot_do_is_reported(request_: VideoRequest, problem: str) -> None:
    (found,) = problems_in(request_, TWO_MODELS)
    assert problem in found


def test_only_the_sandbox_takes_a_seed() -> None:
    sandbox = capabilities_of(FIRST_DIALECT, sandbox=True)
    assert problems_in(VideoRequest("x", seed=0), sandbox) == ()
    assert problems_in(VideoRequest("x", model="sora2-pro", seed=2**31 - 1), sandbox) == ()
    for seed in (-1, 2**31):
        assert problems_in(VideoRequest("x", seed=seed), sandbox) == ("The seed must be between 0 and 2147483647.",)


def test_an_image_needs_no_prompt() -> None:
    assert problems_in(VideoRequest(image=IMAGE), CAPABILITIES) == ()


def test_the_choices_of_all_models_are_listed_once() -> None:
    assert [choice.value for choice in TWO_MODELS.durations] == [5, 10, 15, 8]
    assert [choice.value for choice in TWO_MODELS.aspect_ratios] == ["16:9", "9:16", "1:1", "4:3"]
    assert [choice.value for choice in TWO_MODELS.qualities] == ["standard", "high"]


def test_a_value_of_another_service_is_its_own_label() -> None:
    assert model_label(CAPABILITIES, "sora2-pro") == "Sora 2 Pro"
    assert model_label(CAPABILITIES, "other") == "other"
    assert label_of(CAPABILITIES.durations, 10) == "10 s"
    assert label_of(CAPABILITIES.durations, 7) == "7"


def test_a_dialect_has_capabilities_and_an_unknown_one_raises() -> None:
    assert capabilities_of(FIRST_DIALECT) is CAPABILITIES
    with pytest.raises(UnknownDialect):
        capabilities_of("unknown")
