"""The part of a clip that is played, and the moments at which playing changes its picture."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import replace
from enum import Enum, auto
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:  # the first paint needs no frames
    from sora_desktop.domain.frames import FrameTimes

#: Microseconds. Frames of several clips that change within this time are shown together.
_TOGETHER = 5_000


class PlayRange(NamedTuple):
    """Start and end of the part that is played, in microseconds; the end is exclusive. None: that of the clip."""

    start: int | None = None
    end: int | None = None

    def with_start(self, start: int, end: int) -> PlayRange:
        """Start with the frame that is shown from `start` to `end`. An end that is not behind it is dropped."""
        return PlayRange(start, self.end if self.end is not None and self.end > end else None)

    def with_end(self, start: int, end: int) -> PlayRange:
        """End with the frame that is shown from `start` to `end`. A start that is not before it is dropped."""
        return PlayRange(self.start if self.start is not None and self.start < start else None, end)

    def within(self, length: int) -> tuple[int, int]:
        """Start and end in a clip of this length."""
        start = min(self.start or 0, max(length - 1, 0))
        return start, length if self.end is None else max(min(self.end, length), start + 1)


class Jump(Enum):
    """A place of the clip that playing can be moved to."""

    START = auto()
    END = auto()
    RANGE_START = auto()
    RANGE_END = auto()


class Tick(NamedTuple):
    """A moment at which at least one clip shows another frame."""

    position: int  # microseconds from the first frame
    after: int  # microseconds of playing since the tick before


def timeline_of(current: FrameTimes, others: Sequence[FrameTimes]) -> FrameTimes:
    """The frames of the current clip and, after its end, those of the longest one."""
    longest = max((current, *others), key=lambda times: times.end)
    if longest.end <= current.end:
        return current
    rest = longest.starts[bisect_left(longest.starts, current.end) :]
    return replace(current, starts=(*current.starts, *rest), end=longest.end)


def next_tick(
    tracks: Sequence[FrameTimes], position: int, bounds: tuple[int, int], *, least: int, backward: bool, loop: bool
) -> Tick | None:
    """The next moment of playing, at least `least` microseconds later; None at the end.

    `bounds`: start and end of what is played. Playing backward, a tick is the last microsecond of a frame.
    """
    start, end = bounds
    least = max(least, 1)
    if backward:
        at = _last_start(tracks, position + 1 - least)
        if at is not None and at > start:
            return Tick(at - 1, position - at + 1)
        return Tick(end - 1, position - start + 1) if loop else None
    at = _first_start(tracks, position + least)
    if at is not None and at < end:
        return Tick(at, at - position)
    return Tick(start, end - position) if loop else None


def _first_start(tracks: Sequence[FrameTimes], earliest: int) -> int | None:
    """The first moment from `earliest` on at which a frame begins, or the last one shortly after it."""
    found = [times.starts[place] for times in tracks if (place := bisect_left(times.starts, earliest)) < times.frames]
    if not found:
        return None
    together = min(found) + _TOGETHER
    return max(at for at in found if at <= together)


def _last_start(tracks: Sequence[FrameTimes], latest: int) -> int | None:
    """The last moment up to `latest` at which a frame begins, or the first one shortly before it."""
    found = [times.starts[place] for times in tracks if (place := bisect_right(times.starts, latest) - 1) >= 0]
    if not found:
        return None
    together = max(found) - _TOGETHER
    return min(at for at in found if at >= together)
