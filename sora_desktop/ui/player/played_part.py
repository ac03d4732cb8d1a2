"""What is played of the clips that are open: the range, and whether it is repeated."""

from __future__ import annotations

from sora_desktop.ui.player.clip_frames import ClipFrames
from sora_desktop.ui.player.locked_clips import LockedClips
from sora_desktop.ui.player.play_range import Jump, PlayRange
from sora_desktop.ui.player.ticker import Course


class PlayedPart:
    """A range and a loop. Positions are microseconds from the first frame."""

    def __init__(self, source: ClipFrames) -> None:
        """`source` has the clips."""
        self._source = source
        self.range = PlayRange()
        self.loop = True

    @property
    def bounds(self) -> tuple[int, int]:
        """Start and end; the end is exclusive."""
        return self.range.within(self._clips.timeline.end)

    @property
    def own_range(self) -> PlayRange:
        """The range in the time of the current clip."""
        start, end = (None if at is None else self._clips.own_position(at) for at in self.range)
        return PlayRange(start, end)

    @property
    def own_bounds(self) -> tuple[int, int]:
        """The bounds in the time of the current clip."""
        start, end = map(self._clips.own_position, self.bounds)
        return start, end

    @property
    def course(self) -> Course:
        """What a ticker plays."""
        return Course(self._clips.tracks, self.bounds, self.loop)

    def with_start_at(self, position: int) -> PlayRange:
        """The range that starts with the frame of a position."""
        return self.range.with_start(*self._clips.frame_bounds(position))

    def with_end_at(self, position: int) -> PlayRange:
        """The range that ends with the frame of a position."""
        return self.range.with_end(*self._clips.frame_bounds(position))

    def start_from(self, position: int, *, backward: bool) -> int:
        """Where playing begins: at the position, unless it is outside or at the end."""
        return self._clips.start_of_playing(position, self.bounds, backward=backward)

    def frame_of(self, to: Jump) -> int:
        """The frame of the timeline at a place of the clip or of the range."""
        start, end = self.bounds if to in (Jump.RANGE_START, Jump.RANGE_END) else (0, self._clips.timeline.end)
        return self._clips.timeline.frame_at(start if to in (Jump.START, Jump.RANGE_START) else end - 1)

    @property
    def repeated(self) -> tuple[int, int] | None:
        """The first and the last position of the loop; None: nothing is repeated."""
        start, end = self.bounds
        return (start, end - 1) if self.loop else None

    @property
    def _clips(self) -> LockedClips:
        return self._source.clips
