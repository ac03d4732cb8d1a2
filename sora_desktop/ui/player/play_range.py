"""Frames, their times, and the range of frames that is played."""

from __future__ import annotations

from dataclasses import dataclass


def milliseconds_of(frame: int, fps: float) -> int:
    """Position that shows exactly this frame: its middle, since its edges may round to a neighboring frame."""
    return int((frame + 0.5) * 1000 / fps)


def frame_at(microseconds: int, fps: float) -> int:
    """Number of the frame that starts at this time."""
    return round(microseconds * fps / 1_000_000)


@dataclass(frozen=True, slots=True)
class PlayRange:
    """First and last frame that are played, inclusive. None: the first or last frame of the clip."""

    first: int | None = None
    last: int | None = None

    def with_first(self, frame: int) -> PlayRange:
        """Start at the frame. An end before it is dropped."""
        return PlayRange(frame, self.last if self.last is not None and self.last > frame else None)

    def with_last(self, frame: int) -> PlayRange:
        """End at the frame. A start after it is dropped."""
        return PlayRange(self.first if self.first is not None and self.first < frame else None, frame)
