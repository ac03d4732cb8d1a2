"""What the user has typed about a video, and the request that it means at one service."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sora_desktop.cli.errors import BadRequest
from sora_desktop.domain.capabilities import (
    FPS,
    FRAMES,
    GUIDANCE,
    INFERENCE_STEPS,
    SECONDS,
    SEED,
    Capabilities,
    Choice,
    ModelCapabilities,
    problems_in,
    seconds_of,
)
from sora_desktop.domain.request import ReferenceImage, VideoRequest

#: Stands for the image of a request that is checked before its image is.
_ANY_IMAGE = ReferenceImage(Path(), "", 0, 0, 0, "")


@dataclass(frozen=True, slots=True)
class RequestOptions:
    """The options of `generate`. None: not given, so that the model's default is used."""

    prompt: str
    negative_prompt: str = ""
    model: str | None = None
    aspect_ratio: str | None = None
    duration: int | None = None  # seconds
    quality: str | None = None
    size: str | None = None
    frames: int | None = None
    fps: int | None = None
    steps: int | None = None
    guidance: float | None = None
    seed: int | None = None


def request_for(options: RequestOptions, capabilities: Capabilities, *, with_image: bool) -> VideoRequest:
    """The request, without its image. Raises BadRequest, which names what the service takes instead."""
    for text in (options.prompt, options.negative_prompt):
        try:
            text.encode()
        except UnicodeEncodeError:
            raise BadRequest("The prompt is not valid UTF-8.") from None
    model = capabilities.models[0] if options.model is None else capabilities.model(options.model)
    if model is None and [each.name for each in capabilities.models] == [""]:
        raise BadRequest("The service does not name its models. Leave out --model.")
    if model is None:
        raise BadRequest(_not_one_of("--model", options.model, [model.name for model in capabilities.models]))
    _check_choices(options, model)
    request = replace(model.default_request(options.prompt), negative_prompt=options.negative_prompt, **_given(options))
    if options.frames is not None:
        request = replace(request, duration=seconds_of(options.frames, request.fps))
    elif options.duration is not None:
        request = replace(request, frames=None)
    if model.needs_image and not with_image:
        raise BadRequest(f"{model.label} starts from an image. Name one with --image.")
    if with_image and not model.takes_image:
        able = ", ".join(each.name for each in capabilities.models if each.takes_image)
        advice = f"Leave out --image, or name another --model: {able}." if able else "Leave out --image."
        raise BadRequest(f"{model.label} cannot start from an image. {advice}")
    if problems := problems_in(replace(request, image=_ANY_IMAGE) if with_image else request, capabilities):
        raise BadRequest(problems[0])
    return request


def _given(options: RequestOptions) -> dict[str, Any]:
    names = ("aspect_ratio", "duration", "quality", "size", "frames", "fps", "steps", "guidance", "seed")
    return {name: value for name in names if (value := getattr(options, name)) is not None}


def _check_choices(options: RequestOptions, model: ModelCapabilities) -> None:
    """Raises BadRequest for an option that the model does not have, and for a value that is not one of its choices."""
    sizes = () if model.takes_any_size else model.sizes
    choices: list[tuple[str, object, Iterable[Choice[str]] | Iterable[Choice[int]], bool]] = [
        ("--aspect-ratio", options.aspect_ratio, model.aspect_ratios, bool(model.aspect_ratios)),
        ("--quality", options.quality, model.qualities, bool(model.qualities)),
        ("--size", options.size, sizes, model.takes_any_size or bool(model.sizes)),
        ("--duration", options.duration, model.durations, bool(model.durations) or _has(model, SECONDS)),
        ("--fps", options.fps, model.frame_rates, bool(model.frame_rates) or _has(model, FPS)),
        ("--frames", options.frames, (), _has(model, FRAMES)),
        ("--steps", options.steps, (), _has(model, INFERENCE_STEPS)),
        ("--guidance", options.guidance, (), _has(model, GUIDANCE)),
        ("--seed", options.seed, (), _has(model, SEED)),
        ("--negative-prompt", options.negative_prompt or None, (), model.takes_negative_prompt),
    ]
    takes = ", ".join(name for name, _, _, is_there in choices if is_there)
    for name, value, of, is_there in choices:
        allowed = [choice.value for choice in of]
        if value is None or (is_there and (not allowed or value in allowed)):
            continue
        if allowed:
            raise BadRequest(_not_one_of(name, value, allowed))
        noun = name.removeprefix("--").replace("-", " ")
        raise BadRequest(f"{model.label} takes no {noun}. Leave out {name}. It takes {takes}.")


def _has(model: ModelCapabilities, number: str) -> bool:
    return model.number(number) is not None


def _not_one_of(option: str, value: object, allowed: Iterable[object]) -> str:
    values = ", ".join(f"'{each}'" for each in allowed)
    return f"Invalid value for '{option}': '{value}' is not one of {values}."
