"""Frames of clips: when each is shown, and their pictures."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class FrameTimes:
    """When each frame of a clip is shown, in microseconds from the first one. Read from the file, never from a rate."""

    starts: tuple[int, ...]  # of each frame, ascending; the first one is 0
    end: int  # of the last frame

    @property
    def frames(self) -> int:
        return len(self.starts)

    def frame_at(self, microseconds: int) -> int:
        """Number of the frame shown at a time: the first or last one outside of the clip."""
        return max(0, min(bisect_right(self.starts, microseconds) - 1, len(self.starts) - 1))

    def duration_of(self, frame: int) -> int:
        """Microseconds for which a frame is shown."""
        end = self.starts[frame + 1] if frame + 1 < len(self.starts) else self.end
        return end - self.starts[frame]


class Loop(NamedTuple):
    """What is repeated of a clip: the first frame and the last one."""

    first: int
    last: int


@dataclass(frozen=True, slots=True)
class ReadClip:
    """A clip that is to be read."""

    file: Path
    times_file: Path | None = None  # where its frame times are kept, and written to if they are missing


@dataclass(frozen=True, slots=True)
class Picture:
    """A frame as 32-bit pixels, blue first (`QImage.Format_RGB32`), upright and with square pixels.

    The pixels are in memory that another process writes: they stay as they are until two more pictures of the same
    clip have been received.
    """

    frame: int
    width: int  # pixels
    height: int  # pixels
    pitch: int  # bytes from one row to the next
    pixels: memoryview
    is_exact: bool = True  # False: from the scrub proxy, in fewer pixels than were asked for


@dataclass(frozen=True, slots=True)
class ClipOpened:
    """A clip of a set can be read."""

    clip: int  # place in the set, from 0
    times: FrameTimes
    width: int  # pixels of its pictures at full size, upright and with square pixels
    height: int
    has_sound: bool


@dataclass(frozen=True, slots=True)
class PicturesRead:
    """Answers `FrameSet.show`: one picture of each clip of the set, or None where the frame cannot be decoded."""

    pictures: tuple[Picture | None, ...]


@dataclass(frozen=True, slots=True)
class SoundRead:
    """Answers `FrameSet.read_sound`: 48 kHz, two channels, 16 bits. Empty at the end of a sound that is not looped."""

    stream: int
    samples: bytes


@dataclass(frozen=True, slots=True)
class ReadingFailed:
    """A clip of the set cannot be read, or no longer. The message may be shown to the user."""

    clip: int
    message: str


FrameEvent = ClipOpened | PicturesRead | SoundRead | ReadingFailed
