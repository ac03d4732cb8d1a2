"""Frames of one clip in memory."""

from __future__ import annotations

from sora_desktop.media.frames.fill_plan import Window
from sora_desktop.media.frames.pictures import SizedFrame

#: Frames of one clip that are kept at most, and looked through for each one that is decoded.
MOST_FRAMES = 2000


class FrameCache:
    """Frames by number, within a number of bytes."""

    def __init__(self) -> None:
        self._frames: dict[int, SizedFrame] = {}
        self._bytes = 0

    def __contains__(self, frame: object) -> bool:
        return frame in self._frames

    def __len__(self) -> int:
        return len(self._frames)

    def is_beyond(self, limit: int) -> bool:
        """There are too many, or in more than `limit` bytes."""
        return self._bytes > limit or len(self._frames) > MOST_FRAMES

    def get(self, frame: int) -> SizedFrame | None:
        """The kept frame."""
        return self._frames.get(frame)

    def put(self, frame: int, kept: SizedFrame) -> None:
        """Keep a frame, in place of one with the same number."""
        self.drop(frame)
        self._frames[frame] = kept
        self._bytes += kept.bytes

    def drop(self, frame: int) -> None:
        """Forget a frame."""
        kept = self._frames.pop(frame, None)
        if kept is not None:
            self._bytes -= kept.bytes

    def trim(self, limit: int, window: Window) -> None:
        """Forget the frames outside of the window first, then the most distant ones, until `limit` bytes are kept.

        More than one may be forgotten outside of the window, so that the order is not needed at each frame.
        """
        if not self.is_beyond(limit):
            return
        by_use = sorted(self._frames, key=lambda n: (n not in window, n not in window.landing, abs(n - window.current)))
        enough = len(by_use) * 7 // 8
        while len(by_use) > 1 and self.is_beyond(limit):
            self.drop(by_use.pop())
        while len(by_use) > max(enough, 1) and by_use[-1] not in window:
            self.drop(by_use.pop())
