"""What the user asks a service for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class ReferenceImage:
    """A checked image that the video starts from.

    `file` is the program's own copy in the data folder, so that the user can move or delete the original.
    """

    file: Path
    name: str  # of the original file
    width: int  # pixels
    height: int  # pixels
    size: int  # bytes
    sha256: str


@dataclass(frozen=True, slots=True)
class VideoRequest:
    """A request for one video. Takes are several jobs from the same request.

    Which values a service accepts is in its Capabilities, and `problems_in` checks them. The defaults are those that
    files of older versions leave out.
    """

    prompt: str = ""
    negative_prompt: str = ""
    model: str = "sora2"
    aspect_ratio: str = "16:9"
    duration: int = 5  # seconds
    quality: str = "standard"
    image: ReferenceImage | None = None
    seed: int | None = None  # the same request with the same seed gives the same pictures; None: the service chooses


def proportions_of(aspect_ratio: str) -> tuple[int, int] | None:
    """Width and height in "16:9" or "1280x720"; None for any other text, since each service spells its own values."""
    match = re.fullmatch(r"([1-9]\d*)[:x]([1-9]\d*)", aspect_ratio, re.ASCII)
    return None if match is None else (int(match[1]), int(match[2]))
