"""Requests that go to another service."""

from __future__ import annotations

from dataclasses import replace

import pytest
from builders import an_image
from engine_models import ANIMATE, ENGINE, LTX, MANY, WAN
from hypothesis import given
from hypothesis import strategies as st

from sora_desktop.api.sora.capabilities import CAPABILITIES, SANDBOX_CAPABILITIES
from sora_desktop.domain.capabilities import (
    FRAMES,
    SECONDS,
    Capabilities,
    ModelCapabilities,
    NumericOption,
    problems_in,
)
from sora_desktop.domain.conversion import converted
from sora_desktop.domain.request import VideoRequest

IMAGE = an_image()
ALL = (CAPABILITIES, SANDBOX_CAPABILITIES, ENGINE, *(replace(ENGINE, models=(model,)) for model in ENGINE.models))


def only(model: ModelCapabilities) -> Capabilities:
    return replace(ENGINE, models=(model,))


requests = st.builds(
    VideoRequest,
    prompt=st.just("a cat"),
    negative_prompt=st.sampled_from(["", "rain"]),
    model=st.sampled_from(["sora2", "sora2-pro", "wan-2.2", "ltx-2", "gone", ""]),
    aspect_ratio=st.sampled_from(["", "16:9", "9:16", "1:1", "21:9", "999999999999999:1", "wide"]),
    duration=st.integers(1, 600),
    quality=st.sampled_from(["", "standard", "high", "draft"]),
    image=st.sampled_from([None, IMAGE]),
    seed=st.none() | st.integers(0, 2**64),
    size=st.sampled_from(["", "1280x720", "720x1280", "832x480", "1920x1088", "99999x16", "0x0", "big"]),
    frames=st.none() | st.integers(1, 2000),
    fps=st.none() | st.integers(1, 240),
    steps=st.none() | st.integers(1, 500),
    guidance=st.none() | st.floats(0, 50),
)


@given(requests, st.sampled_from(ALL), st.none() | st.sampled_from(ALL))
def test_a_converted_request_has_no_problem_that_the_service_can_solve(
    request_: VideoRequest, target: Capabilities, source: Capabilities | None
) -> None:
    conversion = converted(request_, target, source)
    model = target.model(conversion.request.model)
    assert model is not None
    expected = {f"{model.label} starts from an image. Add a reference image."} if model.needs_image else set()
    assert set(problems_in(conversion.request, target)) <= expected
    assert converted(conversion.request, target) == (conversion.request, ()), "a request that fits is not changed"


@given(requests, st.sampled_from(ALL), st.sampled_from(ALL))
def test_there_and_back_keeps_what_both_services_can(
    request_: VideoRequest, one: Capabilities, other: Capabilities
) -> None:
    start = converted(request_, one).request
    there = converted(start, other)
    back = converted(replace(there.request, model=start.model), one)
    assert back.request.prompt == start.prompt
    if not there.lost and not back.lost:
        kept = ("negative_prompt", "image", "seed")
        assert [getattr(back.request, field) for field in kept] == [getattr(start, field) for field in kept]
    if start.image is not None and there.request.image is not None:
        assert back.request.image == start.image
    if there.request.size == start.size and start.size:
        assert back.request.size == start.size
    if there.request.seed == start.seed:
        assert back.request.seed == start.seed
    if there.request.frames == start.frames and there.request.fps == start.fps and there.request.fps:
        assert (back.request.frames, back.request.fps) == (start.frames, start.fps)


@given(requests, st.sampled_from(ALL))
def test_what_is_not_carried_over_is_said(request_: VideoRequest, target: Capabilities) -> None:
    result, lost = converted(request_, target)
    said = " ".join(lost)
    if request_.negative_prompt and not result.negative_prompt:
        assert "negative prompt" in said
    if request_.image and not result.image:
        assert "reference image" in said
    if request_.seed != result.seed:
        assert f"The seed {request_.seed} is not carried over." in lost
    for field, word in (("steps", "steps"), ("guidance", "guidance"), ("fps", "frame rate")):
        if getattr(request_, field) is not None and getattr(request_, field) != getattr(result, field):
            assert word in said
    if abs(request_.duration - result.duration) > 1 and request_.frames is None and result.frames is None:
        assert "The length is" in said
    assert all(sentence.endswith(".") for sentence in lost)


@pytest.mark.parametrize(
    ("request_", "target", "expected", "lost"),
    [
        (
            VideoRequest("x", aspect_ratio="9:16"),
            only(WAN),
            {"aspect_ratio": "", "size": "720x1280", "duration": 5, "fps": 16, "steps": 40, "quality": ""},
            ("The model is Wan 2.2 instead of sora2.",),
        ),
        (
            VideoRequest("x", duration=15, quality="high"),
            only(WAN),
            {"duration": 8, "quality": ""},
            (
                "The model is Wan 2.2 instead of sora2.",
                "The length is 8 s instead of 15 s.",
                "The quality “high” is not carried over.",
            ),
        ),
        (
            VideoRequest("x", duration=5, aspect_ratio="21:9", model="ltx-2"),
            only(LTX),
            {"size": "768x512", "frames": 121, "fps": 24, "duration": 5, "steps": 8},
            ("The size is 768 × 512 instead of 21:9.",),
        ),
        (
            VideoRequest("x", model="ltx-2", aspect_ratio="", size="704x1280", frames=97, fps=30, steps=12, quality=""),
            CAPABILITIES,
            {"aspect_ratio": "9:16", "size": "", "frames": None, "fps": None, "steps": None, "duration": 5},
            (
                "The model is Sora 2 instead of ltx-2.",
                "The frame rate is the service's choice instead of 30 frames per second.",
                "The length is 5 s instead of 97 frames.",
                "The number of steps is not carried over: 12.",
            ),
        ),
        (
            VideoRequest("x", model="sora2", aspect_ratio="", size="1280x800", quality="standard"),
            CAPABILITIES,
            {"aspect_ratio": "16:9", "size": ""},
            ("The aspect ratio is 16:9 instead of 1280 × 800.",),
        ),
        (
            VideoRequest("x", "rain", model="ltx-2", image=IMAGE, aspect_ratio="16:9", seed=2**60),
            only(LTX),
            {"negative_prompt": "", "image": None, "seed": None},
            (
                "The size is 768 × 512 instead of 16:9.",
                "The seed 1152921504606846976 is not carried over.",
                "The negative prompt is not carried over: LTX-2 takes none.",
                "The reference image is not carried over: LTX-2 cannot start from one.",
            ),
        ),
        (
            VideoRequest("x", model="animate", aspect_ratio="9:16", duration=90),
            only(ANIMATE),
            {"size": "720x1280", "duration": 60, "fps": None},
            ("The length is 60 s instead of 90 s.",),
        ),
        (
            VideoRequest("x", model=MANY.name, aspect_ratio="", size="960x540", quality="", fps=16),
            only(MANY),
            {"size": "960x544"},
            ("The size is 960 × 544 instead of 960 × 540.",),
        ),
        (
            VideoRequest("x", model="wan-2.2", aspect_ratio="", size="1280x720", quality="", fps=30, steps=900),
            only(WAN),
            {"fps": 24, "steps": 40},
            (
                "The frame rate is 24 frames per second instead of 30 frames per second.",
                "The number of steps is 40 instead of 900.",
            ),
        ),
        (
            VideoRequest("x", model="ltx-2", aspect_ratio="", size="768x512", quality="", frames=100, fps=24),
            only(LTX),
            {"frames": 97, "duration": 4},
            ("The length is 97 frames instead of 100.",),
        ),
    ],
)
def test_the_nearest_that_the_service_offers_is_taken(
    request_: VideoRequest, target: Capabilities, expected: dict[str, object], lost: tuple[str, ...]
) -> None:
    conversion = converted(request_, target)
    assert {field: getattr(conversion.request, field) for field in expected} == expected
    assert conversion.lost == lost


def test_a_model_without_a_name_is_called_the_engines_own() -> None:
    unnamed, ltx = only(replace(WAN, name="", label="The engine's model")), only(LTX)
    lost = converted(ltx.default_request("x"), unnamed, ltx).lost
    assert lost[0] == "The model is the engine's own instead of LTX-2."
    lost = converted(unnamed.default_request("x"), ltx, unnamed).lost
    assert lost[0] == "The model is LTX-2 instead of the engine's own."


def test_a_default_that_nobody_chose_becomes_the_other_models_default() -> None:
    wan, ltx = only(WAN), only(LTX)
    start = wan.default_request("x")
    result, lost = converted(start, ltx, wan)
    assert (result.steps, result.fps, result.guidance) == (8, 24, None)
    assert lost == ("The model is LTX-2 instead of Wan 2.2.",)
    assert converted(result, wan, ltx).request == replace(start, size=result.size)
    chosen, lost = converted(replace(start, steps=30, guidance=7.5), ltx, wan)
    assert chosen.steps == 30 and lost[1:] == ("The guidance is not carried over: 7.5.",)


def test_frames_stay_frames_where_a_model_takes_both() -> None:
    both = replace(LTX, numbers=(*LTX.numbers, NumericOption(SECONDS, "Seconds", 1, 20, 5)))
    assert both.number(FRAMES) is not None
    assert converted(VideoRequest(model="ltx-2", frames=33, fps=24), only(both)).request.frames == 33
    assert converted(VideoRequest(model="ltx-2", duration=7), only(both)).request.frames is None
