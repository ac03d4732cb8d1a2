"""Changes a request so that another model or another service can take it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

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
    label_of,
    seconds_of,
)
from sora_desktop.domain.request import VideoRequest, is_size, proportions_of, size_label

#: Pixels of the shorter side where an aspect ratio becomes a size and the model names none.
_USUAL_LINES = 720
#: Characters of a shape that is compared with others.
_LONGEST_SHAPE = 11
#: Sides of such a size are multiples of this, as video models and codecs want them.
_SIDE_STEP = 16
#: Shapes whose proportions differ by less are the same to the eye: 832 × 480 is 16:9.
_SAME_PROPORTIONS = 0.05


class Conversion(NamedTuple):
    """A converted request, and what of the original could not be carried over, as sentences for the user."""

    request: VideoRequest
    lost: tuple[str, ...]


def converted(request: VideoRequest, capabilities: Capabilities, source: Capabilities | None = None) -> Conversion:
    """The request for another service, as near to the original as the service allows.

    Keeps the model if the service has it, and takes the service's first one otherwise. The result has no problem that
    `problems_in` knows, except one of the prompt's length or of something that is missing. `source` are the
    capabilities that the request was made for, if they are known: a number that was the model's own default there
    becomes the default here, and is not called lost.
    """
    known = capabilities.model(request.model)
    model = known or capabilities.models[0]
    before = None if source is None else source.model(request.model)
    conversion = for_model(request, model, before)
    if known is not None:
        return conversion
    own = "the engine's own"  # a model without a name
    after = model.label if model.name else own
    lost = (before.label if before else request.model) if request.model else own
    sentence = f"The model is {after} instead of {lost}."
    return Conversion(conversion.request, (sentence, *conversion.lost))


def for_model(request: VideoRequest, model: ModelCapabilities, before: ModelCapabilities | None) -> Conversion:
    """The request for a certain model, as `converted` says. `before` is the model that it was made for, if known."""
    converter = _Converter(request, model, before)
    return Conversion(converter.request, tuple(converter.lost))


class _Converter:
    """Fills `request` and `lost` field by field."""

    def __init__(self, original: VideoRequest, model: ModelCapabilities, source: ModelCapabilities | None) -> None:
        self._original = original
        self._model = model
        self._source = source
        self._source_default = None if source is None else source.default_request()
        self._default = model.default_request()
        self.lost: list[str] = []
        self.request = replace(original, model=model.name)
        self._set_shape()
        self._set_frame_rate()
        self._set_length()
        self._set_quality()
        self._set_number(INFERENCE_STEPS, "The number of steps")
        self._set_number(GUIDANCE, "The guidance")
        self._set_seed()
        self._set_content()

    def _change(self, **changes: Any) -> None:
        self.request = replace(self.request, **changes)

    def _set_shape(self) -> None:
        before, model = self._original.shape, self._model
        size, ratio = self._default.size, self._default.aspect_ratio
        proportions = proportions_of(before) if len(before) <= _LONGEST_SHAPE else None
        known = proportions is not None
        if model.takes_any_size and is_size(self._original.size):
            size = model.nearest_size(self._original.size)
        elif model.sizes:
            size = _nearest_shape(model.sizes, proportions, before)
        elif model.takes_any_size and proportions is not None:
            size = model.nearest_size(_usual_size(*proportions))
        if model.aspect_ratios:
            ratio = _nearest_shape(model.aspect_ratios, proportions, before)
        self._change(size=size, aspect_ratio=ratio)
        after = self.request.shape
        if not before or before == after:
            return
        if not after:
            self.lost.append(f"The shape is the service's choice instead of {_shown(before)}.")
        elif not known or not _same_proportions(before, after) or (self._original.size and size):
            self.lost.append(
                f"The {'size' if size else 'aspect ratio'} is {_shown(after)} instead of {_shown(before)}."
            )

    def _set_frame_rate(self) -> None:
        before, model = self._original.fps, self._model
        fps = self._default.fps
        if before is not None and not self._was_default("fps"):
            if model.frame_rates:
                fps = min((choice.value for choice in model.frame_rates), key=lambda rate: (abs(rate - before), -rate))
            elif option := model.number(FPS):
                fps = int(_clamped(before, option))
        self._change(fps=fps)
        if before is not None and fps != before and not self._was_default("fps"):
            after = "the service's choice" if fps is None else f"{fps} frames per second"
            self.lost.append(f"The frame rate is {after} instead of {before} frames per second.")

    def _set_length(self) -> None:
        original, model, fps = self._original, self._model, self.request.fps
        seconds = _exact_seconds(original)
        if original.frames is not None and (original.fps == fps or original.fps is None):
            frames = original.frames
        else:
            frames = round(seconds * _frames_per_second(fps))
        has_frames, has_seconds = model.number(FRAMES) is not None, model.number(SECONDS) is not None
        if has_frames and (original.frames is not None or not has_seconds):
            frames = model.nearest_frames(frames)
            self._change(frames=frames, duration=seconds_of(frames, fps))
        else:
            self._change(frames=None, duration=self._nearest_duration(seconds))
        after = _exact_seconds(self.request)
        if original.frames is not None and self.request.frames is None:
            self.lost.append(f"The length is {self.request.duration} s instead of {original.frames} frames.")
        elif abs(after - seconds) >= 0.5:
            self.lost.append(f"The length is {after:.3g} s instead of {seconds:.3g} s.")
        elif original.frames is not None and self.request.frames != original.frames and original.fps == fps:
            self.lost.append(f"The length is {self.request.frames} frames instead of {original.frames}.")

    def _nearest_duration(self, seconds: float) -> int:
        if self._model.durations:
            values = [choice.value for choice in self._model.durations]
            return min(values, key=lambda value: (abs(value - seconds), value))
        whole = max(round(seconds), 1)
        option = self._model.number(SECONDS)
        return whole if option is None else int(_clamped(whole, option))

    def _set_quality(self) -> None:
        before, qualities = self._original.quality, self._model.qualities
        if before in [choice.value for choice in qualities]:
            return
        self._change(quality=self._default.quality)
        if before not in ("", VideoRequest().quality) and not self._was_default("quality"):
            shown = before if self._source is None else label_of(self._source.qualities, before)
            after = f" The quality is {qualities[0].label}." if qualities else ""
            self.lost.append(f"The quality “{shown}” is not carried over.{after}")

    def _set_number(self, name: str, noun: str) -> None:
        before: float | None = getattr(self._original, name)
        default: float | None = getattr(self._default, name)
        option = self._model.number(name)
        chosen = None if self._was_default(name) else before
        if chosen is not None and option is not None and option.lowest <= chosen <= option.highest:
            return
        self._change(**{name: default})
        if chosen is not None:
            after = f"{noun} is {default:.15g} instead of" if default is not None else f"{noun} is not carried over:"
            self.lost.append(f"{after} {chosen:.15g}.")

    def _set_seed(self) -> None:
        seed, option = self._original.seed, self._model.number(SEED)
        if seed is not None and (option is None or not option.lowest <= seed <= option.highest):
            self._change(seed=None)
            self.lost.append(f"The seed {seed} is not carried over.")

    def _set_content(self) -> None:
        if self._original.negative_prompt and not self._model.takes_negative_prompt:
            self._change(negative_prompt="")
            self.lost.append(f"The negative prompt is not carried over: {self._model.label} takes none.")
        if self._original.image is not None and not self._model.takes_image:
            self._change(image=None)
            self.lost.append(f"The reference image is not carried over: {self._model.label} cannot start from one.")

    def _was_default(self, field: str) -> bool:
        """True if the original has the value that its own model begins with, so that nobody may have chosen it."""
        default = self._source_default
        return default is not None and getattr(default, field) == getattr(self._original, field)


def _nearest_shape(choices: tuple[Choice[str], ...], proportions: tuple[int, int] | None, before: str) -> str:
    """The choice itself if it is there, else the one with the nearest proportions.

    Of several with the same proportions it is the one whose area is nearest, and for an aspect ratio the first one.
    """
    values = [choice.value for choice in choices]
    if before in values or proportions is None:
        return before if before in values else values[0]
    width, height = proportions

    def distance(value: str) -> tuple[float, int]:
        found = proportions_of(value)
        if found is None:
            return (float("inf"), 0)
        difference = _difference((width, height), found)
        area = abs(found[0] * found[1] - width * height) if is_size(before) else 0
        return (0.0 if difference < _SAME_PROPORTIONS else difference, area)

    return min(values, key=distance)


def _difference(one: tuple[int, int], other: tuple[int, int]) -> float:
    """How much the proportions differ: 0 for the same, 1 for twice as wide."""
    a, b = one[0] * other[1], one[1] * other[0]
    return max(a, b) / min(a, b) - 1


def _same_proportions(before: str, after: str) -> bool:
    one, other = proportions_of(before), proportions_of(after)
    return one is not None and other is not None and _difference(one, other) < _SAME_PROPORTIONS


def _usual_size(width: int, height: int) -> str:
    """A size in pixels of these proportions."""
    scale = _USUAL_LINES / min(width, height)
    sides = (max(round(side * scale / _SIDE_STEP), 1) * _SIDE_STEP for side in (width, height))
    return "x".join(str(min(side, 99_984)) for side in sides)


def _shown(shape: str) -> str:
    return size_label(shape) if is_size(shape) else shape


def _exact_seconds(request: VideoRequest) -> float:
    return request.duration if request.frames is None else request.frames / _frames_per_second(request.fps)


def _frames_per_second(fps: int | None) -> int:
    return fps or USUAL_FPS


def _clamped(value: float, option: NumericOption) -> float:
    return min(max(value, option.lowest), option.highest)
