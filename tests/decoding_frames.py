"""A frame reader in virtual time: decoding takes time, and goes on ahead of what is asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from fake_frames import FakeClock, picture_of, times_of

from sora_desktop.domain.frames import ClipOpened, FrameEvent, Loop, PicturesRead, ReadClip

#: Frames that are decoded ahead at most, and from one at which decoding can begin to the next.
_AHEAD, _GROUP = 4, 250
#: Seconds that a request and its answer take on their way.
_WAY = 0.001


class DecodingFrames:
    """One clip, as `OpenFrames`. No frame refers to those with odd numbers, which are left out on the way to others."""

    def __init__(self, clock: FakeClock, frames: int, rate: float, seconds: float) -> None:
        """`seconds`: what decoding one frame takes."""
        self._clock = clock
        self._times = times_of(frames, rate)
        self._seconds = seconds
        self._stopped_until = 0.0
        self._receive: Callable[[FrameEvent], None] = lambda _: None
        self._kept: set[int] = set()
        self._head = 0  # the frame that is decoded next
        self._wanted = 0
        self._is_given = True
        self._is_decoding = False

    def __call__(self, clips: Sequence[ReadClip], receive: Callable[[FrameEvent], None]) -> DecodingFrames:
        self._receive = receive
        self._later(_WAY, lambda: receive(ClipOpened(0, self._times, 64, 36, False)))
        return self

    def stop(self, seconds: float) -> None:
        """Decode nothing for so long: other programs have the processors."""
        self._stopped_until = self._clock.time + seconds

    def show(
        self, frames: Sequence[int], *, direction: int = 0, is_scrub: bool = False, loops: Sequence[Loop] = ()
    ) -> None:
        self._wanted, self._is_given = frames[0], False
        self._later(_WAY, self._go_on)

    def set_size(self, clip: int, width: int, height: int) -> None: ...

    def start_sound(
        self, clip: int, stream: int, *, start: int, speed: float, first: int, last: int | None
    ) -> None: ...

    def read_sound(self, stream: int, frames: int) -> None: ...

    def close(self) -> None: ...

    def _later(self, seconds: float, call: Callable[[], None]) -> None:
        self._clock.timer(call).start(seconds)

    def _go_on(self) -> None:
        wanted = self._wanted
        if wanted in self._kept and not self._is_given:
            self._is_given = True
            self._later(_WAY, lambda: self._receive(PicturesRead((picture_of(wanted),))))
        ahead = range(wanted, min(wanted + _AHEAD, self._times.frames))
        needed = next((frame for frame in ahead if frame not in self._kept), None)
        if needed is None or self._is_decoding:
            return
        if self._head > needed:
            self._head = needed - needed % _GROUP
        while self._head < needed and self._head % 2:
            self._head += 1
        self._is_decoding, frame = True, self._head
        pause = max(self._stopped_until - self._clock.time, 0.0)
        self._later(pause + self._seconds, lambda: self._decoded(frame, is_needed=frame >= needed))

    def _decoded(self, frame: int, *, is_needed: bool) -> None:
        self._is_decoding = False
        self._head = frame + 1
        if is_needed:
            self._kept.add(frame)
        self._go_on()
