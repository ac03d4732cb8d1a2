"""Decides which frames of a clip are kept in memory, and which are decoded next, ahead of any request."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

#: Share of the kept frames that lie behind the current one, seen in the direction of travel.
_BEHIND = 0.25
#: At most this share of the kept frames lies at the place to which a loop jumps.
_LANDING_SHARE = 0.25
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


def window_of(current: int, direction: int, capacity: int, frames: int, landing: range = range(0)) -> Window:
    """The window for a clip of that many frames, of which `capacity` can be kept."""
    if capacity >= frames:
        return Window(current, direction, range(frames), is_whole=True)
    surplus = max(len(landing) - int(capacity * _LANDING_SHARE), 0)
    landing = landing[: len(landing) - surplus] if direction >= 0 else landing[surplus:]
    capacity = max(capacity - len(landing), 1)
    before = int(capacity * (0.5 if direction == 0 else _BEHIND if direction > 0 else 1 - _BEHIND))
    first = max(0, min(current - before, frames - capacity))
    return Window(current, direction, range(first, min(first + capacity, frames)), landing)


def next_to_decode(
    window: Window, is_done: Callable[[int], bool], head: int, key_of: Callable[[int], int]
) -> range | None:
    """The next frames of the window that are not there, ascending; None if nothing needs to be done now.

    `head`: the frame that can be decoded without a seek. A seek costs up to a whole group of frames. It is worth that
    only when some of the frames on that side have been used up. `key_of`: the key frame at or before a frame.
    """
    sides = [_ahead, _behind] if window.direction >= 0 else [_behind, _ahead]
    if window.direction > 0 and not window.is_whole:
        sides.remove(_behind)  # frames that were left out, being late, would cost a group, and another one to go on
    for side in sides:
        found = side(window, is_done, head, key_of)
        if found is not None:
            return found
    landing = [frame for frame in window.landing if not is_done(frame)]
    if not landing:
        return None
    is_behind = landing[0] < window.current
    return range(max(landing[0], key_of(landing[-1])) if is_behind else landing[0], landing[-1] + 1)


def _ahead(window: Window, is_done: Callable[[int], bool], head: int, _: Callable[[int], int]) -> range | None:
    first = next((n for n in range(window.current, window.frames.stop) if not is_done(n)), None)
    if first is None:
        return None
    reach = window.frames.stop - window.current
    if not window.is_whole and first != head and first - window.current > reach * _LEFT_AHEAD:
        return None
    last = next((n for n in range(first, window.frames.stop) if is_done(n)), window.frames.stop)
    return range(first, last)


def _behind(window: Window, is_done: Callable[[int], bool], head: int, key_of: Callable[[int], int]) -> range | None:
    """Frames of one group: those behind the current one are needed from the last one on.

    All of them are decoded on one way, also between those that are there: each further way costs a group.
    """
    last = next((n for n in range(window.current - 1, window.frames.start - 1, -1) if not is_done(n)), None)
    if last is None:
        return None
    reach, key = window.current - window.frames.start, key_of(last)
    is_on_its_way = key <= head <= last
    if not window.is_whole and not is_on_its_way and window.current - last - 1 > reach * _LEFT_BEHIND:
        return None
    earliest = max(window.frames.start, head if is_on_its_way else key)
    return range(next(n for n in range(earliest, last + 1) if not is_done(n)), last + 1)
