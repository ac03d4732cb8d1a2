"""The middle column: the open clip's picture, its transport, what it is and what can be done with it."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Signal
from PySide6.QtGui import QGuiApplication, QImage, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractSpinBox, QLineEdit, QPlainTextEdit, QVBoxLayout, QWidget

from sora_desktop.domain.job import Job, Ready
from sora_desktop.ui.player.clip_footer import ClipFooter
from sora_desktop.ui.player.player_keys import PlayerCommand, command_for
from sora_desktop.ui.player.transport import Transport
from sora_desktop.ui.player.video_view import FullScreenView, VideoView
from sora_desktop.ui.theme import Theme

if TYPE_CHECKING:  # loading QtMultimedia takes time that the window's start does not have
    from sora_desktop.ui.player.playback import Marks, Playback, State

_NOTHING_OPEN = "What you choose in the library plays here."
_NARROW = 600  # pixels, below which the actions go under the words


class PlayerPanel(QWidget):
    """Shows one job. Everything that reaches beyond the picture is asked for by a signal."""

    reuse_requested = Signal(object)  # Job
    extend_requested = Signal(object)  # Job: go on from its last frame
    continue_requested = Signal(object, QImage)  # Job, the frame on the screen: go on from there
    show_in_folder_requested = Signal(object)  # Job
    export_requested = Signal(object)  # Job
    star_requested = Signal(object)  # Job
    volume_changed = Signal(float)  # 0-1
    loop_changed = Signal(bool)
    said = Signal(str)  # what was done, in a sentence

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("playerPanel")
        self.setAccessibleName("Player")
        self._theme = theme
        self._job: Job | None = None
        self._opened: Path | None = None  # the file that the playback holds
        self._playback: Playback | None = None
        self._full: FullScreenView | None = None
        self._volume, self._muted, self._loop = 0.8, False, True
        self._view = VideoView(theme)
        self._transport = Transport(theme)
        self._foot = ClipFooter(theme)
        self._lay_out()
        self._connect()
        self.close_clip()

    @property
    def job(self) -> Job | None:
        """The job that is shown."""
        return self._job

    @property
    def is_playing(self) -> bool:
        return self._playback is not None and self._playback.state.value == "playing"

    @property
    def frame(self) -> int:
        """Number of the frame on the screen, from 0."""
        return 0 if self._playback is None else self._playback.frame

    def open_clip(self, job: Job, strip: QImage | None) -> None:
        """Show a finished job's clip, paused at its first frame. One that is open already plays on."""
        assert isinstance(job.phase, Ready)
        clip = job.phase.clip
        before, self._job = self._job, job
        self._foot.show_clip(job)
        self._transport.show_strip(strip)
        if before is not None and before.id == job.id and self._opened == clip.file:
            return
        self._opened = clip.file
        self._view.show_text("", QSize(clip.facts.width, clip.facts.height))
        self._transport.enable(True)
        self._transport.show_time(0.0, clip.facts.seconds)
        self._ready_playback().open(clip.file, clip.facts)
        self._transport.show_speed(1.0)

    def show_job(self, job: Job, words: str) -> None:
        """Show a job that has no clip: `words` say where it stands."""
        if self._playback is not None:
            self._playback.close()
        self._leave_full_screen()
        self._job, self._opened = job, None
        self._foot.show_job(job)
        self._transport.show_strip(None)
        self._transport.show_time(0.0, 0.0)
        self._transport.enable(False)
        self._view.show_text(words, _shape_of(job))

    def close_clip(self) -> None:
        """Show nothing and let go of the file."""
        if self._playback is not None:
            self._playback.close()
        self._leave_full_screen()
        self._job, self._opened = None, None
        self._foot.clear()
        self._transport.show_strip(None)
        self._transport.show_time(0.0, 0.0)
        self._transport.enable(False)
        self._view.show_text(_NOTHING_OPEN)

    def play(self) -> None:
        """Play the open clip, if there is one."""
        if self._playback is not None and isinstance(getattr(self._job, "phase", None), Ready):
            self._playback.play()

    def set_filmstrip(self, strip: QImage | None) -> None:
        """The filmstrip has been made."""
        self._transport.show_strip(strip)

    def set_volume(self, volume: float) -> None:
        """From 0 to 1, as it was left."""
        self._volume = volume
        self._transport.show_volume(volume, self._muted)
        if self._playback is not None:
            self._playback.set_volume(volume)

    def set_loop(self, loop: bool) -> None:
        """Whether the clip begins again at its end."""
        self._loop = loop
        self._transport.show_loop(loop)
        if self._playback is not None:
            self._playback.set_loop(loop)

    def take_key(self, event: QKeyEvent) -> bool:
        """Do what the key means to a player; False when it means nothing."""
        command = command_for(event.key(), event.modifiers(), event.text(), paused=not self.is_playing)
        if command is None or self._job is None or not isinstance(self._job.phase, Ready):
            return False
        self._do(command, self._job)
        return True

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        narrow = event.size().width() < _NARROW
        self._foot.go_below(narrow)
        self._transport.be_brief(narrow)

    # -- building ------------------------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(12)
        column.addWidget(self._view, 1)
        column.addWidget(self._transport)
        column.addWidget(self._foot)
        order = [*self._transport.tab_order(), *self._foot.buttons()]
        for earlier, later in pairwise(order):
            self.setTabOrder(earlier, later)

    def _connect(self) -> None:
        transport = self._transport
        transport.play_toggled.connect(lambda: self._ready_playback().toggle())
        transport.sought.connect(lambda share: self._ready_playback().seek_share(share))
        transport.stepped.connect(lambda frames: self._ready_playback().step(frames))
        transport.loop_chosen.connect(self._choose_loop)
        transport.speed_chosen.connect(self._choose_speed)
        transport.volume_chosen.connect(self._choose_volume)
        transport.mute_chosen.connect(self._choose_mute)
        transport.full_screen_toggled.connect(self._toggle_full_screen)
        self._view.clicked.connect(self._toggle_play)
        self._view.double_clicked.connect(self._toggle_full_screen)
        for touched in (
            self._view.clicked,
            transport.loop_chosen,
            transport.speed_chosen,
            transport.volume_chosen,
            transport.mute_chosen,
        ):
            touched.connect(self._call_keys)
        foot = self._foot
        foot.reuse_pressed.connect(lambda: self.reuse_requested.emit(self._job))
        foot.extend_pressed.connect(lambda: self.extend_requested.emit(self._job))
        foot.folder_pressed.connect(lambda: self.show_in_folder_requested.emit(self._job))
        foot.export_pressed.connect(lambda: self.export_requested.emit(self._job))

    def _ready_playback(self) -> Playback:
        if self._playback is None:
            from sora_desktop.ui.player.playback import Playback

            playback = self._playback = Playback(self)
            playback.set_volume(self._volume)
            playback.set_muted(self._muted)
            playback.set_loop(self._loop)
            playback.frame_shown.connect(self._view.show_frame)
            playback.position_changed.connect(self._show_position)
            playback.state_changed.connect(self._show_state)
            playback.marks_changed.connect(self._show_marks)
            playback.failed.connect(self._show_error)
        return self._playback

    # -- showing -------------------------------------------------------------------------------------------------

    def _show_error(self, words: str) -> None:
        self._view.show_text(words, None if self._job is None else _shape_of(self._job))

    def _show_position(self, seconds: float) -> None:
        if self._job is not None and isinstance(self._job.phase, Ready):
            self._transport.show_time(seconds, self._job.phase.clip.facts.seconds)

    def _show_marks(self, marks: Marks) -> None:
        frames = self._job.phase.clip.facts.frames if self._job and isinstance(self._job.phase, Ready) else 1
        first, last = marks.first, marks.last
        self._transport.scrub.show_stretch(
            0.0 if first is None else first / frames, 1.0 if last is None else (last + 1) / frames
        )

    def _show_state(self, state: State) -> None:
        self._transport.show_playing(state.value == "playing")
        if self._playback is not None:
            self._transport.show_speed(self._playback.speed)

    # -- doing ---------------------------------------------------------------------------------------------------

    def _do(self, command: PlayerCommand, job: Job) -> None:
        playback = self._ready_playback()
        match command:
            case PlayerCommand.TOGGLE:
                playback.toggle()
            case PlayerCommand.BACK | PlayerCommand.FORWARD:
                playback.shuttle(forward=command is PlayerCommand.FORWARD)
                self._transport.show_speed(playback.speed)
            case PlayerCommand.FRAME_BACK | PlayerCommand.FRAME_FORWARD:
                playback.step(1 if command is PlayerCommand.FRAME_FORWARD else -1)
            case PlayerCommand.LOOP:
                self._choose_loop(not self._loop)
            case PlayerCommand.SLOWER | PlayerCommand.FASTER:
                self._choose_speed(playback.speed * (1.1 if command is PlayerCommand.FASTER else 1 / 1.1))
            case PlayerCommand.HALF | PlayerCommand.DOUBLE:
                self._choose_speed(playback.speed * (2.0 if command is PlayerCommand.DOUBLE else 0.5))
            case PlayerCommand.OWN_SPEED:
                self._choose_speed(1.0)
            case PlayerCommand.MARK_FIRST:
                playback.mark_first()
            case PlayerCommand.MARK_LAST:
                playback.mark_last()
            case PlayerCommand.CLEAR_MARKS:
                playback.clear_marks()
            case PlayerCommand.MUTE:
                self._choose_mute(not self._muted)
            case PlayerCommand.FULL_SCREEN:
                self._toggle_full_screen()
            case PlayerCommand.COPY_FRAME:
                self._copy_frame()
            case PlayerCommand.CONTINUE:
                self._continue_from_here(job)
            case PlayerCommand.STAR:
                self.star_requested.emit(job)

    def _toggle_play(self) -> None:
        if self._job is not None and isinstance(self._job.phase, Ready):
            self._ready_playback().toggle()

    def _call_keys(self) -> None:
        """Who clicks here and then presses Space means to play, not to write a space into the prompt."""
        if isinstance(self.window().focusWidget(), QLineEdit | QPlainTextEdit | QAbstractSpinBox):
            self._transport.take_focus()

    def _choose_loop(self, loop: bool) -> None:
        self.set_loop(loop)
        self.loop_changed.emit(loop)

    def _choose_speed(self, speed: float) -> None:
        playback = self._ready_playback()
        playback.set_speed(speed)
        self._transport.show_speed(playback.speed)

    def _choose_volume(self, volume: float) -> None:
        self.set_volume(volume)
        self.volume_changed.emit(volume)

    def _choose_mute(self, muted: bool) -> None:
        self._muted = muted
        self._transport.show_volume(self._volume, muted)
        if self._playback is not None:
            self._playback.set_muted(muted)

    def _copy_frame(self) -> None:
        image = self._view.image()
        if not image.isNull():
            QGuiApplication.clipboard().setImage(image)
            self.said.emit(f"Frame {self.frame} is on the clipboard ({image.width()} × {image.height()}).")

    def _continue_from_here(self, job: Job) -> None:
        image = self._view.image()
        if not image.isNull():
            self._ready_playback().pause()
            self._leave_full_screen()
            self.continue_requested.emit(job, image)

    def _toggle_full_screen(self) -> None:
        if self._full is not None:
            self._leave_full_screen()
        elif self._playback is not None and self._job is not None:
            full = self._full = FullScreenView(self._theme)
            full.left.connect(self._leave_full_screen)
            full.key_pressed.connect(self.take_key)
            full.clicked.connect(self._toggle_play)
            full.double_clicked.connect(self._leave_full_screen)
            full.show_image(self._view.image())
            self._playback.frame_shown.connect(full.show_frame)
            screen = self.screen()
            full.setGeometry(screen.geometry())
            full.showFullScreen()
            full.setFocus()

    def _leave_full_screen(self) -> None:
        full, self._full = self._full, None
        if full is not None:
            full.close()
            full.deleteLater()
            self.window().activateWindow()


def _shape_of(job: Job) -> QSize:
    """How wide its picture is to how high, as it was asked for."""
    wide, high = str(job.request.aspect_ratio).split(":")
    return QSize(int(wide), int(high))
