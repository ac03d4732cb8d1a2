"""Where the player's pictures and sound come from: clips that are read in frame lock, in another process."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from sora_desktop.domain.frames import FrameEvent, Loop, ReadClip


class FrameSet(Protocol):
    """One to four open clips. No call blocks: answers are events. Calls and events are in the window's thread."""

    def show(
        self, frames: Sequence[int], *, direction: int = 0, is_scrub: bool = False, loops: Sequence[Loop] = ()
    ) -> None:
        """Ask for one frame of each clip, answered by one PicturesRead with all of them.

        One request is on its way at a time; of those made meanwhile, the last one follows. `direction`: in which frames
        are shown next, -1, 0 or 1 and more for faster, so that they are decoded ahead. `is_scrub`: a picture from the
        scrub proxy may come first, and the exact one follows unless another frame is asked for. `loops`: what is
        repeated of each clip, so that what follows its end is decoded ahead, too; empty: nothing is.
        """

    def set_size(self, clip: int, width: int, height: int) -> None:
        """The most pixels that a picture of the clip is painted with. It is never larger than at full size.

        The frames that were asked for last are read again, unless they were that large.
        """

    def start_sound(self, clip: int, stream: int, *, start: int, speed: float, first: int, last: int | None) -> None:
        """Begin a stream of sound, and end the one before: from `start` on, at `speed`, with pitch kept.

        `start`, `first` and `last` are microseconds. With `last`, the sound repeats from `first` there without a gap;
        without it, it ends with the clip.
        """

    def read_sound(self, stream: int, frames: int) -> None:
        """Ask for the next samples of a stream: SoundRead."""

    def close(self) -> None:
        """Close the files. No event follows."""


OpenFrames = Callable[[Sequence[ReadClip], Callable[[FrameEvent], None]], FrameSet]
"""Opens clips in frame lock; the function receives their events in the window's thread."""
