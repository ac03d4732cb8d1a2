"""What a service can do. The form, the price table, the command line and all checks are built from this."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

from sora_desktop.domain.request import LONGEST_SIDE, VideoRequest, is_blank, is_size, size_label

T = TypeVar("T", str, int)

#: Frames per second where nothing says how many.
USUAL_FPS = 24

#: Names of numeric options: those of the request's fields.
SEED, SECONDS, FRAMES, FPS, INFERENCE_STEPS, GUIDANCE = "seed", "duration", "frames", "fps", "steps", "guidance"


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

    name: str  # of the request's field
    label: str
    lowest: float
    highest: float
    default: float | None = None  # None: the service chooses
    decimals: int = 0  # after the point


class FrameRule(NamedTuple):
    """The numbers of frames that a model renders: `step` × n + `offset`, such as 4n + 1."""

    step: int
    offset: int

    def nearest(self, frames: int) -> int:
        """The nearest number of frames that the model renders; of two, the larger one."""
        return max((2 * (frames - self.offset) + self.step) // (2 * self.step), 0) * self.step + self.offset


@dataclass(frozen=True, slots=True)
class ModelCapabilities:
    """What one model can do. The first choice of each option is its default; an option without choices is not there.

    A model has aspect ratios or sizes, and one of: durations to choose from, the number SECONDS, the number FRAMES.
    """

    name: str  # as the service spells it
    label: str
    aspect_ratios: tuple[Choice[str], ...] = ()
    durations: tuple[Choice[int], ...] = ()  # seconds
    qualities: tuple[Quality, ...] = ()
    takes_image: bool = True  # a video can start from a reference image
    numbers: tuple[NumericOption, ...] = ()
    sizes: tuple[Choice[str], ...] = ()  # pixels, such as "1280x720"
    takes_any_size: bool = False  # also sizes that are not among `sizes`
    size_step: int = 1  # pixels of which the sides of such a size are multiples
    smallest_side: int = 1  # pixels
    frame_rates: tuple[Choice[int], ...] = ()  # frames per second to choose from. Else the number FPS, if it is there
    frame_rule: FrameRule | None = None  # None: not known, or any number of frames
    needs_image: bool = False
    takes_negative_prompt: bool = True
    renders_sound: bool = False

    def number(self, name: str) -> NumericOption | None:
        """The numeric option of that name, if the model has it."""
        return next((option for option in self.numbers if option.name == name), None)

    def nearest_frames(self, frames: int) -> int:
        """The nearest number of frames that the model renders, by its range and its rule."""
        option, rule = self.number(FRAMES), self.frame_rule
        lowest, highest = (1, frames) if option is None else (int(option.lowest), int(option.highest))
        nearest = min(max(frames, lowest), highest)
        if rule is None:
            return nearest
        nearest = rule.nearest(nearest)
        if nearest > highest:
            nearest -= rule.step
        return nearest + rule.step if nearest < lowest else nearest

    def nearest_size(self, size: str) -> str:
        """The nearest size that the model renders where it takes any; of two, the smaller one."""
        if not is_size(size) or size in [choice.value for choice in self.sizes]:
            return size
        return "x".join(str(self._nearest_side(int(side))) for side in size.split("x"))

    def _nearest_side(self, side: int) -> int:
        step = self.size_step
        fewest, most = -(-max(self.smallest_side, 10) // step), LONGEST_SIDE // step
        return min(max(-((step - 2 * side) // (2 * step)), fewest), most) * step

    def default_request(self, prompt: str = "") -> VideoRequest:
        """A request with this model and the default of each of its options."""
        fps = self.frame_rates[0].value if self.frame_rates else _whole(self._default(FPS))
        frames = _whole(self._default(FRAMES))
        seconds = self.durations[0].value if self.durations else _whole(self._default(SECONDS))
        return VideoRequest(
            prompt,
            model=self.name,
            aspect_ratio=self.aspect_ratios[0].value if self.aspect_ratios else "",
            duration=seconds_of(frames, fps) if frames else seconds or VideoRequest().duration,
            quality=self.qualities[0].value if self.qualities else "",
            size=self.sizes[0].value if self.sizes else "",
            frames=frames,
            fps=fps,
            steps=_whole(self._default(INFERENCE_STEPS)),
            guidance=self._default(GUIDANCE),
        )

    def _default(self, name: str) -> float | None:
        option = self.number(name)
        return None if option is None else option.default


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

    models: tuple[ModelCapabilities, ...]  # never empty
    prompt_limit: int  # characters
    takes_limit: int  # jobs from one request
    limits: ServiceLimits  # the program's own where the service has none
    unit: Unit | None  # None: the service does not charge
    #: The service can stop a rendering. False: it goes on, although nobody waits for it.
    cancels: bool = False
    #: Jobs that each of its addresses may have at once; None: as many as the user wants.
    most_jobs: int | None = None

    def jobs_at_once(self, wanted: int) -> int:
        """How many jobs an address gets at once, if the user wants that many."""
        return wanted if self.most_jobs is None else min(wanted, self.most_jobs)

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
        return self.models[0].default_request(prompt)


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
    if is_blank(request.prompt) and request.image is None:
        problems.append("Describe the video first: subject, movement, light.")
    problems += content_problems(request, capabilities)
    model = capabilities.model(request.model)
    if model is None:
        problems.append(f"The service has no model “{request.model}”. Choose another model.")
    else:
        problems += _unsupported(request, model)
    return tuple(problems)


def content_problems(request: VideoRequest, capabilities: Capabilities) -> tuple[str, ...]:
    """Those of `problems_in` that are about what the user wrote or added, and that only the user can solve."""
    problems: list[str] = []
    limit = capabilities.prompt_limit
    if excess := _excess(request.prompt, limit):
        problems.append(f"The prompt is {excess} too long; the service takes at most {limit:,}.")
    if excess := _excess(request.negative_prompt, limit):
        problems.append(f"The negative prompt is {excess} too long; the service takes at most {limit:,}.")
    model = capabilities.model(request.model)
    if model is not None and request.image is not None and not model.takes_image:
        problems.append(f"{model.label} cannot start from an image. Remove the reference image.")
    if model is not None and request.negative_prompt and not model.takes_negative_prompt:
        problems.append(f"{model.label} takes no negative prompt. Remove it.")
    if model is not None and _is_bad_size(request.size, model):
        problems.append(f"“{request.size}” is no size. Write width and height in pixels, such as 1280x720.")
    return tuple(problems)


def excess_problems(request: VideoRequest, capabilities: Capabilities) -> tuple[str, ...]:
    """Those of `problems_in` about numbers that are too high: more digits cannot make them right."""
    model = capabilities.model(request.model)
    if model is None:
        return ()
    names = [FRAMES if request.frames is not None else SECONDS, FPS, INFERENCE_STEPS, GUIDANCE, SEED]
    high = [
        (name, value)
        for name in names
        if (option := model.number(name)) and (value := getattr(request, name)) is not None and value > option.highest
    ]
    return tuple(_unsupported_number(name, value, model) for name, value in high)


def _unsupported(request: VideoRequest, model: ModelCapabilities) -> list[str]:
    problems = [
        *_unsupported_shape(request, model),
        *_unsupported_length(request, model),
    ]
    if request.quality not in [choice.value for choice in model.qualities] and (request.quality or model.qualities):
        problems.append(f"{model.label} has no quality “{request.quality}”. Choose another quality.")
    if request.image is None and model.needs_image:
        problems.append(f"{model.label} starts from an image. Add a reference image.")
    numbers = ((SEED, request.seed), (INFERENCE_STEPS, request.steps), (GUIDANCE, request.guidance))
    return problems + [problem for name, value in numbers if (problem := _unsupported_number(name, value, model))]


def _unsupported_shape(request: VideoRequest, model: ModelCapabilities) -> list[str]:
    problems: list[str] = []
    if request.aspect_ratio not in [choice.value for choice in model.aspect_ratios] and (
        request.aspect_ratio or model.aspect_ratios
    ):
        advice = "Choose another aspect ratio." if model.aspect_ratios else "Choose a size instead."
        problems.append(f"{model.label} does not render {request.aspect_ratio or 'without an aspect ratio'}. {advice}")
    if request.size and not model.sizes and not model.takes_any_size:
        problems.append(f"{model.label} takes no size. Choose an aspect ratio instead.")
    elif _is_bad_size(request.size, model):
        pass  # said with the content
    elif not model.takes_any_size and model.sizes and request.size not in [choice.value for choice in model.sizes]:
        problems.append(f"{model.label} does not render {request.size or 'without a size'}. Choose another size.")
    elif (nearest := model.nearest_size(request.size)) != request.size:
        problems.append(f"{_size_rule(request.size, model)} Choose {size_label(nearest)}.")
    return problems


def _size_rule(size: str, model: ModelCapabilities) -> str:
    """The rule that a size breaks, as a sentence for the user."""
    if min(map(int, size.split("x"))) < model.smallest_side:
        return f"{model.label} renders no side below {model.smallest_side} pixels."
    return f"{model.label} renders sides that are multiples of {model.size_step}."


def _is_bad_size(size: str, model: ModelCapabilities) -> bool:
    """True if the model takes sizes, and the text is none."""
    return bool(size) and (model.takes_any_size or bool(model.sizes)) and not is_size(size)


def _unsupported_length(request: VideoRequest, model: ModelCapabilities) -> list[str]:
    problems: list[str] = []
    if model.durations:
        if request.duration not in [choice.value for choice in model.durations]:
            problems.append(f"{model.label} does not render {request.duration} s. Choose another duration.")
    elif request.frames is None and (problem := _unsupported_number(SECONDS, request.duration, model)):
        problems.append(problem)
    frames = request.frames
    if problem := _unsupported_number(FRAMES, frames, model):
        problems.append(problem)
    elif frames is not None and model.frame_rule and (nearest := model.frame_rule.nearest(frames)) != frames:
        problems.append(f"{model.label} cannot render exactly {frames} frames. Choose {nearest}.")
    rate = model.number(FPS)
    if request.fps is None and (model.frame_rates or (rate is not None and rate.default is not None)):
        problems.append(f"{model.label} does not render without a frame rate. Choose a frame rate.")
    elif model.frame_rates and request.fps not in [choice.value for choice in model.frame_rates]:
        problems.append(f"{model.label} does not render {request.fps} frames per second. Choose another frame rate.")
    elif not model.frame_rates and (problem := _unsupported_number(FPS, request.fps, model)):
        problems.append(problem)
    return problems


def _unsupported_number(name: str, value: float | None, model: ModelCapabilities) -> str:
    """Why the model does not take the number; empty if it does."""
    if value is None:
        return ""
    option = model.number(name)
    if option is None:
        noun = _NUMBER_NOUNS[name]
        return f"{model.label} takes no {noun}. Remove the {noun}."
    if not option.lowest <= value <= option.highest:  # false for NaN, too
        return f"The {_NUMBER_NOUNS[name]} must be between {option.lowest:.15g} and {option.highest:.15g}."
    return ""


_NUMBER_NOUNS = {
    SEED: "seed",
    SECONDS: "duration in seconds",
    FRAMES: "number of frames",
    FPS: "frame rate",
    INFERENCE_STEPS: "number of steps",
    GUIDANCE: "guidance",
}


def _excess(text: str, limit: int) -> str:
    """By how much a text is too long, such as "3 characters"; empty if it is not."""
    over = len(text) - limit
    return f"{over:,} character{'' if over == 1 else 's'}" if over > 0 else ""


def seconds_of(frames: int, fps: int | None) -> int:
    """The duration that belongs to a number of frames: whole seconds, at least 1."""
    return max(round(frames / (fps or USUAL_FPS)), 1)


def _whole(number: float | None) -> int | None:
    return None if number is None else int(number)


def _each_once(choices: Iterable[Choice[T]]) -> tuple[Choice[T], ...]:
    return tuple({choice.value: choice for choice in choices}.values())
