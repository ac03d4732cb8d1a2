"""Scripted fakes of what a playback needs: frames that arrive when a test lets them, a clock, a sound device."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

from sora_desktop.domain.frames import (
    ClipOpened,
    FrameEvent,
    FrameTimes,
    Loop,
    Picture,
    PicturesRead,
    ReadClip,
    ReadingFailed,
    SoundRead,
)
from sora_desktop.ui.player.sound import OutputState


def times_of(frames: int, fps: float) -> FrameTimes:
    """Frames of equal length."""
    return FrameTimes(tuple(round(n * 1_000_000 / fps) for n in range(frames)), round(frames * 1_000_000 / fps))


def picture_of(frame: int, *, is_exact: bool = True) -> Picture:
    """Two pixels of one color, whose blue is the number of the frame."""
    return Picture(frame, 2, 1, 8, memoryview(bytes((frame % 256, 0, 0, 255)) * 2), is_exact)


class FakeClock:
    """Time passes with `advance` only."""

    def __init__(self) -> None:
        self.time = 100.0
        self._timers: list[FakeTimer] = []

    def now(self) -> float:
        return self.time

    def timer(self, call: Callable[[], None]) -> FakeTimer:
        timer = FakeTimer(self, call)
        self._timers.append(timer)
        return timer

    def advance(self, seconds: float) -> None:
        """Let time pass, and call what is due on the way."""
        end = self.time + seconds
        while due := [each for each in self._timers if each.due is not None and each.due <= end]:
            timer = min(due, key=lambda each: each.due or 0.0)
            self.time, timer.due = max(self.time, timer.due or 0.0), None
            timer.call()
        self.time = end


class FakeTimer:
    def __init__(self, clock: FakeClock, call: Callable[[], None]) -> None:
        self._clock = clock
        self.call = call
        self.due: float | None = None

    def start(self, seconds: float) -> None:
        self.due = self._clock.time + seconds

    def stop(self) -> None:
        self.due = None


@dataclass
class Shown:
    """A request for frames."""

    frames: tuple[int, ...]
    direction: int
    is_scrub: bool


@dataclass
class FakeFrameSet:
    """Remembers what it was asked for. Like the reader, it answers one request at a time and skips to the last one."""

    source: FakeFrames
    receive: Callable[[FrameEvent], None]
    shown: list[Shown] = field(default_factory=list)
    sizes: list[tuple[int, int, int]] = field(default_factory=list)
    sounds: list[dict[str, float | int | None]] = field(default_factory=list)
    asked_samples: list[tuple[int, int]] = field(default_factory=list)
    loops: tuple[Loop, ...] = ()
    is_closed: bool = False
    is_busy: bool = False
    _following: Shown | None = None

    def show(
        self, frames: Sequence[int], *, direction: int = 0, is_scrub: bool = False, loops: Sequence[Loop] = ()
    ) -> None:
        request = Shown(tuple(frames), direction, is_scrub)
        self.shown.append(request)
        self.loops = tuple(loops)
        if self.is_busy:
            self._following = request
        else:
            self._begin(request)

    def set_size(self, clip: int, width: int, height: int) -> None:
        self.sizes.append((clip, width, height))

    def start_sound(self, clip: int, stream: int, *, start: int, speed: float, first: int, last: int | None) -> None:
        self.sounds.append(
            {"clip": clip, "stream": stream, "start": start, "speed": speed, "first": first, "last": last}
        )

    def read_sound(self, stream: int, frames: int) -> None:
        self.asked_samples.append((stream, frames))
        self.source.later(0.0, lambda: self.receive(SoundRead(stream, bytes(frames * 4))))

    def close(self) -> None:
        self.is_closed = True

    def send(self, frames: Sequence[int | None], *, is_exact: bool = True) -> None:
        """Deliver pictures by hand; None: cannot be decoded."""
        made = (None if frame is None else picture_of(frame, is_exact=is_exact) for frame in frames)
        self.receive(PicturesRead(tuple(made)))

    def _begin(self, request: Shown) -> None:
        self.is_busy = True
        self.source.later(self.source.delay, lambda: self._end(request))

    def _end(self, request: Shown) -> None:
        self.is_busy = False
        following, self._following = self._following, None
        if following is not None:
            self._begin(following)
        self.receive(
            PicturesRead(
                tuple(
                    picture_of(frame) if place not in self.source.failing else None
                    for place, frame in enumerate(request.frames)
                )
            )
        )


class FakeFrames:
    """Opens sets of clips that have these frame times. A number in `failing` is a clip that cannot be read."""

    def __init__(self, clock: FakeClock, *times: FrameTimes, has_sound: bool = True) -> None:
        self.clock = clock
        self.times = times
        self.has_sound = has_sound
        self.failing: set[int] = set()
        self.delay = 0.002  # seconds until a picture is there
        self.sets: list[FakeFrameSet] = []
        self.opened: list[tuple[ReadClip, ...]] = []

    def __call__(self, clips: Sequence[ReadClip], receive: Callable[[FrameEvent], None]) -> FakeFrameSet:
        frames = FakeFrameSet(self, receive)
        self.sets.append(frames)
        self.opened.append(tuple(clips))
        for clip in range(len(clips)):
            self.later(self.delay, partial(self._open, frames, clip))
        return frames

    def later(self, seconds: float, call: Callable[[], None]) -> None:
        """Call after a time of the clock."""
        self.clock.timer(call).start(seconds)

    def _open(self, frames: FakeFrameSet, clip: int) -> None:
        if frames.is_closed:
            return
        if clip in self.failing:
            frames.receive(ReadingFailed(clip, "It cannot be read."))
        else:
            frames.receive(ClipOpened(clip, self.times[clip], 64, 36, self.has_sound))


class FakeOutput:
    """A sound device that plays with the clock. `late` seconds pass before it begins; `pace` is its speed."""

    def __init__(self, clock: FakeClock, *, late: float = 0.0, pace: float = 1.0) -> None:
        self._clock, self._late, self._pace = clock, late, pace
        self._began: float | None = None
        self.written = 0  # bytes
        self.volumes: list[float] = []
        self.reports: list[bool] = []  # whether it was heard
        self.is_closed = self.is_unplugged = self.is_opening = False

    def open(self, volume: float) -> FakeOutput:
        """As the system that opens it."""
        self.volumes.append(volume)
        self._began, self.written, self.is_closed = None, 0, False
        return self

    def room(self) -> int:
        return max(38_400 - (self.written - round(self.played() * 192_000)), 0)

    def write(self, samples: bytes) -> int:
        if self._began is None:
            self._began = self._clock.time + self._late
        self.written += len(samples)
        return len(samples)

    def played(self) -> float:
        if self._began is None:
            return 0.0
        return max(min((self._clock.time - self._began) * self._pace, self.written / 192_000), 0.0)

    def stand_still(self, seconds: float) -> None:
        """Play nothing for some time, from now on."""
        assert self._began is not None
        self._began += seconds

    def report(self, is_heard: bool) -> None:
        self.reports.append(is_heard)

    def state(self) -> OutputState:
        if self.is_unplugged:
            return OutputState.LOST
        return OutputState.OPENING if self.is_opening else OutputState.OPEN

    def set_volume(self, volume: float) -> None:
        self.volumes.append(volume)

    def close(self) -> None:
        self.is_closed = True


class FakeOutputs:
    """A sound system whose default device is the next of those that are left. It may have none."""

    def __init__(self, *left: FakeOutput) -> None:
        self.left = list(left)
        self.reports: list[bool] = []  # whether sound was heard

    def open(self, volume: float) -> FakeOutput:
        """Open the next one."""
        if not self.left:
            raise OSError("no device")
        return self.left.pop(0).open(volume)

    def report(self, is_heard: bool) -> None:
        self.reports.append(is_heard)
