"""Small pictures of all frames of a clip, made in the background, for positions whose frame is not decoded yet."""

from __future__ import annotations

import math
from collections.abc import Callable

from av.video.frame import VideoFrame

from sora_desktop.media.errors import MediaError
from sora_desktop.media.frames.decoder import FrameDecoder
from sora_desktop.media.frames.pictures import PictureMaker, SizedFrame, size_within

#: Pixels of the largest and the smallest small pictures.
_LARGEST = (320, 180)
_SMALLEST = (128, 72)


class ScrubProxy:
    """Every frame, or every n-th one of a long clip, in few pixels. For one thread."""

    def __init__(
        self, decoder: FrameDecoder, maker: PictureMaker, full: tuple[int, int], limit: int, pixel_bytes: float
    ) -> None:
        """`decoder`: that of the clip. `full`: the size of the clip in pixels. `limit`: bytes for all pictures.

        `pixel_bytes`: what a pixel of them takes.
        """
        self._clip = decoder
        self._maker = maker
        self._frames = len(decoder.table.starts)
        pixels = limit / pixel_bytes / self._frames
        scale = max(min(math.sqrt(pixels / (_LARGEST[0] * _LARGEST[1])), 1.0), _SMALLEST[0] / _LARGEST[0])
        self._size = size_within(full, (round(_LARGEST[0] * scale), round(_LARGEST[1] * scale)))
        self._stride = max(1, math.ceil(self._size[0] * self._size[1] / pixels))
        self._pictures: dict[int, SizedFrame] = {}
        self._planned = int(self._size[0] * self._size[1] * pixel_bytes * math.ceil(self._frames / self._stride))
        self._made = 0  # bytes
        self._decoder: FrameDecoder | None = None
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

    def offer(self, number: int, frame: VideoFrame) -> None:
        """A frame that was decoded for another purpose."""
        if number % self._stride == 0 and number not in self._pictures:
            picture = self._pictures[number] = self._maker.kept(frame, self._size, is_small=True)
            self._made += picture.bytes

    def make_one(self, decoded: Callable[[int, VideoFrame], None]) -> bool:
        """Decode one more frame, and hand it on. False if all pictures are made, or the file is gone."""
        while self._next in self._pictures:
            self._next += self._stride
        if self._next >= self._frames:
            self.close()
            return False
        try:
            found = self._read()
        except MediaError:  # the clip's own decoder may still read it
            self._next = self._frames
            self.close()
            return False
        if found is None or found[0] > self._next:
            self._next += self._stride  # it cannot be decoded
        if found is not None:
            self.offer(*found)
            decoded(*found)
        return True

    def _read(self) -> tuple[int, VideoFrame] | None:
        if self._decoder is None:
            self._decoder = self._clip.twin()
        self._decoder.move_to(self._next, needed_from=self._next if self._stride > 1 else 0)
        return self._decoder.read()

    def close(self) -> None:
        """Close the file. The pictures stay."""
        if self._decoder is not None:
            self._decoder.close()
            self._decoder = None
