"""What a person asks the service for."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from pathlib import Path

#: Longest prompt the service takes, in characters. Source: its endpoints page.
PROMPT_LIMIT = 2000

#: Most takes that one click may ask for.
TAKES_LIMIT = 20


class Model(StrEnum):
    """Who renders. The values are the wire's."""

    SORA2 = "sora2"
    SORA2_PRO = "sora2-pro"

    @property
    def label(self) -> str:
        return "Sora 2 Pro" if self is Model.SORA2_PRO else "Sora 2"


class AspectRatio(StrEnum):
    """Width to height. The values are the wire's."""

    LANDSCAPE = "16:9"
    PORTRAIT = "9:16"
    SQUARE = "1:1"


class Duration(IntEnum):
    """Length of the clip in seconds. The values are the wire's."""

    SHORT = 5
    MEDIUM = 10
    LONG = 15


class Quality(StrEnum):
    """How finely it is rendered. The values are the wire's."""

    STANDARD = "standard"
    HIGH = "high"

    @property
    def label(self) -> str:
        return self.value.capitalize()


@dataclass(frozen=True, slots=True)
class ReferenceImage:
    """A checked image that the video starts from.

    `file` is our own copy in the data folder, so that the person may move or delete the original.
    """

    file: Path
    name: str  # as the person knows it
    width: int  # pixels
    height: int  # pixels
    size: int  # bytes
    sha256: str


@dataclass(frozen=True, slots=True)
class VideoRequest:
    """One wish for one video. Takes are several jobs from the same request."""

    prompt: str = ""
    negative_prompt: str = ""
    model: Model = Model.SORA2
    aspect_ratio: AspectRatio = AspectRatio.LANDSCAPE
    duration: Duration = Duration.SHORT
    quality: Quality = Quality.STANDARD
    image: ReferenceImage | None = None


def problems_in(request: VideoRequest) -> tuple[str, ...]:
    """Why this request cannot be sent, as sentences for a person, most important first; empty when it can be."""
    problems: list[str] = []
    if not request.prompt.strip() and request.image is None:
        problems.append("Describe the video first: what is seen, how it moves, in what light.")
    if excess := _excess(request.prompt):
        problems.append(f"The prompt is {excess} too long; the service takes {PROMPT_LIMIT:,}.")
    if excess := _excess(request.negative_prompt):
        problems.append(f"The negative prompt is {excess} too long; keep it under {PROMPT_LIMIT:,}.")
    return tuple(problems)


def _excess(text: str) -> str:
    """By how much a text is too long, in words; empty when it is not."""
    over = len(text) - PROMPT_LIMIT
    return f"{over:,} character{'' if over == 1 else 's'}" if over > 0 else ""
