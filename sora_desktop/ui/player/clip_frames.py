"""The clips of a playback: opens them in frame lock, asks for their pictures and hands on what arrives."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import assert_never

from sora_desktop.domain.frames import (
    ClipOpened,
    FrameEvent,
    Loop,
    PicturesRead,
    ReadClip,
    ReadingFailed,
    SoundRead,
)
from sora_desktop.ui.player.asked_frames import AskedFrames, MomentPictures, PictureAnswer
from sora_desktop.ui.player.frame_source import FrameSet, OpenFrames
from sora_desktop.ui.player.locked_clips import LockedClips


class ClipFrames:
    """One set of open clips at a time. Answers that nobody waits for any more are dropped."""

    def __init__(
        self,
        open_frames: OpenFrames,
        *,
        opened: Callable[[], None],
        failed: Callable[[int, str], None],
        arrived: Callable[[MomentPictures, bool], None],
        heard: Callable[[SoundRead], None],
    ) -> None:
        """`opened` is called when every clip is open or has failed; `failed` with a clip that cannot be read, or no
        longer, and a message for the user; `arrived` with the pictures of the last request that was answered, and
        whether they were there before; `heard` with sound.
        """
        self.clips = LockedClips(0)
        self.frames: FrameSet | None = None  # None: nothing is open
        self._open_frames = open_frames
        self._opened, self._failed, self._arrived, self._heard = opened, failed, arrived, heard
        self._opening = 0  # number of the set that was opened last
        self._asked = AskedFrames()

    @property
    def is_waiting(self) -> bool:
        """Pictures were asked for and are not there yet."""
        return self._asked.is_waiting

    def open(self, clips: Sequence[ReadClip], current: int) -> None:
        """Open clips instead of those that are open. `current`: the one whose frames are counted."""
        self.close()
        self.clips = LockedClips(len(clips), current)
        number = self._opening
        self.frames = self._open_frames(clips, lambda event: self._receive(event, number))

    def close(self) -> None:
        """Close the files, so that they can be moved or deleted on every system."""
        closed, self.frames = self.frames, None
        self._opening += 1
        if closed is not None:
            closed.close()
        self.clips = LockedClips(0)
        self.forget()

    def ask(
        self, position: int, *, direction: int, is_scrub: bool = False, loop: tuple[int, int] | None = None
    ) -> None:
        """Ask for the picture that each clip shows at a position.

        `loop`: the first and the last position of what is repeated. Microseconds.
        """
        if self.frames is not None:
            wanted = self.clips.frames_at(position)
            self._asked.ask(wanted, position)
            loops = () if loop is None else [Loop(*ends) for ends in zip(*map(self.clips.frames_at, loop), strict=True)]
            self.frames.show(wanted, direction=direction, is_scrub=is_scrub, loops=loops)

    def set_size(self, clip: int, width: int, height: int) -> None:
        """The most device pixels that pictures of a clip are painted with."""
        if self.frames is not None and clip < len(self.clips.opened):
            self.frames.set_size(clip, width, height)

    def position_of(self, pictures: MomentPictures) -> int:
        """The position of pictures that have just arrived: an earlier one than was asked for if the current one is of
        an earlier frame. In microseconds.
        """
        position, clip = self._asked.position, self.clips.current_clip
        picture = pictures[self.clips.current]
        if clip is None or picture is None or picture.is_exact:
            return position
        return min(position, clip.times.starts[picture.frame])

    def forget(self) -> None:
        """No answer to an earlier request is wanted."""
        self._asked.forget()

    def _receive(self, event: FrameEvent, number: int) -> None:
        """Hand on an event of the set with this number. Others are closed."""
        if number != self._opening:
            return
        match event:
            case ClipOpened():
                self.clips.add(event)
                if not self.clips.is_waiting:
                    self._opened()
            case ReadingFailed(clip=clip, message=message):
                was_waiting = self.clips.is_waiting
                self.clips.drop(clip)
                self._failed(clip, message)
                if was_waiting and not self.clips.is_waiting:
                    self._opened()
            case PicturesRead(pictures=pictures):
                answer = self._asked.take(pictures)
                if answer is not PictureAnswer.OUTDATED:
                    self._arrived(pictures, answer is PictureAnswer.AGAIN)
            case SoundRead():
                self._heard(event)
            case _:
                assert_never(event)
