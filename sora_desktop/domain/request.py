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
    duration: int = 5  # seconds. With `frames`, the nearest whole number, at least 1
    quality: str = "standard"
    image: ReferenceImage | None = None
    # None and "" below: the service chooses
    seed: int | None = None  # the same request with the same seed gives the same pictures
    size: str = ""  # pixels, such as "1280x720". A model has sizes or aspect ratios
    frames: int | None = None  # the exact length, instead of the duration
    fps: int | None = None  # frames per second
    steps: int | None = None  # of the inference
    guidance: float | None = None  # how closely the video follows the prompt

    @property
    def shape(self) -> str:
        """The size if the request has one, else the aspect ratio; empty if it has neither."""
        return self.size or self.aspect_ratio


#: Characters that say nothing although Unicode counts them as letters, symbols or unassigned: the Hangul fillers, the
#: blank Braille pattern, the null note head, the replacements for an object and for a character that was lost, and
#: ranges that programs must not show, or that change the emoji before them (skin tones).
_BLANK = frozenset("\u115f\u1160\u2065\u2800\u3164\uffa0\ufffc\ufffd\U0001d159")
_BLANK_RANGES = ((0xFFF0, 0xFFF8), (0xFFFE, 0xFFFF), (0xFDD0, 0xFDEF), (0x1F3FB, 0x1F3FF), (0xE0000, 0xE0FFF))
#: Control, format and private characters, halves of characters, spaces, and marks without a letter to stand on.
_BLANK_CATEGORIES = frozenset(("Cc", "Cf", "Co", "Cs", "Zs", "Zl", "Zp", "Mn", "Mc", "Me"))


def is_blank(text: str) -> bool:
    """True if the text says nothing: spaces, control, invisible and private characters alone, or no text at all."""
    if any("!" <= char <= "~" for char in text):
        return False
    if text.isascii():
        return True
    import unicodedata  # late: the first paint seldom needs it

    def shows_nothing(char: str) -> bool:
        code = ord(char)
        in_range = any(first <= code <= last for first, last in _BLANK_RANGES)
        return char in _BLANK or in_range or unicodedata.category(char) in _BLANK_CATEGORIES

    return all(map(shows_nothing, text))


#: Factor by which the proportions of an image and of a video may differ: engines round sizes to multiples of 16 or 32.
_SAME_PROPORTIONS = 1.06


def proportions_of(shape: str) -> tuple[int, int] | None:
    """Width and height in "16:9" or "1280x720"; None for any other text, since each service spells its own values."""
    match = re.fullmatch(r"([1-9]\d*)[:x]([1-9]\d*)", shape, re.ASCII)
    return None if match is None else (int(match[1]), int(match[2]))


def image_notice(request: VideoRequest) -> str:
    """What may happen to an image that has other proportions than the video; empty if it fits, or nothing is known."""
    image, video = request.image, proportions_of(request.shape)
    if image is None or video is None or not (image.width and image.height):
        return ""
    difference = image.width * video[1] / (image.height * video[0])
    if 1 / _SAME_PROPORTIONS <= difference <= _SAME_PROPORTIONS:
        return ""
    return (
        f"The image is {image.width} × {image.height} and the video {size_label(request.shape)}: the service may cut "
        "off or stretch what does not fit."
    )


#: Pixels that `is_size` allows.
LONGEST_SIDE = 99_999


def is_size(text: str) -> bool:
    """True for a size in pixels, such as "1280x720", with two to five digits a side."""
    return re.fullmatch(r"[1-9]\d{1,4}x[1-9]\d{1,4}", text, re.ASCII) is not None


def size_label(size: str) -> str:
    """A size as the user reads it: "1280 × 720"."""
    return size.replace("x", " × ")
