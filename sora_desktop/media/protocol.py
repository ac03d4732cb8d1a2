"""What the pool and its workers say to each other, one JSON object a line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import msgspec


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """What decoding an image file showed."""

    width: int  # pixels
    height: int  # pixels
    format: str  # "png", "jpeg" or "webp"
    size: int  # bytes
    sha256: str


class FactsAsked(msgspec.Struct, frozen=True, tag="facts"):
    """Answered with VideoFacts."""

    file: str


class PosterAsked(msgspec.Struct, frozen=True, tag="poster"):
    """Answered with null once the picture is in its place."""

    file: str
    to: str
    width: int  # pixels


class FilmstripAsked(msgspec.Struct, frozen=True, tag="filmstrip"):
    """Answered with null once the picture is in its place."""

    file: str
    to: str
    frames: int
    height: int  # pixels


class LastFrameAsked(msgspec.Struct, frozen=True, tag="last_frame"):
    """Answered with null once the PNG is in its place."""

    file: str
    to: str


class ImageFactsAsked(msgspec.Struct, frozen=True, tag="image_facts"):
    """Answered with ImageFacts."""

    file: str


Question: TypeAlias = FactsAsked | PosterAsked | FilmstripAsked | LastFrameAsked | ImageFactsAsked


class Answer(msgspec.Struct, frozen=True, tag="answer"):
    """It went well."""

    result: msgspec.Raw


class Trouble(msgspec.Struct, frozen=True, tag="trouble"):
    """It did not; the sentence is for a person."""

    sentence: str


Reply: TypeAlias = Answer | Trouble
