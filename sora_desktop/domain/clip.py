"""A finished video file on this disk."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class VideoFacts:
    """What decoding a video file showed."""

    seconds: float  # length of the picture
    width: int  # pixels
    height: int  # pixels
    fps: float  # frames a second, mean
    frames: int
    has_audio: bool
    video_codec: str  # FFmpeg's name, such as "h264"
    container: str  # FFmpeg's name, such as "mov,mp4,m4a,3gp,3g2,mj2"
    sha256: str
    size: int  # bytes


@dataclass(frozen=True, slots=True)
class Clip:
    """A complete, decoded video in the library. The file is never altered."""

    file: Path
    facts: VideoFacts
    #: What is odd about it, in a sentence for a person (a length other than asked for, say); empty when nothing is.
    warning: str = ""
