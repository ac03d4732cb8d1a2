"""Decides which frames of a clip are kept in memory, and which are decoded next, ahead of any request."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple

from sora_desktop.domain.frames import Loop

#: Share of the kept frames that lie behind the current one, seen in the direction of travel.
_BEHIND = 0.25
#: Frames that are kept at least where a loop jumps to, half a second of a clip at 60 frames a second, and the share of
#: the kept frames that they take at most while its end is far.
_LANDING, _LANDING_SHARE = 30, 0.25
#: Shares of the frames on one side that are left when it is worth a seek to decode more. Behind the current frame it
#: begins sooner: the frame that is needed first is the last one of a group that is decoded from its beginning.
_LEFT_AHEAD, _LEFT_BEHIND = 1 / 2, 2 / 3


@dataclass(frozen=True, slots=True)
class Window:
    """The frames to keep around the current one."""

    current: int
    direction: int  # of travel: below 0, 0 or above
    frames: range
    landing: range = range(0)  # where a loop jumps to
    is_whole: bool = False  # all frames of the clip

    def __contains__(self, frame: int) -> bool:
        return frame in self.frames or frame in self.landing


class NextFrames(NamedTuple):
    """What is decoded next."""

    frames: range  # ascending
    until_needed: int  # frames that are there and are shown before


def window_of(current: int, direction: int, capacity: int, frames: int, loop: Loop | None = None) -> Window:
    """The window for a clip of that many frames, of which `capacity` can be kept. Forward, it goes on after a jump."""
    if capacity >= frames:
        return Window(current, direction, range(frames), is_whole=True)
    behind = int(capacity * (0.5 if direction == 0 else _BEHIND if direction > 0 else 1 - _BEHIND))
    stop, landing = frames, range(0)
    if loop is not None and direction != 0:
        repeated, least = range(loop.first, loop.last + 1), min(_LANDING, int(capacity * _LANDING_SHARE))
        if current in repeated and len(repeated) <= capacity:
            return Window(current, direction, repeated, range(repeated.start, current if direction > 0 else 0))
        if direction > 0:
            stop = max(repeated.stop, current + 1)
            landing = repeated[: max(least, capacity - behind - (stop - current))]
        elif least:
            landing = repeated[-least:]
    capacity = max(capacity - len(landing), 1)
    first = max(0, min(current - behind, stop - capacity))
    return Window(current, direction, range(first, min(first + capacity, stop)), landing)


def next_to_decode(
    window: Window, is_done: Callable[[int], bool], heads: Collection[int], key_of: Callable[[int], int]
) -> NextFrames | None:
    """The next frames of the window that are not there; None if nothing needs to be done now.

    `heads`: the frames that can be decoded without a seek. A seek costs up to a whole group of frames. It is worth that
    only when some of the frames on that side have been used up. `key_of`: the key frame at or before a frame.
    """
    if window.direction > 0 and not window.is_whole:
        return _onward(window, is_done)  # frames behind that were left out, being late, would cost two groups
    for side in (_ahead, _behind) if window.direction >= 0 else (_behind, _ahead):
        found = side(window, is_done, heads, key_of)
        if found is not None:
            return found
    landing = [frame for frame in window.landing if not is_done(frame)]
    if not landing:
        return None
    return NextFrames(range(max(landing[0], key_of(landing[-1])), landing[-1] + 1), window.current)


def _onward(window: Window, is_done: Callable[[int], bool]) -> NextFrames | None:
    """What is shown next, also after the jump of a loop."""
    reach = window.frames.stop - window.current
    onward = chain(range(window.current, window.frames.stop), window.landing)
    place, first = next(((place, n) for place, n in enumerate(onward) if not is_done(n)), (0, None))
    if first is None:
        return None
    part = window.frames if place < reach else window.landing
    return NextFrames(_run_from(first, part, is_done), place)


def _ahead(
    window: Window, is_done: Callable[[int], bool], heads: Collection[int], _: Callable[[int], int]
) -> NextFrames | None:
    first = next((n for n in range(window.current, window.frames.stop) if not is_done(n)), None)
    if first is None:
        return None
    reach = window.frames.stop - window.current
    if not window.is_whole and first not in heads and first - window.current > reach * _LEFT_AHEAD:
        return None
    return NextFrames(_run_from(first, window.frames, is_done), first - window.current)


def _behind(
    window: Window, is_done: Callable[[int], bool], heads: Collection[int], key_of: Callable[[int], int]
) -> NextFrames | None:
    """Frames of one group: those behind the current one are needed from the last one on.

    All of them are decoded on one way, also between those that are there: each further way costs a group.
    """
    last = next((n for n in range(window.current - 1, window.frames.start - 1, -1) if not is_done(n)), None)
    if last is None:
        return None
    reach, key = window.current - window.frames.start, key_of(last)
    head = max((head for head in heads if key <= head <= last), default=None)
    if not window.is_whole and head is None and window.current - last - 1 > reach * _LEFT_BEHIND:
        return None
    earliest = max(window.frames.start, key if head is None else head)
    first = next(n for n in range(earliest, last + 1) if not is_done(n))
    return NextFrames(range(first, last + 1), window.current - last - 1)


def _run_from(first: int, part: range, is_done: Callable[[int], bool]) -> range:
    """The frames from `first` on up to one that is there."""
    return range(first, next((n for n in range(first, part.stop) if is_done(n)), part.stop))
