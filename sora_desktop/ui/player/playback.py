"""Plays one clip: every frame can be reached, and the last good one stays on the screen."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, QUrl, Signal
from PySide6.QtMultimedia import QAudioOutput, QMediaPlayer, QVideoFrame, QVideoSink

from sora_desktop.domain.clip import VideoFacts

#: Speeds that the decoder keeps up with.
SLOWEST, FASTEST = 0.1, 4.0
#: Speeds that J and L go through.
SHUTTLE = (1.0, 2.0, 4.0)
#: Milliseconds after which the frame that was sought is no longer waited for.
SEEK_PATIENCE = 500

_NO_PLAYER = (
    "Videos cannot be played here: a system library that Qt needs for it is missing. "
    "“python3 packaging/bootstrap.py setup” installs it. Your clips are safe on the disk."
)
_NO_PICTURE = (
    "Qt has no decoder for this clip's picture ({codec}). “Show in folder” leads to it; another player may show it."
)


class State(Enum):
    """What the transport is doing."""

    EMPTY = "empty"
    PAUSED = "paused"
    PLAYING = "playing"


def milliseconds_of(frame: int, fps: float) -> int:
    """Where to seek so that exactly this frame is shown: its middle, since its edges round to a neighbour."""
    return int((frame + 0.5) * 1000 / fps)


def frame_at(microseconds: int, fps: float) -> int:
    """The number of the frame that begins at this time."""
    return round(microseconds * fps / 1_000_000)


def next_shuttle(speed: float, forward: bool) -> float:
    """The speed after one more press: the other way begins at 1, the same way doubles up to the fastest."""
    sign = 1.0 if forward else -1.0
    if speed * sign <= 0:
        return sign
    return sign * next((step for step in SHUTTLE if step > abs(speed)), SHUTTLE[-1])


@dataclass(frozen=True, slots=True)
class Marks:
    """The stretch of a clip that is played; frames, both ends shown. None: the clip's own end."""

    first: int | None = None
    last: int | None = None

    def with_first(self, frame: int) -> Marks:
        """Begin here; an end that lies before is given up."""
        return Marks(frame, self.last if self.last is not None and self.last > frame else None)

    def with_last(self, frame: int) -> Marks:
        """End here; a beginning that lies behind is given up."""
        return Marks(self.first if self.first is not None and self.first < frame else None, frame)


class Playback(QObject):
    """Owns Qt's player, its sound and the sink that its frames fall into."""

    frame_shown = Signal(QVideoFrame)
    position_changed = Signal(float)  # seconds
    state_changed = Signal(object)  # State
    marks_changed = Signal(object)  # Marks
    failed = Signal(str)  # a sentence for a person

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._player = QMediaPlayer(self)
        self._sound = QAudioOutput(self)
        self._sink = QVideoSink(self)
        for part in (self._player, self._sound, self._sink):
            _learn_overrides(part)
        self._player.setAudioOutput(self._sound)
        self._player.setVideoSink(self._sink)
        self._facts: VideoFacts | None = None
        self._frame = 0
        self._got_picture = False
        self._marks = Marks()
        self._speed = 1.0
        self._loop = True
        self._state = State.EMPTY
        self._backwards = QTimer(self)
        self._backwards.timeout.connect(self._step_back)
        self._awaited: int | None = None
        self._at_end = False  # played to its end, and not gone elsewhere since
        self._patience = QTimer(self)  # a seek whose frame never comes must not stop the steps after it
        self._patience.setSingleShot(True)
        self._patience.setInterval(SEEK_PATIENCE)
        self._patience.timeout.connect(self._stop_awaiting)
        self._sink.videoFrameChanged.connect(self._take_frame)
        self._player.playbackStateChanged.connect(lambda _: self._tell_state())
        self._player.mediaStatusChanged.connect(self._take_status)
        self._player.errorOccurred.connect(self._take_error)

    @property
    def state(self) -> State:
        return self._state

    @property
    def frame(self) -> int:
        """Number of the frame on the screen, from 0."""
        return self._frame

    @property
    def seconds(self) -> float:
        """Where the frame on the screen begins."""
        return 0.0 if self._facts is None else self._frame / self._facts.fps

    @property
    def speed(self) -> float:
        return self._speed

    def open(self, file: Path, facts: VideoFacts) -> None:
        """Show the first frame, paused."""
        self.close()
        if not self._player.isAvailable():
            self.failed.emit(_NO_PLAYER)
            return
        self._facts = facts
        self._player.setLoops(self._loops())
        self._player.setSource(QUrl.fromLocalFile(str(file)))
        self._player.pause()
        self._tell_state()

    def close(self) -> None:
        """Let go of the file, so that it can be moved or deleted on every system."""
        self._backwards.stop()
        self._facts = None
        self._player.stop()
        self._player.setSource(QUrl())
        self._frame, self._awaited, self._got_picture, self._at_end = 0, None, False, False
        self._set_speed(1.0)
        self._mark(Marks())
        self._tell_state()

    def play(self) -> None:
        """Go on from the frame on the screen; from the beginning when it is the last, or outside the marks."""
        if self._facts is None:
            return
        self._backwards.stop()
        at = self._frame if self._awaited is None else self._awaited
        first, last = self._stretch(self._facts)
        if self._at_end or not first <= at < last:
            self._player.setPosition(milliseconds_of(first, self._facts.fps))
        self._at_end = False
        self._player.play()

    def pause(self) -> None:
        self._backwards.stop()
        if self._facts is not None:
            self._player.pause()
        self._tell_state()

    def toggle(self) -> None:
        self.pause() if self._state is State.PLAYING else self.play()

    def seek_frame(self, frame: int) -> None:
        """Show this frame; beyond the ends, the first or the last."""
        if self._facts is None:
            return
        frame = max(0, min(frame, self._facts.frames - 1))
        if self._player.playbackState() == QMediaPlayer.PlaybackState.StoppedState:
            self._player.pause()  # at its end the player takes no seeks
        self._awaited, self._at_end = frame, False
        self._patience.start()
        self._player.setPosition(milliseconds_of(frame, self._facts.fps))

    def seek_share(self, share: float) -> None:
        """Show the frame at that share of the length, from 0 to 1."""
        if self._facts is not None:
            self.seek_frame(int(share * self._facts.frames))

    def step(self, frames: int) -> None:
        """Pause, and go that many frames forward or back from where the last step leads."""
        self.pause()
        self.seek_frame((self._frame if self._awaited is None else self._awaited) + frames)

    def shuttle(self, *, forward: bool) -> None:
        """Play forward or back; again: faster. Qt cannot play backwards, so that is a row of seeks."""
        if self._facts is None:
            return
        back = self._backwards.isActive()
        now = -self._speed if back else self._speed if self._state is State.PLAYING else 0.0
        self._set_speed(abs(next_shuttle(now, forward)))
        if forward:
            self.play()
        else:
            self._player.pause()
            self._backwards.start(max(int(1000 / self._facts.fps), 10))
        self._tell_state()

    def mark_first(self) -> None:
        """The stretch that is played begins with the frame on the screen."""
        self._mark(self._marks.with_first(self._frame))

    def mark_last(self) -> None:
        """The stretch that is played ends with the frame on the screen."""
        self._mark(self._marks.with_last(self._frame))

    def clear_marks(self) -> None:
        """Play the whole clip again."""
        self._mark(Marks())

    def set_speed(self, speed: float) -> None:
        """1 is the clip's own speed."""
        self._set_speed(max(SLOWEST, min(speed, FASTEST)))

    def set_loop(self, loop: bool) -> None:
        """Begin again at the end, without a gap."""
        self._loop = loop
        self._player.setLoops(self._loops())
        if self._facts is not None and self._awaited is None:
            self._player.setPosition(self._player.position())  # else what is open goes on as it was begun

    def set_volume(self, volume: float) -> None:
        """From 0 to 1, as loud as it sounds."""
        self._sound.setVolume(volume)

    def set_muted(self, muted: bool) -> None:
        self._sound.setMuted(muted)

    def _loops(self) -> int:
        return QMediaPlayer.Loops.Infinite.value if self._loop else QMediaPlayer.Loops.Once.value

    def _mark(self, marks: Marks) -> None:
        if marks != self._marks:
            self._marks = marks
            self.marks_changed.emit(marks)

    def _stretch(self, facts: VideoFacts) -> tuple[int, int]:
        """First and last frame that are played."""
        first, last = self._marks.first, self._marks.last
        return 0 if first is None else first, facts.frames - 1 if last is None else last

    def _set_speed(self, speed: float) -> None:
        self._speed = speed
        self._player.setPlaybackRate(speed)

    def _step_back(self) -> None:
        if self._facts is None or self._awaited is not None:
            return  # the last seek has not arrived: never queue more than one
        if self._frame == 0 and not self._loop:
            self.pause()
            return
        target = self._frame - max(round(self._speed), 1)
        self.seek_frame(target if target >= 0 or not self._loop else self._facts.frames - 1)

    def _stop_awaiting(self) -> None:
        self._awaited = None

    def _take_frame(self, frame: QVideoFrame) -> None:
        if not frame.isValid() or self._facts is None:
            return  # at the end Qt pushes an empty one: the last picture stays
        self._got_picture = True
        number = max(0, min(frame_at(frame.startTime(), self._facts.fps), self._facts.frames - 1))
        playing = self._player.playbackState() == QMediaPlayer.PlaybackState.PlayingState
        if playing and self._marks.last is not None and number >= self._marks.last:
            self._turn_round(self._facts)
            if number > self._marks.last:
                return  # one more had been decoded already
        self._frame = number
        if self._awaited == self._frame or playing:
            self._awaited = None
        self.frame_shown.emit(frame)
        self.position_changed.emit(self.seconds)

    def _turn_round(self, facts: VideoFacts) -> None:
        """The last frame of the stretch has come: begin it again, or stay."""
        first, last = self._stretch(facts)
        if self._loop:
            self._player.setPosition(milliseconds_of(first, facts.fps))
        else:
            self._player.pause()
            self.seek_frame(last)

    def _take_status(self, status: QMediaPlayer.MediaStatus) -> None:
        if status != QMediaPlayer.MediaStatus.EndOfMedia or self._facts is None:
            return
        if not self._got_picture:
            self.failed.emit(_NO_PICTURE.format(codec=self._facts.video_codec))
            return
        _, last = self._stretch(self._facts)
        if self._frame < last:  # a busy machine skips pictures that would come late, the last one too
            self.seek_frame(last)
            self._at_end = True

    def _take_error(self, error: QMediaPlayer.Error, words: str) -> None:
        if error != QMediaPlayer.Error.NoError and self._facts is not None:
            self.failed.emit(f"This clip cannot be played: {words.strip().rstrip('.') or 'unknown reason'}.")

    def _tell_state(self) -> None:
        playing = self._player.playbackState() == QMediaPlayer.PlaybackState.PlayingState or self._backwards.isActive()
        state = State.EMPTY if self._facts is None else State.PLAYING if playing else State.PAUSED
        if state is not self._state:
            self._state = state
            self.state_changed.emit(state)


def _learn_overrides(part: QObject) -> None:
    """Have the binding look now, once and for all, whether Python overrides `disconnectNotify` of this object.

    Else a thread of FFmpeg's asks at the end of a clip: it holds Qt's lock on the object and waits for Python's,
    while this thread, in `stop()`, holds Python's and waits for Qt's. The window would stand still for ever.
    """
    part.objectNameChanged.connect(_nothing)
    part.objectNameChanged.disconnect(_nothing)


def _nothing(*_: object) -> None:
    return None
