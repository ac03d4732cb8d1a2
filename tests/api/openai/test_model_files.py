"""What is known about models, from the program's file and the user's."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from pathlib import Path

import pytest
from api.openai.conftest import MODEL_FILES
from hypothesis import given
from hypothesis import strategies as st

from sora_desktop.api.openai.capabilities import engine_capabilities
from sora_desktop.api.openai.model_files import ModelEntry, read_model_files
from sora_desktop.api.openai.profiles import PROFILES, FormField
from sora_desktop.api.openai.wire import form_fields
from sora_desktop.domain.capabilities import FPS, FRAMES, GUIDANCE, SECONDS, SEED, FrameRule, problems_in
from sora_desktop.domain.service_config import ServiceConfig


def a_config(*models: str, profile: str = "omni") -> ServiceConfig:
    return ServiceConfig("Studio", "http://127.0.0.1:1/v1", "openai", found_profile=profile, models=models)


def test_the_program_s_own_file_has_no_mistakes() -> None:
    assert len(MODEL_FILES) == 1
    table = read_model_files(MODEL_FILES)
    assert table.warnings == ()
    assert len(table.entries) > 15


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("Wan-AI/Wan2.2-T2V-A14B-Diffusers", "Wan 2.2"),
        ("/models/Wan2.2-T2V-A14B/", "Wan 2.2"),
        ("Wan-AI/Wan2.2-I2V-A14B-Diffusers", "Wan 2.2 I2V"),
        ("Wan-AI/Wan2.2-TI2V-5B-Diffusers", "Wan 2.2 5B"),
        ("Wan-AI/Wan2.1-T2V-1.3B-Diffusers", "Wan 2.1 1.3B"),
        ("Wan-AI/Wan2.1-T2V-14B-Diffusers", "Wan 2.1"),
        ("Wan-AI/Wan2.1-I2V-14B-720P-Diffusers", "Wan 2.1 I2V"),
        ("Wan-AI/Wan2.1-VACE-1.3B-diffusers", "Wan VACE"),
        ("FastVideo/FastWan2.1-T2V-1.3B-Diffusers", "FastWan"),
        ("hunyuanvideo-community/HunyuanVideo", "Hunyuan"),
        ("tencent/HunyuanVideo-1.5-480p_t2v", "Hunyuan 1.5"),
        ("tencent/HunyuanVideo-1.5-720p_i2v", "Hunyuan 1.5 I2V"),
        ("Lightricks/LTX-2", "LTX-2"),
        ("Lightricks/LTX-2.3", "LTX-2.3"),
        ("sora-2", "sora-2"),
        ("someone/other-model", "other-model"),
    ],
)
def test_models_have_the_names_that_people_give_them(name: str, label: str) -> None:
    assert [model.label for model in engine_capabilities(a_config(name), MODEL_FILES).models] == [label]


def test_two_models_never_have_one_label() -> None:
    names = ("a/Wan2.2-T2V-A14B", "b/Wan2.2-T2V-A14B", "x/one", "y/one")
    labels = [model.label for model in engine_capabilities(a_config(*names), MODEL_FILES).models]
    assert len(set(labels)) == 4


def test_known_models_come_first() -> None:
    names = ("whisper-large", "Wan-AI/Wan2.2-T2V-A14B-Diffusers")
    assert [model.name for model in engine_capabilities(a_config(*names), MODEL_FILES).models] == list(names[::-1])


def test_wan_is_what_the_table_says() -> None:
    model = engine_capabilities(a_config("Wan-AI/Wan2.2-T2V-A14B-Diffusers"), MODEL_FILES).models[0]
    request = model.default_request("A cat")
    assert (request.size, request.duration, request.fps, request.steps) == ("1280x720", 5, 16, None)
    assert model.frame_rule == FrameRule(4, 1)
    assert not model.takes_image
    assert model.sizes[0].label == "1280×720"
    image_model = engine_capabilities(a_config("Wan-AI/Wan2.2-I2V-A14B-Diffusers"), MODEL_FILES).models[0]
    assert image_model.needs_image


@pytest.mark.parametrize(
    ("name", "label", "size", "frame_rule", "image", "sound"),
    [
        ("Wan-AI/Wan2.1-I2V-14B-720P-Diffusers", "Wan 2.1 I2V", "1280x720", (4, 1), "needed", False),
        ("Wan-AI/Wan2.1-I2V-14B-480P-Diffusers", "Wan 2.1 I2V", "832x480", (4, 1), "needed", False),
        ("FastVideo/FastWan2.2-TI2V-5B-FullAttn-Diffusers", "Wan 2.2 5B", "1280x704", (4, 1), "taken", False),
        ("tencent/HunyuanVideo-1.5-720p_i2v", "Hunyuan 1.5 I2V", "1280x720", (4, 1), "needed", False),
        ("tencent/HunyuanVideo-1.5-480p_t2v", "Hunyuan 1.5", "832x480", (4, 1), "", False),
        ("hunyuanvideo-community/HunyuanVideo", "Hunyuan", "1280x720", (4, 1), "", False),
        ("Lightricks/LTX-2", "LTX-2", "768x512", (8, 1), "taken", True),
        ("FastVideo/LTX2.3-Distilled-Diffusers", "LTX-2 distilled", "1536x1024", (8, 1), "taken", True),
        ("Lightricks/LTX-2.5-Diffusers", "LTX-2.5", "960x544", (8, 1), "taken", True),
        ("nvidia/Cosmos3-Nano", "Cosmos 3", "1280x720", (4, 1), "taken", False),
        ("KyleShao/Cosmos-Predict2.5-2B-Diffusers", "Cosmos Predict 2.5", "1280x704", (4, 1), "taken", False),
        ("FastVideo/LongCat-Video-I2V-Diffusers", "LongCat I2V", "848x480", (4, 1), "needed", False),
    ],
)  # fmt: skip
def test_what_the_engines_say_about_their_models_is_in_the_table(
    name: str, label: str, size: str, frame_rule: tuple[int, int], image: str, sound: bool
) -> None:
    (model,) = engine_capabilities(a_config(name), MODEL_FILES).models
    takes = "needed" if model.needs_image else "taken" if model.takes_image else ""
    found = (model.label, model.sizes[0].value, model.frame_rule, takes, model.renders_sound)
    assert found == (label, size, FrameRule(*frame_rule), image, sound)


@pytest.mark.parametrize("profile", [name for name, profile in PROFILES.items() if FormField.FPS in profile.takes])
@pytest.mark.parametrize("names", [(), ("unknown",), ("sora-2",), ("LongCat-Video",), ("FastWan",), ("LTX-2",)])
def test_no_model_is_asked_for_a_video_without_a_frame_rate(profile: str, names: tuple[str, ...]) -> None:
    capabilities = engine_capabilities(a_config(*names, profile=profile), MODEL_FILES)
    for model in capabilities.models:
        request = model.default_request("A cat")
        assert dict(form_fields(request, model, PROFILES[profile]))["fps"] == str(request.fps)
        without = problems_in(replace(request, fps=None), capabilities)
        assert without == (f"{model.label} does not render without a frame rate. Choose a frame rate.",)


def test_the_frame_rate_of_an_unknown_model_is_the_usual_one_and_can_be_changed() -> None:
    capabilities = engine_capabilities(a_config("unknown"), MODEL_FILES)
    (model,) = capabilities.models
    assert model.default_request().fps == 24
    assert not problems_in(replace(model.default_request("A cat"), fps=16), capabilities)


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("names", [(), ("unknown",), ("sora-2",), ("FastWan",), ("LTX-2", "Wan2.2-TI2V-5B")])
def test_the_default_request_of_every_model_has_no_problem(profile: str, names: tuple[str, ...]) -> None:
    capabilities = engine_capabilities(a_config(*names, profile=profile), MODEL_FILES)
    for model in capabilities.models:
        assert problems_in(model.default_request("A cat"), capabilities) == ()
    assert capabilities.unit is None
    assert capabilities.cancels is PROFILES[profile].cancels


def test_a_service_that_was_never_reached_offers_free_fields() -> None:
    (model,) = engine_capabilities(a_config()).models
    assert model.name == ""
    assert model.takes_any_size
    assert {option.name for option in model.numbers} >= {SECONDS, FPS, SEED, GUIDANCE}


@pytest.mark.parametrize(("model", "step"), [("LTX-2", 32), ("LTX-2-distilled", 64), ("Wan2.2-T2V-A14B", 16), ("x", 2)])
def test_the_sides_of_sizes_are_multiples_where_that_is_known(model: str, step: int) -> None:
    (found,) = engine_capabilities(a_config(model), MODEL_FILES).models
    assert (found.size_step, found.smallest_side) == (step, 64)
    sides = [int(side) for size in found.sizes for side in size.value.split("x")]
    assert not any(side % step for side in sides), "those of the file fit too"


def test_what_the_server_does_not_take_is_not_offered() -> None:
    (model,) = engine_capabilities(a_config("FastWan", profile="openai"), MODEL_FILES).models
    assert {option.name for option in model.numbers} == {SECONDS}
    assert not model.frame_rates
    assert not model.takes_negative_prompt
    assert model.number(FRAMES) is None
    assert model.frame_rule is None
    seconds = model.number(SECONDS)
    assert seconds is not None
    assert seconds.default == 4


def test_the_user_s_file_counts_first(tmp_path: Path) -> None:
    mine = tmp_path / "mine.json"
    mine.write_text(json.dumps({"models": [{"match": "*wan2.2*", "label": "My Wan", "sizes": ["640x352"], "fps": 16}]}))
    (model,) = engine_capabilities(a_config("Wan-AI/Wan2.2-T2V-A14B"), (mine, *MODEL_FILES)).models
    assert (model.label, [size.value for size in model.sizes]) == ("My Wan", ["640x352"])


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", "mine.json is ignored"),
        ("[]", "no list “models”"),
        ('{"models": [3]}', "in its model 1, there is no object"),
        ('{"models": [{}]}', "“match” is missing"),
        ('{"models": [{"match": "a"}, {"match": "b", "tint": 1}]}', "in its model 2, “tint” is not a known name"),
        ('{"models": [{"match": "a", "sizes": ["1280*720"]}]}', "“1280*720” is no size"),
        ('{"models": [{"match": "a", "sizes": ["99999x99999"]}]}', "no size"),
        ('{"models": [{"match": "a", "size_step": 0}]}', "“size_step” is no number of pixels"),
        ('{"models": [{"match": "a", "fps": [0]}]}', "no whole number above 0"),
        ('{"models": [{"match": "a", "seconds": {"lowest": 5}}]}', "no “lowest” and “highest”"),
        ('{"models": [{"match": "a", "seconds": {"lowest": 5, "highest": 2}}]}', "contradict each other"),
        ('{"models": [{"match": "a", "guidance": {"lowest": 0, "highest": 20, "default": 30}}]}', "contradict"),
        ('{"models": [{"match": "a", "frames": {"lowest": 1, "highest": 9}}]}', "“frames” needs “fps”"),
        ('{"models": [{"match": "a", "frame_rule": {"step": 0, "offset": 1}}]}', "cannot be used"),
        (
            '{"models": [{"match": "a", "fps": 8, "frames": {"lowest": 1, "highest": 9, "default": 4}, '
            '"frame_rule": {"step": 4, "offset": 1}}]}',
            "not one of “frame_rule”",
        ),
        ('{"models": [{"match": "a", "image": "maybe"}]}', "none of optional, required, none"),
        ('{"models": [{"match": "a", "sound": 1}]}', "neither true nor false"),
        ('{"models": [{"match": "a", "steps": {"lowest": NaN, "highest": 9}}]}', "ignored"),
        ('{"models": [{"match": "a", "guidance": {"lowest": 0, "highest": Infinity}}]}', "ignored"),
        ('{"models": [{"match": "a", "frames": {"lowest": 1, "highest": 1e400}, "fps": 2}]}', "ignored"),
    ],
)
def test_a_broken_file_is_ignored_with_a_sentence(content: str, words: str, tmp_path: Path) -> None:
    mine = tmp_path / "mine.json"
    mine.write_text(content)
    table = read_model_files((mine, tmp_path / "gone.json", *MODEL_FILES))
    assert words in table.warnings[0]
    assert "gone.json cannot be read" in table.warnings[1]
    assert table.entries == read_model_files(MODEL_FILES).entries


_VALUES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.lists(st.integers())
_RANGES = st.dictionaries(st.sampled_from(["lowest", "highest", "default", "step", "offset"]), _VALUES, max_size=3)
_NAMES = st.sampled_from(sorted({field.name for field in fields(ModelEntry)} - {"match", "label"}))


@given(st.dictionaries(_NAMES, _VALUES | _RANGES | st.just(["640x360"]), max_size=5))
def test_no_entry_breaks_the_form(tmp_path_factory: pytest.TempPathFactory, entry: dict[str, object]) -> None:
    file = tmp_path_factory.getbasetemp() / "generated.json"
    file.write_text(json.dumps({"models": [{"match": "*", **entry}]}))
    capabilities = engine_capabilities(a_config("anything"), (file,))
    request = capabilities.models[0].default_request("A cat")
    assert [problem for problem in problems_in(request, capabilities) if "image" not in problem] == []
