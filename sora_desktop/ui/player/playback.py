"""Plays one clip with frame-exact seeking."""

from __future__ import annotations

from enum import Enum
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, QUrl, Signal
from PySide6.QtMultimedia import QAudioOutput, QMediaPlayer, QVideoFrame, QVideoSink

from sora_desktop.domain.clip import VideoFacts
from sora_desktop.ui.player.override_lookup import cache_override_lookup
from sora_desktop.ui.player.play_range import PlayRange, frame_at, milliseconds_of
from sora_desktop.ui.player.speeds import limited_speed, next_shuttle_speed

#: Milliseconds after which an opened clip without a frame counts as one that Qt cannot decode, until a frame arrives.
NO_FRAME_AFTER = 1000
#: Milliseconds after that, in which a busy machine may still send the first frame of a silent clip.
GIVE_UP_AFTER = 10_000
#: Milliseconds after which a seek ends even if its frame has not arrived.
SEEK_TIMEOUT = 500

_NO_PLAYER = (
    "Videos cannot be played: a system library that Qt needs is missing. "
    "Install the packages that the README lists for your system. Your clips are saved on the disk."
)
_NO_DECODER = "Qt has no decoder for {codec}, so frames stand still. Use “Show in folder” to play the clip."
_NOT_OPENED = "Qt cannot play this clip ({reason}), so frames stand still. Use “Show in folder” to play it elsewhere."


class PlaybackState(Enum):
    EMPTY = "empty"
    PAUSED = "paused"
    PLAYING = "playing"


#: While the player has one of these, no frame of its clip can have arrived.
_NOT_LOADED = (QMediaPlayer.MediaStatus.NoMedia, QMediaPlayer.MediaStatus.LoadingMedia)


class Playback(QObject):
    """Wraps Qt's player, its audio output and its video sink."""

    frame_shown = Signal(QVideoFrame)
    still_needed = Signal(int)  # number of a frame that is to be shown and that Qt cannot make a picture of
    decoder_missing = Signal(str)  # message for the user: only stills are shown
    position_changed = Signal(float)  # seconds
    state_changed = Signal(PlaybackState)
    range_changed = Signal(PlayRange)
    failed = Signal(str)  # message for the user

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._player = QMediaPlayer(self)
        self._audio = QAudioOutput(self)
        self._sink = QVideoSink(self)
        for qt_object in (self._player, self._audio, self._sink):
            cache_override_lookup(qt_object)
        self._player.setAudioOutput(self._audio)
        self._player.setVideoSink(self._sink)
        self._facts: VideoFacts | None = None
        self._frame = 0
        self._frame_received = False
        self._clip_start = 0  # microseconds at which Qt shows the first frame of the clip
        self._start_frame = 0  # to show first; a player that is still loading ignores seeks
        self._error = ""  # why Qt cannot play the clip, in its words
        self._range = PlayRange()
        self._speed = 1.0
        self._loop = True
        self._state = PlaybackState.EMPTY
        self._reverse_timer = QTimer(self)
        self._reverse_timer.timeout.connect(self._step_backward)
        self._seek_target: int | None = None  # frame of the seek in progress
        self._at_end = False  # played to the end, and not moved since
        self._starts_over = False  # a player that had stopped seeks; it may show its first frame before
        self._seek_timer = QTimer(self)  # a seek whose frame never arrives must not block later steps
        self._seek_timer.setSingleShot(True)
        self._seek_timer.setInterval(SEEK_TIMEOUT)
        self._seek_timer.timeout.connect(self._end_seek)
        self._has_pictures = True  # Qt can make pictures of the frames
        self._no_frame_timer = QTimer(self)
        self._no_frame_timer.setSingleShot(True)
        self._no_frame_timer.setInterval(NO_FRAME_AFTER)
        self._no_frame_timer.timeout.connect(self._show_stills)
        self._give_up_timer = QTimer(self)  # Qt repeats a silent clip that it cannot decode at once, with a whole core
        self._give_up_timer.setSingleShot(True)
        self._give_up_timer.setInterval(GIVE_UP_AFTER)
        self._give_up_timer.timeout.connect(lambda: self._player.setSource(QUrl()))
        self._sink.videoFrameChanged.connect(self._on_frame)
        self._player.positionChanged.connect(self._on_position)
        self._player.playbackStateChanged.connect(lambda _: self._update_state())
        self._player.mediaStatusChanged.connect(self._on_media_status)
        self._player.errorOccurred.connect(self._on_error)

    @property
    def state(self) -> PlaybackState:
        return self._state

    @property
    def is_playing(self) -> bool:
        return self._state is PlaybackState.PLAYING

    @property
    def frame(self) -> int:
        """Number of the frame shown, from 0."""
        return self._frame

    @property
    def seconds(self) -> float:
        """Start time of the frame shown."""
        return 0.0 if self._facts is None else self._frame / self._facts.fps

    @property
    def speed(self) -> float:
        return self._speed

    def open(self, file: Path, facts: VideoFacts, frame: int = 0) -> None:
        """Open the file, paused at a frame."""
        self.close()
        if not self._player.isAvailable():
            self.failed.emit(_NO_PLAYER)
            return
        self._facts, self._start_frame = facts, frame
        self._player.setLoops(self._loops())
        self._player.setSource(QUrl.fromLocalFile(str(file)))
        self._player.pause()
        self._no_frame_timer.start()
        self._update_state()

    def close(self) -> None:
        """Close the file, so that it can be moved or deleted on every system."""
        self._reverse_timer.stop()
        self._no_frame_timer.stop()
        self._give_up_timer.stop()
        self._facts = None
        self._has_pictures = True
        self._player.stop()
        self._player.setSource(QUrl())
        self._frame, self._seek_target, self._frame_received, self._at_end = 0, None, False, False
        self._starts_over = False
        self._error = ""
        self._clip_start = 0
        self._set_speed(1.0)
        self._set_range(PlayRange())
        self._update_state()

    def play(self) -> None:
        """Play from the frame shown; from the start of the range if that frame is its last or outside it."""
        if self._facts is None:
            return
        if self._has_no_decoder:
            self._say_why_still(self._facts)
            if not self._facts.has_audio:
                return
        self._reverse_timer.stop()
        position = self._frame if self._seek_target is None else self._seek_target
        first, last = self._bounds(self._facts)
        if self._at_end or not first <= position < last:
            self._move_to(first, self._facts)
        self._at_end = False
        self._player.play()

    def pause(self) -> None:
        self._reverse_timer.stop()
        self._pause_player()
        self._update_state()

    def toggle(self) -> None:
        self.pause() if self.is_playing else self.play()

    def seek_frame(self, frame: int) -> None:
        """Show the frame, limited to the first and last of the clip."""
        if self._facts is None:
            return
        frame = max(0, min(frame, self._facts.frames - 1))
        if self._has_no_decoder:
            self._show_still(frame)
            if self._facts.has_audio:
                self._player.setPosition(self._position_of(frame, self._facts))
            return
        is_stopped = self._player.playbackState() == QMediaPlayer.PlaybackState.StoppedState
        if is_stopped:
            self._player.pause()  # a stopped player ignores seeks
        self._starts_over = frame > 0 and (is_stopped or self._starts_over)
        self._at_end = False
        self._move_to(frame, self._facts)

    def step(self, frames: int) -> None:
        """Pause and move by a number of frames, counted from the target of the last step."""
        self.pause()
        self.seek_frame((self._frame if self._seek_target is None else self._seek_target) + frames)

    def shuttle(self, *, forward: bool) -> None:
        """Play forward or backward; faster if repeated. Qt cannot play backward, so that is a series of seeks."""
        if self._facts is None:
            return
        backward = self._reverse_timer.isActive()
        current = -self._speed if backward else self._speed if self.is_playing else 0.0
        self._set_speed(abs(next_shuttle_speed(current, forward)))
        if forward:
            self.play()
        else:
            self._pause_player()
            self._reverse_timer.start(max(int(1000 / self._facts.fps), 10))
        self._update_state()

    def set_range_start(self) -> None:
        """Start the range at the frame shown."""
        self._set_range(self._range.with_first(self._frame))

    def set_range_end(self) -> None:
        """End the range at the frame shown."""
        self._set_range(self._range.with_last(self._frame))

    def clear_range(self) -> None:
        """Play the whole clip."""
        self._set_range(PlayRange())

    def set_speed(self, speed: float) -> None:
        """1 is normal speed."""
        self._set_speed(limited_speed(speed))

    def set_loop(self, loop: bool) -> None:
        """Repeat without a gap, or stop at the end."""
        self._loop = loop
        self._player.setLoops(self._loops())
        if self._facts is not None and self._seek_target is None:
            self._player.setPosition(self._player.position())  # applies the loop count to the open clip

    def set_volume(self, volume: float) -> None:
        """`volume` is 0 to 1."""
        self._audio.setVolume(volume)

    def set_muted(self, muted: bool) -> None:
        self._audio.setMuted(muted)

    def _pause_player(self) -> None:
        if self._is_forward:
            self._player.pause()  # a player that has stopped at the end would go back to the first frame

    def _loops(self) -> int:
        return QMediaPlayer.Loops.Infinite.value if self._loop else QMediaPlayer.Loops.Once.value

    def _move_to(self, frame: int, facts: VideoFacts) -> None:
        self._seek_target = frame
        self._seek_timer.start()
        self._player.setPosition(self._position_of(frame, facts))

    def _position_of(self, frame: int, facts: VideoFacts) -> int:
        """Position in milliseconds at which Qt shows the frame."""
        return milliseconds_of(frame, facts.fps) + self._clip_start // 1000

    def _frame_at(self, microseconds: int, facts: VideoFacts) -> int:
        """Number of the frame that Qt shows at a time."""
        return max(0, min(frame_at(microseconds - self._clip_start, facts.fps), facts.frames - 1))

    def _set_range(self, range_: PlayRange) -> None:
        if range_ != self._range:
            self._range = range_
            self.range_changed.emit(range_)

    def _bounds(self, facts: VideoFacts) -> tuple[int, int]:
        """First and last frame of the range."""
        first, last = self._range.first, self._range.last
        return 0 if first is None else first, facts.frames - 1 if last is None else last

    def _set_speed(self, speed: float) -> None:
        self._speed = speed
        self._player.setPlaybackRate(speed)

    def _step_backward(self) -> None:
        if self._facts is None or self._seek_target is not None:
            return  # one seek at a time
        if self._frame == 0 and not self._loop:
            self.pause()
            return
        target = self._frame - max(round(self._speed), 1)
        self.seek_frame(target if target >= 0 or not self._loop else self._facts.frames - 1)

    def _end_seek(self) -> None:
        self._seek_target = None

    def _on_frame(self, frame: QVideoFrame) -> None:
        if not frame.isValid() or self._facts is None:
            return  # at the end Qt sends an empty frame; the last picture stays
        if self._player.mediaStatus() in _NOT_LOADED:
            return  # of the last clip: Qt sends frames from another thread
        if not self._frame_received:
            self._no_frame_timer.stop()
            self._give_up_timer.stop()
            self._has_pictures = not frame.toImage().isNull()  # without a graphics card, not for more than 8 bits
            self._frame_received = True
            self._clip_start = max(frame.startTime(), 0)
        if self._start_frame:
            start, self._start_frame = self._start_frame, 0
            self.seek_frame(start)
            return
        number = self._frame_at(frame.startTime(), self._facts)
        if self._starts_over and number == 0:
            return
        self._starts_over = False
        playing = self._is_forward
        if playing and self._is_outdated(number, self._facts):
            return
        if playing and self._range.last is not None and number >= self._range.last:
            self._on_range_end(self._facts)
            if number > self._range.last:
                return  # decoded ahead, beyond the range
        self._frame = number
        if self._seek_target == self._frame or playing:
            self._seek_target = None
        if self._has_pictures:
            self.frame_shown.emit(frame)
        else:
            self.still_needed.emit(number)
        self.position_changed.emit(self.seconds)

    @property
    def _has_no_decoder(self) -> bool:
        return not self._has_pictures and not self._frame_received

    def _show_stills(self) -> None:
        """Qt has sent no frame of the clip: show single frames that are decoded elsewhere."""
        self._no_frame_timer.stop()
        if self._facts is None or self._has_no_decoder:
            return
        self._has_pictures = False
        if not self._facts.has_audio:
            self._give_up_timer.start()
        self._show_still(self._start_frame)
        self._start_frame = 0
        self._say_why_still(self._facts)

    def _say_why_still(self, facts: VideoFacts) -> None:
        codec = facts.video_codec
        message = _NOT_OPENED.format(reason=self._error) if self._error else _NO_DECODER.format(codec=codec)
        self.decoder_missing.emit(message)

    def _show_still(self, frame: int) -> None:
        self._frame, self._seek_target = frame, None
        self.still_needed.emit(frame)
        self.position_changed.emit(self.seconds)

    def _on_position(self, milliseconds: int) -> None:
        """Without a decoder, the sound alone says where the clip is."""
        if self._facts is not None and self._has_no_decoder and self._is_forward:
            self._show_still(self._frame_at(milliseconds * 1000, self._facts))

    @property
    def _is_forward(self) -> bool:
        """Qt plays the clip, or its sound alone."""
        return self._player.playbackState() == QMediaPlayer.PlaybackState.PlayingState

    def _is_outdated(self, number: int, facts: VideoFacts) -> bool:
        """True for a frame from before the seek in progress: it would end a range that has just been restarted."""
        _, last = self._bounds(facts)
        target = self._seek_target
        return target is not None and target < last and not target <= number < last

    def _on_range_end(self, facts: VideoFacts) -> None:
        """The last frame of the range is shown: repeat or stop."""
        first, last = self._bounds(facts)
        if self._loop:
            self._move_to(first, facts)
        else:
            self._player.pause()
            self.seek_frame(last)

    def _on_media_status(self, status: QMediaPlayer.MediaStatus) -> None:
        if status != QMediaPlayer.MediaStatus.EndOfMedia or self._facts is None:
            return
        if not self._frame_received:
            self._show_stills()
            return
        _, last = self._bounds(self._facts)
        if self._frame < last:  # Qt drops late frames on a busy machine, even the last one
            self.seek_frame(last)
            self._at_end = True

    def _on_error(self, error: QMediaPlayer.Error, reason: str) -> None:
        if error != QMediaPlayer.Error.NoError and self._facts is not None:
            self._error = reason.strip().rstrip(".") or "unknown reason"
            self.failed.emit(f"This clip cannot be played: {self._error}.")

    def _update_state(self) -> None:
        if self._facts is None:
            state = PlaybackState.EMPTY
        else:
            state = (
                PlaybackState.PLAYING if self._is_forward or self._reverse_timer.isActive() else PlaybackState.PAUSED
            )
        if state is not self._state:
            self._state = state
            self.state_changed.emit(state)
