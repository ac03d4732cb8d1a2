"""What a service of the OpenAI Videos dialect can do, from what is known without asking it. Imports no HTTP library."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from sora_desktop.api.openai.model_files import ModelEntry, Range, read_model_files
from sora_desktop.api.openai.profiles import FormField, Profile, profile_of
from sora_desktop.domain.capabilities import (
    FPS,
    FRAMES,
    GUIDANCE,
    INFERENCE_STEPS,
    SECONDS,
    SEED,
    USUAL_FPS,
    Capabilities,
    Choice,
    ModelCapabilities,
    NumericOption,
    ServiceLimits,
    seconds_of,
)
from sora_desktop.domain.service_config import ServiceConfig

#: The program's own limits: the servers have none. A day so large that requests count as unlimited.
ENGINE_LIMITS = ServiceLimits(
    per_minute=60,
    per_day=1_000_000,
    day_begins=0.0,
    day_begins_text="midnight UTC",
    link_lifetime=7 * 86400.0,  # a server keeps its videos at least until it is restarted, or until the disk is full
)
#: Characters that are sent at most. Text encoders read a few hundred words, and the servers do not say how many.
PROMPT_LIMIT = 8000

#: What unknown models are asked for. The ranges of steps and guidance are those that vLLM-Omni checks.
_SECONDS, _FPS = Range(1, 60, 5), Range(1, 120, USUAL_FPS)
_STEPS, _GUIDANCE = Range(1, 200), Range(0, 20)
_HIGHEST_SEED = 2**31 - 1


def engine_capabilities(config: ServiceConfig, model_files: Iterable[Path] = ()) -> Capabilities:
    """What the service can do with the models that it named last; without any, with the server's own model.

    `model_files`: those that count first in front.
    """
    profile = profile_of(config.profile, config.found_profile)
    table = read_model_files(model_files)
    entries = [(name, table.entry_for(name)) for name in config.models or ("",)]
    known_first = sorted(entries, key=lambda pair: pair[1] is None)
    labels = [_label(name, entry) for name, entry in known_first]
    return Capabilities(
        models=tuple(
            _model(name, label if labels.count(label) == 1 else name, entry or ModelEntry(), profile)
            for label, (name, entry) in zip(labels, known_first, strict=True)
        ),
        prompt_limit=PROMPT_LIMIT,
        takes_limit=20,  # the program's own limit for one click
        limits=ENGINE_LIMITS,
        unit=None,
        cancels=profile.cancels,
        most_jobs=profile.most_jobs,
    )


def _label(name: str, entry: ModelEntry | None) -> str:
    if entry is not None and entry.label:
        return entry.label
    return name.rstrip("/").rpartition("/")[2] or "The engine's model"


def _model(name: str, label: str, entry: ModelEntry, profile: Profile) -> ModelCapabilities:
    """The options of a model that the server takes."""
    takes = profile.takes
    by_frames = entry.frames is not None and FormField.NUM_FRAMES in takes
    takes_fps = FormField.FPS in takes
    takes_image = FormField.IMAGE in takes and entry.image != "none"
    numbers: list[NumericOption] = []
    if by_frames and entry.frames is not None:
        numbers.append(_option(FRAMES, "Frames", entry.frames))
    elif not entry.durations:
        numbers.append(_option(SECONDS, "Seconds", entry.seconds or _seconds_for(entry)))
    if takes_fps and not entry.fps:
        numbers.append(_option(FPS, "Frames per second", _FPS))
    if FormField.INFERENCE_STEPS in takes:
        numbers.append(_option(INFERENCE_STEPS, "Steps", entry.steps or _STEPS))
    if FormField.GUIDANCE_SCALE in takes:
        numbers.append(_option(GUIDANCE, "Guidance", entry.guidance or _GUIDANCE, decimals=1))
    if FormField.SEED in takes:
        numbers.append(NumericOption(SEED, "Seed", 0, _HIGHEST_SEED))
    return ModelCapabilities(
        name,
        label,
        durations=() if by_frames else _choices(entry.durations, " s"),
        takes_image=takes_image,
        numbers=tuple(numbers),
        sizes=tuple(Choice(size, size.replace("x", "×")) for size in entry.sizes),
        takes_any_size=entry.any_size,
        size_step=entry.size_step,
        smallest_side=entry.smallest_side,
        frame_rates=_choices(entry.fps) if takes_fps else (),
        frame_rule=entry.frame_rule if FormField.NUM_FRAMES in takes else None,
        needs_image=takes_image and entry.image == "required",
        takes_negative_prompt=FormField.NEGATIVE_PROMPT in takes and entry.negative_prompt,
        renders_sound=entry.sound,
    )


def _option(name: str, label: str, numbers: Range, decimals: int = 0) -> NumericOption:
    return NumericOption(name, label, numbers.lowest, numbers.highest, numbers.default, decimals)


def _seconds_for(entry: ModelEntry) -> Range:
    """The seconds that belong to the frames of an entry, for a server that takes no frames."""
    frames = entry.frames
    if frames is None or frames.default is None:
        return _SECONDS
    default = seconds_of(int(frames.default), entry.fps[0])
    return Range(1, max(seconds_of(int(frames.highest), entry.fps[0]), default), default)


def _choices(values: Sequence[int], unit: str = "") -> tuple[Choice[int], ...]:
    return tuple(Choice(value, f"{value}{unit}") for value in values)
