"""The clips that are played in frame lock, and which frame each of them shows at a time."""

from __future__ import annotations

from sora_desktop.domain.frames import ClipOpened, FrameTimes
from sora_desktop.ui.player.play_range import timeline_of

_NOTHING = FrameTimes((0,), 0)


class LockedClips:
    """One to four clips, some of which are not open yet or cannot be read. One of them is current."""

    def __init__(self, number: int, current: int = 0) -> None:
        self._opened: list[ClipOpened | None] = [None] * number
        self._waiting = set(range(number))
        self._nudges = [0] * number
        self._current = current
        self._timeline = _NOTHING

    @property
    def opened(self) -> tuple[ClipOpened | None, ...]:
        return tuple(self._opened)

    @property
    def current(self) -> int:
        return self._current

    @property
    def current_clip(self) -> ClipOpened | None:
        return self._opened[self._current] if self._opened else None

    @property
    def has_sound(self) -> bool:
        """The current clip has."""
        return self.current_clip is not None and self.current_clip.has_sound

    @property
    def nudges(self) -> tuple[int, ...]:
        return tuple(self._nudges)

    @property
    def is_settled(self) -> bool:
        """Every clip is open or has failed, and there is one."""
        return not self._waiting and any(self._opened)

    @property
    def is_waiting(self) -> bool:
        """A clip is neither open nor has it failed."""
        return bool(self._waiting)

    @property
    def tracks(self) -> list[FrameTimes]:
        """Of the clips that are open."""
        return [clip.times for clip in self._opened if clip is not None]

    @property
    def timeline(self) -> FrameTimes:
        return self._timeline

    def add(self, clip: ClipOpened) -> None:
        self._opened[clip.clip] = clip
        self._waiting.discard(clip.clip)
        self._update()

    def drop(self, clip: int) -> None:
        """A clip cannot be read, or no longer."""
        self._opened[clip] = None
        self._waiting.discard(clip)
        self._update()

    def set_current(self, clip: int) -> None:
        self._current = clip
        self._update()

    def nudge(self, clip: int, frames: int) -> None:
        self._nudges[clip] += frames

    def frames_at(self, position: int) -> tuple[int, ...]:
        """The frame of each clip at a time in microseconds; 0 for a clip that is not open."""
        return tuple(
            0 if clip is None else max(0, min(clip.times.frame_at(position) + nudge, clip.times.frames - 1))
            for clip, nudge in zip(self._opened, self._nudges, strict=True)
        )

    def frame_bounds(self, position: int) -> tuple[int, int]:
        """Start and end of the frame of the timeline at a position. Microseconds."""
        frame = self._timeline.frame_at(position)
        start = self._timeline.starts[frame]
        return start, start + self._timeline.duration_of(frame)

    def start_of_playing(self, position: int, bounds: tuple[int, int], *, backward: bool) -> int:
        """The position; the beginning of what is played if the position is outside, or at the end. Microseconds."""
        start, end = bounds
        is_inside = start <= position < end
        if backward:
            return self.frame_bounds(position)[1] - 1 if is_inside else end - 1
        last = self._timeline.starts[self._timeline.frame_at(end - 1)]
        return position if is_inside and position < last else start

    def own_position(self, position: int) -> int:
        """Where the current clip is at a position: elsewhere if it is nudged. Microseconds."""
        clip, nudge = self.current_clip, self._nudges[self._current] if self._nudges else 0
        if clip is None or not nudge:
            return position
        starts, frame = clip.times.starts, clip.times.frame_at(position)
        return position + starts[max(0, min(frame + nudge, clip.times.frames - 1))] - starts[frame]

    def _update(self) -> None:
        clip, tracks = self.current_clip, self.tracks
        current = clip.times if clip is not None else max(tracks, key=lambda times: times.end, default=_NOTHING)
        self._timeline = timeline_of(current, tracks)
