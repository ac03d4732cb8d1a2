"""The messages between the pool and its workers, one JSON object a line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import msgspec


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """Properties of an image that was decoded."""

    width: int  # pixels
    height: int  # pixels
    format: str  # "png", "jpeg" or "webp"
    size: int  # bytes
    sha256: str


class VideoFactsRequest(msgspec.Struct, frozen=True, tag="video_facts"):
    """Replied to with VideoFacts."""

    file: str


class PosterRequest(msgspec.Struct, frozen=True, tag="poster"):
    """Replied to with null once the picture is written."""

    file: str
    to: str
    width: int  # pixels


class FilmstripRequest(msgspec.Struct, frozen=True, tag="filmstrip"):
    """Replied to with null once the picture is written."""

    file: str
    to: str
    frames: int
    height: int  # pixels


class FrameTimesRequest(msgspec.Struct, frozen=True, tag="frame_times"):
    """Replied to with null once the table is written."""

    file: str
    to: str


class LastFrameRequest(msgspec.Struct, frozen=True, tag="last_frame"):
    """Replied to with null once the PNG is written."""

    file: str
    to: str


class StillRequest(msgspec.Struct, frozen=True, tag="still"):
    """Replied to with the bytes of a PNG."""

    file: str
    frame: int  # from 0


class RangeRequest(msgspec.Struct, frozen=True, tag="range"):
    """Replied to with whether the pictures were copied as they are."""

    file: str
    to: str
    start: int  # microseconds from the first frame
    end: int


class CleanImageRequest(msgspec.Struct, frozen=True, tag="clean_image"):
    """Replied to with the ImageFacts of what was written."""

    file: str
    to: str


Request: TypeAlias = (
    VideoFactsRequest
    | PosterRequest
    | FilmstripRequest
    | FrameTimesRequest
    | LastFrameRequest
    | StillRequest
    | CleanImageRequest
    | RangeRequest
)


class Result(msgspec.Struct, frozen=True, tag="result"):
    """The request succeeded. `value` is what it returns."""

    value: msgspec.Raw


class Failure(msgspec.Struct, frozen=True, tag="failure"):
    """The request failed. The message may be shown to the user."""

    message: str
    passes: bool = False  # for a reason outside of the file: raised as PassingMediaError


WorkerReply: TypeAlias = Result | Failure
