"""What two to four jobs have in common, and in what they differ."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import NamedTuple

from sora_desktop.domain.capabilities import label_of, model_label
from sora_desktop.domain.job import Job, Ready
from sora_desktop.domain.money import format_amount
from sora_desktop.domain.request import VideoRequest
from sora_desktop.state.clip_text import number_text, size_text
from sora_desktop.state.job_services import JobService
from sora_desktop.state.word_diff import Span, Spans, marked_against_first

#: Names of the clips in the order of the panes.
LETTERS = "ABCD"
#: Seconds after which a clip was not rendered but fetched again.
_LONGEST_RENDERING = 86_400
#: Changes that a headline names; of more, it gives the number.
_NAMED_CHANGES = 3


@dataclass(frozen=True, slots=True)
class ComparedJob:
    """A job and what is known about it elsewhere."""

    job: Job
    service: JobService
    cost: Decimal | None = None  # None: unknown, or the service does not charge
    rendered_in: float | None = None  # seconds from the create to the finished clip; None: unknown
    take: int = 1  # its number among all takes of its request


class Row(NamedTuple):
    """One fact about all clips."""

    name: str
    cells: tuple[Spans, ...]  # of each clip; without a text where it has no such value
    short: tuple[str, ...]  # the same where the name does not stand beside it
    is_prose: bool = False  # a text with words, which may be long

    @property
    def texts(self) -> tuple[str, ...]:
        return tuple("".join(span.text for span in spans) for spans in self.cells)

    @property
    def differs(self) -> bool:
        return len(set(self.texts)) > 1

    def like(self, clip: int) -> int | None:
        """The first clip before this one with the same value; None if there is none."""
        texts = self.texts
        return next((other for other in range(clip) if texts[other] == texts[clip]), None)

    def change(self, clip: int, other: int) -> tuple[str, str]:
        """The values of two clips, such as ("seed 4", "12") or ("100", "200 credits"): name and unit stand once."""
        before, after = self.short[clip], self.short[other]
        if not before or not after:
            return before or "–", after or "–"
        texts = self.texts
        if after.endswith(texts[other]):
            after = texts[other]
        elif before.startswith(texts[clip]):
            before = texts[clip]
        number, _, unit = before.partition(" ")
        is_amount = number[:1].isdigit() and unit.isalpha() and unit == after.partition(" ")[2]
        return (number if is_amount else before), after


class Differences(NamedTuple):
    """The table beneath the clips."""

    rows: tuple[Row, ...] = ()  # all that have a value
    headlines: tuple[str, ...] = ()  # of each clip: which take it is, or what was changed
    short_headlines: tuple[str, ...] = ()  # the same, or in how many points it was changed

    @property
    def differing(self) -> tuple[Row, ...]:
        return tuple(row for row in self.rows if row.differs)

    @property
    def same(self) -> tuple[str, ...]:
        """What is the same in all clips, such as "16:9", "10 s", "no negative prompt"."""
        return tuple(row.short[0] for row in self.rows if not row.differs and row.short[0])

    def between(self, clip: int, other: int) -> tuple[tuple[str, str], ...]:
        """What differs between two clips, such as ("Sora 2", "Sora 2 Pro"): of prompts, the changed words."""
        changes = []
        for row in self.rows:
            if row.texts[clip] == row.texts[other]:
                continue
            if row.is_prose:
                spans = marked_against_first([row.texts[clip], row.texts[other]])
                before, after = (" … ".join(span.text for span in one if span.is_changed) for one in spans)
                changes.append((before or "–", after or "–") if before + after else (f"{row.name}", "another"))
            else:
                changes.append(row.change(clip, other))
        return tuple(changes)


def differences_between(jobs: Sequence[ComparedJob]) -> Differences:
    """The facts about these jobs, in the order of the table."""
    rows = [
        _prose("Prompt", jobs, lambda request: request.prompt, "prompt"),
        _prose("Negative prompt", jobs, lambda request: request.negative_prompt, "same negative prompt"),
        *(_row(name, jobs, *texts) for name, *texts in _FACTS),
    ]
    if not any(rows[1].texts):
        rows[1] = rows[1]._replace(short=("no negative prompt",) * len(jobs))
    shown = [row for row in rows if any(row.texts) or row is rows[1]]
    return Differences(tuple(shown), *_headlines(jobs))


def _prose(name: str, jobs: Sequence[ComparedJob], text_of: Callable[[VideoRequest], str], same: str) -> Row:
    texts = [" ".join(text_of(one.job.request).split()) for one in jobs]
    return Row(name, marked_against_first(texts), (same,) * len(texts), is_prose=True)


def _row(
    name: str,
    jobs: Sequence[ComparedJob],
    text_of: Callable[[ComparedJob], str],
    short_of: Callable[[ComparedJob], str] | None = None,
) -> Row:
    texts = tuple(map(text_of, jobs))
    short = texts if short_of is None else tuple(map(short_of, jobs))
    return Row(name, tuple((Span(text),) for text in texts), short)


def _image(one: ComparedJob) -> str:
    image = one.job.request.image
    return "" if image is None else image.name


def _aspect_ratio(one: ComparedJob) -> str:
    ratio = one.job.request.aspect_ratio
    return label_of(one.service.capabilities.aspect_ratios, ratio) if ratio else ""


def _quality(one: ComparedJob) -> str:
    quality = one.job.request.quality
    return label_of(one.service.capabilities.qualities, quality) if quality else ""


def _number(name: str, unit: str = "") -> Callable[[ComparedJob], str]:
    def text_of(one: ComparedJob) -> str:
        value = getattr(one.job.request, name)
        return "" if value is None else number_text(value) + unit

    return text_of


def _named(name: str, label: str) -> Callable[[ComparedJob], str]:
    """The same with its name before it."""
    text_of = _number(name)
    return lambda one: f"{label} {text_of(one)}" if text_of(one) else ""


def _cost(one: ComparedJob) -> str:
    unit = one.service.unit
    return "" if one.cost is None or unit is None else format_amount(one.cost, unit)


def _rendered_in(one: ComparedJob) -> str:
    seconds = one.rendered_in
    return "" if seconds is None or not 0 <= seconds <= _LONGEST_RENDERING else seconds_text(seconds)


def _length(one: ComparedJob) -> str:
    phase = one.job.phase
    if isinstance(phase, Ready):
        return f"{phase.clip.facts.seconds:.2f}".rstrip("0").rstrip(".") + " s"
    return f"{one.job.request.duration} s"


def _rate(one: ComparedJob) -> str:
    return f"{one.job.phase.clip.facts.fps:.4g} fps" if isinstance(one.job.phase, Ready) else ""


def _resolution(one: ComparedJob) -> str:
    phase = one.job.phase
    if not isinstance(phase, Ready):
        return ""
    size = f"{phase.clip.facts.width}×{phase.clip.facts.height}"
    return "" if size == one.job.request.size.replace("x", "×") else size


def _file(one: ComparedJob) -> str:
    return size_text(one.job.phase.clip.facts.size) if isinstance(one.job.phase, Ready) else ""


#: The rows below the prompts: name, value, and the value where its name does not stand beside it.
_FACTS: tuple[tuple[str, Callable[[ComparedJob], str], *tuple[Callable[[ComparedJob], str], ...]], ...] = (
    ("Image", _image),
    ("Service", lambda one: one.service.label),
    ("Model", lambda one: model_label(one.service.capabilities, one.job.request.model)),
    ("Seed", _number("seed"), _named("seed", "seed")),
    ("Aspect ratio", _aspect_ratio),
    ("Size", lambda one: one.job.request.size.replace("x", "×")),
    ("Picture", _resolution),
    ("Quality", _quality),
    ("Steps", _number("steps"), _number("steps", " steps")),
    ("Guidance", _number("guidance"), _named("guidance", "guidance")),
    ("Cost", _cost),
    ("Rendered in", _rendered_in, lambda one: f"rendered in {text}" if (text := _rendered_in(one)) else ""),
    ("Length", _length),
    ("Frame rate", _rate),
    ("File", _file),
)


def seconds_text(seconds: float) -> str:
    """A duration, such as "48 s", "1 min 08 s" or "2 h 05 min"."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole // 60 % 60:02d} min"


#: What can be changed in a request, as a headline names it.
_CHANGES: tuple[tuple[str, Callable[[ComparedJob], object]], ...] = (
    ("prompt", lambda one: one.job.request.prompt.split()),
    ("negative prompt", lambda one: one.job.request.negative_prompt.split()),
    ("image", lambda one: None if one.job.request.image is None else one.job.request.image.sha256),
    ("service", lambda one: one.job.service),
    ("model", lambda one: one.job.request.model),
    ("aspect ratio", lambda one: one.job.request.aspect_ratio),
    ("size", lambda one: one.job.request.size),
    ("length", lambda one: (one.job.request.duration, one.job.request.frames)),
    ("frame rate", lambda one: one.job.request.fps),
    ("quality", lambda one: one.job.request.quality),
    ("steps", lambda one: one.job.request.steps),
    ("guidance", lambda one: one.job.request.guidance),
)


def are_takes(one: Job, other: Job) -> bool:
    """True if both jobs are takes of one request: they differ in the seed and in white space at most."""
    return one.service == other.service and _asked_for(one) == _asked_for(other)


def _asked_for(job: Job) -> VideoRequest:
    request = job.request
    prompt, negative_prompt = (" ".join(text.split()) for text in (request.prompt, request.negative_prompt))
    return replace(request, seed=None, prompt=prompt, negative_prompt=negative_prompt)


def take_name(number: int) -> str:
    """What a take is called wherever it is shown beside others of its request."""
    return f"Take {number}"


def _headlines(jobs: Sequence[ComparedJob]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The headlines, and the short ones."""
    headlines, short = [], []
    for one in jobs:
        changes = [name for name, value_of in _CHANGES if value_of(one) != value_of(jobs[0])]
        headlines.append(f"Changed {_listed(changes)}" if changes else take_name(one.take))
        short.append(f"{len(changes)} change{'s' if len(changes) > 1 else ''}" if changes else take_name(one.take))
    return tuple(headlines), tuple(short)


def _listed(names: Sequence[str]) -> str:
    """Such as "prompt and model", or "prompt, model and 3 more"."""
    if len(names) > _NAMED_CHANGES:
        names = [*names[: _NAMED_CHANGES - 1], f"{len(names) - _NAMED_CHANGES + 1} more"]
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
