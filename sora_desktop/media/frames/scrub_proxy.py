"""Small pictures of all frames of a clip, made in the background, for positions whose frame is not decoded yet."""

from __future__ import annotations

import math

from av.video.frame import VideoFrame

from sora_desktop.media.frames.pictures import PictureMaker, SizedFrame, size_within

#: Pixels of the largest and the smallest small pictures.
_LARGEST = (320, 180)
_SMALLEST = (128, 72)


class ScrubProxy:
    """Every frame, or every n-th one of a long clip, in few pixels. For one thread."""

    def __init__(self, maker: PictureMaker, frames: int, full: tuple[int, int], limit: int, pixel_bytes: float) -> None:
        """`frames`: of the clip. `full`: its size in pixels. `limit`: bytes for all pictures.

        `pixel_bytes`: what a pixel of them takes.
        """
        self._maker = maker
        self._frames = frames
        pixels = limit / pixel_bytes / self._frames
        scale = max(min(math.sqrt(pixels / (_LARGEST[0] * _LARGEST[1])), 1.0), _SMALLEST[0] / _LARGEST[0])
        self._size = size_within(full, (round(_LARGEST[0] * scale), round(_LARGEST[1] * scale)))
        self._stride = max(1, math.ceil(self._size[0] * self._size[1] / pixels))
        self._pictures: dict[int, SizedFrame] = {}
        self._planned = int(self._size[0] * self._size[1] * pixel_bytes * math.ceil(self._frames / self._stride))
        self._made = 0  # bytes
        self._next = 0  # none is missing before it

    @property
    def bytes(self) -> int:
        """The memory that all pictures take, also those that are not made yet."""
        return max(self._planned, self._made)

    def picture_of(self, frame: int) -> tuple[int, SizedFrame] | None:
        """The small picture of a frame, or of the nearest one before that has one, with its number; None: not yet."""
        number = frame - frame % self._stride
        picture = self._pictures.get(number)
        return None if picture is None else (number, picture)

    def offer(self, number: int, frame: VideoFrame, kept: SizedFrame | None) -> None:
        """A frame that was decoded. `kept`: what is kept of it, which is sooner made smaller."""
        if number % self._stride == 0 and number not in self._pictures:
            picture = self._maker.kept(frame, self._size) if kept is None else self._maker.small(kept, self._size)
            self._pictures[number] = picture
            self._made += picture.bytes

    @property
    def missing(self) -> int | None:
        """The first frame whose picture is not made; None: all are."""
        while self._next in self._pictures:
            self._next += self._stride
        return self._next if self._next < self._frames else None

    @property
    def needed_from(self) -> int:
        """Frames before this one are not needed on the way to the missing one."""
        return self._next if self._stride > 1 else 0

    def leave_out(self, number: int) -> None:
        """The missing frame cannot be decoded."""
        self._next = number + self._stride
