"""What a service can do. The form, the price table, the command line and all checks are built from this."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

from sora_desktop.domain.request import VideoRequest, is_blank

T = TypeVar("T", str, int)

#: Name of the numeric option that makes a rendering repeatable.
SEED = "seed"


@dataclass(frozen=True, slots=True)
class Choice(Generic[T]):
    """One value of an option."""

    value: T  # as the service spells it
    label: str  # for the user


@dataclass(frozen=True, slots=True)
class Quality(Choice[str]):
    """How finely a video is rendered."""

    lines: int = 0  # pixels of the shorter side, at least. The first quality of a model has 0


class NumericOption(NamedTuple):
    """A number that a model accepts."""

    name: str
    label: str
    lowest: int
    highest: int
    default: int | None = None  # None: the service chooses


@dataclass(frozen=True, slots=True)
class ModelCapabilities:
    """What one model can do. The first choice of each option is its default."""

    name: str  # as the service spells it
    label: str
    aspect_ratios: tuple[Choice[str], ...]
    durations: tuple[Choice[int], ...]  # seconds
    qualities: tuple[Quality, ...]
    takes_image: bool = True  # a video can start from a reference image
    numbers: tuple[NumericOption, ...] = ()

    def number(self, name: str) -> NumericOption | None:
        """The numeric option of that name, if the model has it."""
        return next((option for option in self.numbers if option.name == name), None)


@dataclass(frozen=True, slots=True)
class ServiceLimits:
    """How much a service allows, as far as its documentation says."""

    per_minute: int  # requests in any 60 s
    per_day: int  # requests in one of the service's days
    day_begins: float  # seconds after midnight UTC
    day_begins_text: str  # for the user, such as "midnight UTC"
    link_lifetime: float  # seconds after which the link to a finished video has surely expired


class Unit(NamedTuple):
    """What a service charges in."""

    one: str  # such as "credit"
    many: str  # such as "credits"


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What one service can do."""

    models: tuple[ModelCapabilities, ...]
    prompt_limit: int  # characters
    takes_limit: int  # jobs from one request
    limits: ServiceLimits
    unit: Unit | None  # None: the service does not charge

    def model(self, name: str) -> ModelCapabilities | None:
        """The model of that name, if the service has it."""
        return next((model for model in self.models if model.name == name), None)

    @property
    def aspect_ratios(self) -> tuple[Choice[str], ...]:
        """The aspect ratios of all models."""
        return _each_once(choice for model in self.models for choice in model.aspect_ratios)

    @property
    def durations(self) -> tuple[Choice[int], ...]:
        """The durations of all models, in seconds."""
        return _each_once(choice for model in self.models for choice in model.durations)

    @property
    def qualities(self) -> tuple[Choice[str], ...]:
        """The qualities of all models."""
        return _each_once(choice for model in self.models for choice in model.qualities)

    def default_request(self, prompt: str = "") -> VideoRequest:
        """A request with the first model and the default of each of its options."""
        model = self.models[0]
        return VideoRequest(
            prompt,
            model=model.name,
            aspect_ratio=model.aspect_ratios[0].value,
            duration=model.durations[0].value,
            quality=model.qualities[0].value,
        )


def label_of(choices: Iterable[Choice[T]], value: T) -> str:
    """The label of a value; the value itself if no choice has it, as in a request for another service."""
    return next((choice.label for choice in choices if choice.value == value), str(value))


def model_label(capabilities: Capabilities, name: str) -> str:
    """The label of a model; its name if the service does not have it, as in a request for another service."""
    model = capabilities.model(name)
    return name if model is None else model.label


def problems_in(request: VideoRequest, capabilities: Capabilities) -> tuple[str, ...]:
    """Why the service cannot take this request, as sentences for the user, most important first; empty if it can."""
    problems: list[str] = []
    limit = capabilities.prompt_limit
    if is_blank(request.prompt) and request.image is None:
        problems.append("Describe the video first: subject, movement, light.")
    if excess := _excess(request.prompt, limit):
        problems.append(f"The prompt is {excess} too long; the service takes at most {limit:,}.")
    if excess := _excess(request.negative_prompt, limit):
        problems.append(f"The negative prompt is {excess} too long; the service takes at most {limit:,}.")
    model = capabilities.model(request.model)
    if model is None:
        problems.append(f"The service has no model “{request.model}”. Choose another model.")
    else:
        problems += _unsupported(request, model)
    return tuple(problems)


def _unsupported(request: VideoRequest, model: ModelCapabilities) -> list[str]:
    problems: list[str] = []
    if request.aspect_ratio not in [choice.value for choice in model.aspect_ratios]:
        problems.append(f"{model.label} does not render {request.aspect_ratio}. Choose another aspect ratio.")
    if request.duration not in [choice.value for choice in model.durations]:
        problems.append(f"{model.label} does not render {request.duration} s. Choose another duration.")
    if request.quality not in [choice.value for choice in model.qualities]:
        problems.append(f"{model.label} has no quality “{request.quality}”. Choose another quality.")
    if request.image is not None and not model.takes_image:
        problems.append(f"{model.label} cannot start from an image. Remove the reference image.")
    if request.seed is not None:
        option = model.number(SEED)
        if option is None:
            problems.append(f"{model.label} takes no seed. Remove the seed.")
        elif not option.lowest <= request.seed <= option.highest:
            problems.append(f"The seed must be between {option.lowest} and {option.highest}.")
    return problems


def _excess(text: str, limit: int) -> str:
    """By how much a text is too long, such as "3 characters"; empty if it is not."""
    over = len(text) - limit
    return f"{over:,} character{'' if over == 1 else 's'}" if over > 0 else ""


def _each_once(choices: Iterable[Choice[T]]) -> tuple[Choice[T], ...]:
    return tuple({choice.value: choice for choice in choices}.values())
