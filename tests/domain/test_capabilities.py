"""What a service can do, and which requests it cannot take."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from builders import an_image

from sora_desktop.api.dialects import capabilities_of, first_capabilities
from sora_desktop.api.errors import UnknownDialect
from sora_desktop.api.sora.capabilities import CAPABILITIES, SORA2
from sora_desktop.domain.capabilities import (
    FRAMES,
    GUIDANCE,
    INFERENCE_STEPS,
    SECONDS,
    Choice,
    FrameRule,
    ModelCapabilities,
    NumericOption,
    label_of,
    model_label,
    problems_in,
    seconds_of,
)
from sora_desktop.domain.conversion import for_model
from sora_desktop.domain.request import VideoRequest
from sora_desktop.domain.service_config import SANDBOX, ServiceConfig

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
    sandbox = capabilities_of(ServiceConfig(SANDBOX, None))
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
    assert first_capabilities() is CAPABILITIES
    assert capabilities_of(ServiceConfig("https://service.example", "https://service.example")) is CAPABILITIES
    with pytest.raises(UnknownDialect):
        capabilities_of(ServiceConfig("x", "https://service.example", "unknown"))


ENGINE_MODEL = ModelCapabilities(
    "wan2.2",
    "Wan 2.2",
    sizes=(Choice("1280x720", "1280×720"), Choice("720x1280", "720×1280")),
    frame_rates=(Choice(16, "16"), Choice(24, "24")),
    frame_rule=FrameRule(4, 1),
    numbers=(
        NumericOption(SECONDS, "Seconds", 2, 8, 5),
        NumericOption(FRAMES, "Frames", 5, 201),
        NumericOption(INFERENCE_STEPS, "Steps", 1, 200, 40),
        NumericOption(GUIDANCE, "Guidance", 0, 20, 5.0, decimals=1),
    ),
    takes_negative_prompt=False,
)


def problems_of(request: VideoRequest, model: ModelCapabilities = ENGINE_MODEL) -> tuple[str, ...]:
    return problems_in(request, replace(CAPABILITIES, models=(model,)))


def test_the_default_request_of_a_model_has_no_problems() -> None:
    for model in (ENGINE_MODEL, *CAPABILITIES.models):
        assert problems_of(model.default_request("a bay"), model) == ()
    request = ENGINE_MODEL.default_request()
    assert (request.size, request.fps, request.steps, request.guidance) == ("1280x720", 16, 40, 5.0)
    assert (request.aspect_ratio, request.quality, request.duration, request.shape) == ("", "", 5, "1280x720")


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"size": "64x64"}, "Wan 2.2 does not render 64x64. Choose another size."),
        ({"size": "wide"}, "“wide” is no size. Write width and height in pixels, such as 1280x720."),
        ({"aspect_ratio": "16:9"}, "Wan 2.2 does not render 16:9. Choose a size instead."),
        ({"quality": "high"}, "Wan 2.2 has no quality “high”. Choose another quality."),
        ({"duration": 9}, "The duration in seconds must be between 2 and 8."),
        ({"frames": 80}, "Wan 2.2 cannot render exactly 80 frames. Choose 81."),
        ({"frames": 205}, "The number of frames must be between 5 and 201."),
        ({"fps": 30}, "Wan 2.2 does not render 30 frames per second. Choose another frame rate."),
        ({"fps": None}, "Wan 2.2 does not render without a frame rate. Choose a frame rate."),
        ({"steps": 0}, "The number of steps must be between 1 and 200."),
        ({"guidance": 20.5}, "The guidance must be between 0 and 20."),
        ({"guidance": float("nan")}, "The guidance must be between 0 and 20."),
        ({"seed": 1}, "Wan 2.2 takes no seed. Remove the seed."),
        ({"negative_prompt": "fog"}, "Wan 2.2 takes no negative prompt. Remove it."),
    ],
)
def test_what_an_engine_cannot_render_is_said_before_sending(change: dict[str, Any], problem: str) -> None:
    assert problems_of(replace(ENGINE_MODEL.default_request("a bay"), **change)) == (problem,)


def test_a_model_can_demand_an_image_and_take_any_size() -> None:
    model = replace(ENGINE_MODEL, sizes=(), takes_any_size=True, needs_image=True)
    request = replace(model.default_request("a bay"), size="1000x500")
    assert problems_of(request, model) == ("Wan 2.2 starts from an image. Add a reference image.",)
    assert problems_of(replace(request, size="", image=an_image()), model) == ()


@pytest.mark.parametrize(
    ("size", "nearest", "rule"),
    [
        ("1280x720", "1280 × 704", "Wan 2.2 renders sides that are multiples of 32."),
        ("721x1290", "736 × 1280", "Wan 2.2 renders sides that are multiples of 32."),
        ("10x10", "64 × 64", "Wan 2.2 renders no side below 64 pixels."),
        ("99999x64", "99968 × 64", "Wan 2.2 renders sides that are multiples of 32."),
    ],
)
def test_a_size_that_does_not_fit_is_refused_with_the_nearest_one(size: str, nearest: str, rule: str) -> None:
    model = replace(ENGINE_MODEL, sizes=(Choice("850x480", ""),), takes_any_size=True, size_step=32, smallest_side=64)
    request = model.default_request("a bay")
    assert problems_of(request, model) == (), "a size of its own"
    assert problems_of(replace(request, size=size), model) == (f"{rule} Choose {nearest}.",)
    fitting = for_model(replace(request, size=size), model, None).request
    assert fitting.size == nearest.replace(" × ", "x") and problems_of(fitting, model) == ()


@pytest.mark.parametrize(
    ("frames", "nearest"), [(1, 1), (2, 1), (3, 5), (80, 81), (81, 81), (82, 81), (83, 85), (0, 1)]
)
def test_the_nearest_number_of_frames(frames: int, nearest: int) -> None:
    assert FrameRule(4, 1).nearest(frames) == nearest


def test_the_duration_of_frames_is_at_least_a_second() -> None:
    assert (seconds_of(81, 16), seconds_of(5, 24), seconds_of(48, None)) == (5, 1, 2)
