"""A finished video file on this disk."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class VideoFacts:
    """Facts about a video file, found by decoding it."""

    seconds: float  # length of the video stream
    width: int  # pixels, as a player shows them: upright and square
    height: int
    fps: float  # mean frames per second
    frames: int
    has_audio: bool
    video_codec: str  # FFmpeg's name, such as "h264"
    container: str  # FFmpeg's name, such as "mov,mp4,m4a,3gp,3g2,mj2"; "mov" for QuickTime
    sha256: str
    size: int  # bytes


@dataclass(frozen=True, slots=True)
class Clip:
    """A complete, checked video in the library. The file is never changed."""

    file: Path
    facts: VideoFacts
    #: What is unusual about it, such as another length than requested, as a sentence for the user; empty if nothing is.
    warning: str = ""
