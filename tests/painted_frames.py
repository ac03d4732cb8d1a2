"""Frames that are painted, not decoded: gray, with the strip that tells their number. They arrive at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

from fake_frames import times_of
from PySide6.QtCore import QTimer

from sora_desktop.domain.frames import (
    ClipOpened,
    FrameEvent,
    FrameTimes,
    Loop,
    Picture,
    PicturesRead,
    ReadClip,
    ReadingFailed,
)
from sora_desktop.sandbox.frame_strip import ROWS, encode_row


class PaintedFrameSet:
    """Pictures of 48 frames at 24 frames a second. A file that is missing cannot be read."""

    def __init__(self, clips: Sequence[ReadClip], receive: Callable[[FrameEvent], None], source: PaintedFrames) -> None:
        self._clips = clips
        self._receive = receive
        self._source = source
        self._sizes = [(source.size, source.size)] * len(clips)
        self._frames: Sequence[int] = ()
        self._is_closed = False
        for place, clip in enumerate(clips):
            self._later(self._opened(place, clip))

    def show(
        self, frames: Sequence[int], *, direction: int = 0, is_scrub: bool = False, loops: Sequence[Loop] = ()
    ) -> None:
        self._frames = tuple(frames)
        self._read()

    def set_size(self, clip: int, width: int, height: int) -> None:
        side = min(width, height, self._source.size)
        if self._sizes[clip] != (side, side):
            self._sizes[clip] = side, side
            if self._frames:
                self._read()

    def start_sound(self, clip: int, stream: int, *, start: int, speed: float, first: int, last: int | None) -> None:
        pass

    def read_sound(self, stream: int, frames: int) -> None:
        pass

    def close(self) -> None:
        self._is_closed = True

    def _opened(self, place: int, clip: ReadClip) -> FrameEvent:
        if not clip.file.exists():
            return ReadingFailed(place, f"{clip.file.name} is missing.")
        return ClipOpened(place, self._source.times, self._source.size, self._source.size, has_sound=False)

    def _read(self) -> None:
        pictures = (_picture(frame, *size) for frame, size in zip(self._frames, self._sizes, strict=True))
        self._later(PicturesRead(tuple(pictures)))

    def _later(self, event: FrameEvent) -> None:
        QTimer.singleShot(0, lambda: None if self._is_closed else self._receive(event))


class PaintedFrames:
    """Opens sets of painted frames."""

    def __init__(self, times: FrameTimes | None = None, size: int = 720) -> None:
        self.times = times or times_of(48, 24)
        self.size = size

    def __call__(self, clips: Sequence[ReadClip], receive: Callable[[FrameEvent], None]) -> PaintedFrameSet:
        return PaintedFrameSet(clips, receive, self)


@lru_cache(maxsize=64)
def _picture(frame: int, width: int, height: int) -> Picture:
    strip = b"".join(bytes((value, value, value, 255)) for value in encode_row(frame, width))
    pixels = bytes((90, 90, 90, 255)) * width * (height - ROWS) + strip * ROWS
    return Picture(frame, width, height, width * 4, memoryview(pixels))
