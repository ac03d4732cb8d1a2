"""Plays one to four clips in frame lock: one clock, and all pictures of a moment together."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from enum import Enum, auto

from PySide6.QtCore import QObject, Signal

from sora_desktop.domain.frames import ClipOpened, FrameTimes, ReadClip
from sora_desktop.ui.player.asked_frames import MomentPictures
from sora_desktop.ui.player.clip_frames import ClipFrames
from sora_desktop.ui.player.frame_source import OpenFrames
from sora_desktop.ui.player.locked_clips import LockedClips
from sora_desktop.ui.player.play_clock import QtTimer, Timer
from sora_desktop.ui.player.play_range import Jump, PlayRange
from sora_desktop.ui.player.played_part import PlayedPart
from sora_desktop.ui.player.sound import NoSound, SoundSystem
from sora_desktop.ui.player.sound_lock import SoundLock
from sora_desktop.ui.player.speeds import limited_speed, next_shuttle_speed
from sora_desktop.ui.player.ticker import Ticker


class PlaybackState(Enum):
    EMPTY = auto()
    PAUSED = auto()
    PLAYING = auto()


class Playback(QObject):
    """Shows frames when they are due. Late ones are skipped and counted, never shown one after the other.

    Positions are microseconds from the first frame. Clips of different lengths and rates are shown by time; one that
    has ended stays at its last frame. Frames are counted in the current clip, whose sound is played.
    """

    opened = Signal()  # every clip, or it has failed
    failed = Signal(int, str)  # clip, message for the user: it cannot be read, or no longer
    pictures_shown = Signal(object)  # tuple[Picture | None, ...]: one of each clip, of one moment
    position_changed = Signal()  # after `pictures_shown`, or with the current clip
    state_changed = Signal(PlaybackState)
    speed_changed = Signal(float)  # negative: backward
    range_changed = Signal(PlayRange)
    current_changed = Signal(int)

    def __init__(
        self,
        open_frames: OpenFrames,
        parent: QObject | None = None,
        *,
        now: Callable[[], float] = time.monotonic,
        timer: Callable[[Callable[[], None]], Timer] = QtTimer,
        sound: SoundSystem | None = None,
    ) -> None:
        """`now` and `timer` are the clock. `sound`: None is silence."""
        super().__init__(parent)
        self._source = ClipFrames(
            open_frames,
            opened=self._show_first,
            failed=self._fail,
            arrived=self._take,
            heard=lambda read: self._sound.receive(read),
        )
        self._first_frame = 0  # of the current clip, to be shown when the clips are open
        self._pictures: MomentPictures = ()
        self._shown_at = 0  # position of the pictures
        self._position = 0  # where the last request leads to; of the pictures, while it plays
        self._is_seeking = False  # it plays on when the picture of the position is shown
        self._part = PlayedPart(self._source)
        self._speed, self._rate = 1.0, 1.0  # what was chosen, and what is played: negative is backward
        self._state = PlaybackState.EMPTY
        self._ticker = Ticker(
            now, timer, ask=self._ask, show=self._show_tick, end=self.pause, stalled=self._start_sound
        )
        self._sound = SoundLock(self._ticker.clock, sound or NoSound(), self._start_sound)

    @property
    def state(self) -> PlaybackState:
        return self._state

    @property
    def is_playing(self) -> bool:
        return self._state is PlaybackState.PLAYING

    @property
    def clips(self) -> tuple[ClipOpened | None, ...]:
        """The clips; None for those that are not open yet, or cannot be read."""
        return self._clips.opened

    @property
    def current(self) -> int:
        """Number of the clip whose frames are counted and whose sound is played."""
        return self._clips.current

    @property
    def timeline(self) -> FrameTimes:
        """The frames of the current clip and, after its end, of the longest one: what steps count in."""
        return self._clips.timeline

    @property
    def frames_shown(self) -> tuple[int, ...]:
        """Number of the frame shown of each clip, from 0."""
        wanted = self._clips.frames_at(self._shown_at)
        shown = zip(self._pictures or (None,) * len(wanted), wanted, strict=True)
        return tuple(frame if picture is None else picture.frame for picture, frame in shown)

    @property
    def frame(self) -> int:
        """Number of the frame shown of the current clip, from 0; while it is opened, of the one to be shown."""
        return self.frames_shown[self.current] if self._pictures else self._first_frame

    @property
    def has_shown(self) -> bool:
        """False until the first pictures of the clips that are open: time and place are not known before."""
        return bool(self._pictures)

    @property
    def place(self) -> int:
        """Number of the frame shown in the timeline."""
        return self.timeline.frame_at(self._shown_at)

    @property
    def seconds(self) -> float:
        """Start of the frame shown in the timeline."""
        return self.timeline.starts[self.place] / 1_000_000

    @property
    def speed(self) -> float:
        """Negative while it plays backward."""
        return self._rate if self.is_playing else self._speed

    @property
    def range(self) -> PlayRange:
        return self._part.range

    @property
    def own_range(self) -> PlayRange:
        """What is played of the current clip, in its own time: not the range if it is nudged."""
        return self._part.own_range

    @property
    def ticks_shown(self) -> int:
        """Moments of playing whose pictures were shown in time."""
        return self._ticker.shown

    @property
    def ticks_missed(self) -> int:
        return self._ticker.missed

    def open(self, clips: Sequence[ReadClip], *, current: int = 0, frame: int = 0) -> None:
        """Open clips, paused at a frame of the current one."""
        self.close()
        self._first_frame = frame
        self._set_state(PlaybackState.PAUSED)
        self._source.open(clips, current)

    def close(self) -> None:
        """Close the files, so that they can be moved or deleted on every system."""
        self._stop()
        self._source.close()
        self._pictures, self._first_frame = (), 0
        self._position = self._shown_at = 0
        self._set_state(PlaybackState.EMPTY)
        self._rate = 1.0
        self._change_speed(1.0)
        self.set_range(PlayRange())

    def set_current(self, clip: int) -> None:
        """Count frames in another clip, and play its sound."""
        if clip != self.current:
            self._clips.set_current(clip)
            self.current_changed.emit(clip)
            self.position_changed.emit()
            self._start_sound()

    def nudge(self, clip: int, frames: int) -> None:
        """Show a clip so many frames later than the others, or earlier if negative."""
        self._clips.nudge(clip, frames)
        self._move_to(self._position)

    @property
    def nudges(self) -> tuple[int, ...]:
        """Of each clip, in its frames."""
        return self._clips.nudges

    def play(self) -> None:
        """Play from the frame shown; from the start of the range if that frame is its last or outside it."""
        self._play_at(self._speed)

    def pause(self) -> None:
        """Stay at the frame shown."""
        if self.is_playing:
            self._stop()
            self._source.forget()  # of the next tick
            self._set_state(PlaybackState.PAUSED)
            self._move_to(self._position)
            self.speed_changed.emit(self.speed)

    def toggle(self) -> None:
        self.pause() if self.is_playing else self.play()

    def seek(self, frame: int) -> None:
        """Show a frame of the timeline, limited to its first and last one. Its exact picture may follow a smaller one.

        Of frames that are sought while none has come, the last one is shown.
        """
        self._move_to_frame(frame, is_scrub=True)

    def step(self, frames: int) -> None:
        """Pause and move by a number of frames, counted from the target of the last step."""
        self.pause()
        self._move_to_frame(self.timeline.frame_at(self._position) + frames, direction=1 if frames > 0 else -1)

    def jump(self, to: Jump) -> None:
        """Show the first or last frame of the clip or of the range."""
        self.seek(self._part.frame_of(to))

    def shuttle(self, *, forward: bool) -> None:
        """Play forward or backward; faster if repeated."""
        self._play_at(next_shuttle_speed(self._rate if self.is_playing else 0.0, forward))

    def set_range_start(self) -> None:
        """Start the range with the frame shown."""
        self.set_range(self._part.with_start_at(self._shown_at))

    def set_range_end(self) -> None:
        """End the range with the frame shown."""
        self.set_range(self._part.with_end_at(self._shown_at))

    def set_range(self, play_range: PlayRange) -> None:
        if play_range != self._part.range:
            self._part.range = play_range
            self.range_changed.emit(play_range)
            self._change_course()

    def clear_range(self) -> None:
        """Play the whole clip."""
        self.set_range(PlayRange())

    def set_speed(self, speed: float) -> None:
        """1 is normal speed. Playing backward goes on backward."""
        self._change_speed(limited_speed(speed))

    def set_loop(self, loop: bool) -> None:
        """Repeat without a gap, or stop at the end."""
        self._part.loop = loop
        self._change_course()

    def set_volume(self, volume: float) -> None:
        """`volume` is 0 to 1."""
        self._sound.device.set_volume(volume)

    def set_muted(self, muted: bool) -> None:
        self._sound.device.set_muted(muted)

    def set_size(self, clip: int, width: int, height: int) -> None:
        """The most device pixels that pictures of a clip are painted with."""
        self._source.set_size(clip, width, height)

    def _show_first(self) -> None:
        self.opened.emit()
        if self._clips.is_settled:
            self._move_to_frame(self._first_frame)
            if self.is_playing:  # the user did not wait
                self._play_from(self._position)

    def _fail(self, clip: int, message: str) -> None:
        if not self._clips.is_waiting and not self._clips.is_settled:
            self.pause()
        self.failed.emit(clip, message)

    def _take(self, pictures: MomentPictures, is_again: bool) -> None:
        """Show them now, or when they are due."""
        if self._ticker.take(pictures, is_again=is_again):
            return
        self._show(pictures, self._source.position_of(pictures))
        if self._is_seeking and not is_again and not self._source.is_waiting:
            self._begin()

    def _play_at(self, rate: float) -> None:
        if not (self._clips.is_settled or self._clips.is_waiting):
            return
        is_same_way = self.is_playing and rate * self._rate > 0
        self._rate = rate
        if is_same_way:
            if self._ticker.is_running:
                self._ticker.set_speed(rate)
                self._start_sound()
        else:
            if self._clips.is_settled:
                self._play_from(self._part.start_from(self._position, backward=rate < 0))
            self._set_state(PlaybackState.PLAYING)
        self.speed_changed.emit(rate)

    def _play_from(self, position: int) -> None:
        """Play on from a position, as soon as its picture is shown."""
        self._stop()
        is_shown = not self._source.is_waiting and self._clips.frames_at(position) == self.frames_shown
        self._position = position
        if is_shown and self._pictures:
            self._source.forget()
            self._shown_at = position
            self._begin()
        else:
            self._is_seeking = True
            self._source.forget()
            self._ask(position)

    def _begin(self) -> None:
        """Play on from the picture shown, from now on."""
        self._is_seeking = False
        if self._clips.has_sound and self._rate > 0:
            self._sound.device.prepare()  # before the clock runs: the first time takes 0.1 s
        self._ticker.begin(self._part.course, self._shown_at, self._rate)
        self._start_sound()

    def _stop(self) -> None:
        """Show no more pictures by themselves, and be silent."""
        self._ticker.stop()
        self._sound.stop()
        self._is_seeking = False

    def _move_to_frame(self, frame: int, *, is_scrub: bool = False, direction: int = 0) -> None:
        timeline = self.timeline
        self._move_to(timeline.starts[max(0, min(frame, timeline.frames - 1))], is_scrub=is_scrub, direction=direction)

    def _move_to(self, position: int, *, is_scrub: bool = False, direction: int = 0) -> None:
        """Show a position. If it plays, it plays on from there."""
        if not self._clips.is_settled:
            return
        if self.is_playing:
            self._stop()
            self._source.forget()
            self._is_seeking = True
        self._position = position
        self._ask(position, None if self.is_playing else direction, is_scrub=is_scrub)

    def _ask(self, position: int, direction: int | None = None, *, is_scrub: bool = False) -> None:
        """Ask for the pictures of a position. `direction`: None is that of playing."""
        direction = self._ticker.direction if direction is None else direction
        loop = self._part.repeated if direction else None
        self._source.ask(position, direction=direction, is_scrub=is_scrub, loop=loop)

    def _show_tick(self, position: int, pictures: MomentPictures) -> None:
        self._position = position
        self._sound.follow()
        self._show(pictures, position)

    def _show(self, pictures: MomentPictures, position: int) -> None:
        self._pictures, self._shown_at = pictures, position
        self.pictures_shown.emit(pictures)
        self.position_changed.emit()

    @property
    def _clips(self) -> LockedClips:
        return self._source.clips

    def _change_course(self) -> None:
        if self._ticker.is_running:
            self._ticker.change(self._part.course)
            self._start_sound()

    def _start_sound(self) -> None:
        """Play the sound of the current clip from now on, or be silent."""
        self._sound.stop()
        frames = self._source.frames
        if frames is not None and self._clips.has_sound and self._rate > 0 and self._ticker.is_running:
            part, at = self._part, self._clips.own_position(self._ticker.position)
            self._sound.start(frames, self.current, at=at, bounds=part.own_bounds, speed=self._rate, loop=part.loop)

    def _change_speed(self, speed: float) -> None:
        self._speed = speed
        if self.is_playing:
            self._play_at(math.copysign(speed, self._rate))
        else:
            self.speed_changed.emit(speed)

    def _set_state(self, state: PlaybackState) -> None:
        if state is not self._state:
            self._state = state
            self.state_changed.emit(state)
