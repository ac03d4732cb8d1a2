"""The middle column: picture, transport and footer of the open job."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QSize, Qt, Signal
from PySide6.QtGui import QAction, QGuiApplication, QImage, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractSpinBox, QLineEdit, QMenu, QPlainTextEdit, QVBoxLayout, QWidget

from sora_desktop.domain.clip import Clip
from sora_desktop.domain.job import Job, Ready
from sora_desktop.domain.request import proportions_of
from sora_desktop.ui.player.clip_footer import ClipFooter
from sora_desktop.ui.player.full_screen import FullScreen
from sora_desktop.ui.player.play_range import PlayRange
from sora_desktop.ui.player.player_actions import PlayerActions
from sora_desktop.ui.player.player_keys import MARKS, PlayerCommand
from sora_desktop.ui.player.stills import Still, Stills
from sora_desktop.ui.player.transport import Position, Transport
from sora_desktop.ui.player.video_view import VideoView
from sora_desktop.ui.theme import Theme

if TYPE_CHECKING:  # importing QtMultimedia would slow the start down
    from sora_desktop.ui.player.playback import Playback

_NOTHING_OPEN = "Select a video in the library to play it here."
_NARROW = 600  # pixels; below this width the buttons move below the text


class PlayerPanel(QWidget):
    """Shows one job and plays its clip.

    Its buttons, the menus and the shortcuts share the QActions. An action is enabled while it applies to the open job.
    """

    reuse_requested = Signal(object)  # Job
    extend_requested = Signal(object)  # Job: start a new video from its last frame
    continue_requested = Signal(object, QImage)  # Job, frame shown: start a new video from this frame
    save_frame_requested = Signal(object, int, QImage)  # Job, number of the frame shown, its picture
    show_in_folder_requested = Signal(object)  # Job
    export_requested = Signal(object)  # Job
    mark_requested = Signal(object, object)  # Job, Mark
    volume_changed = Signal(float)  # 0-1
    loop_changed = Signal(bool)
    still_requested = Signal(Still)  # answered by `show_still`
    message_requested = Signal(str)  # what was done, for the user
    player_loaded = Signal()  # Qt's player, at the first clip that is opened

    def __init__(self, theme: Theme, facts_of: Callable[[Job], tuple[str, ...]]) -> None:
        """`facts_of` returns what the footer shows of a job and its clip."""
        super().__init__()
        self.setObjectName("playerPanel")
        self.setAccessibleName("Player")
        self._job: Job | None = None
        self._open_file: Path | None = None
        self._stills = Stills()
        self._playback: Playback | None = None
        self._volume, self._muted, self._loop = 0.8, False, True
        self._view = VideoView(theme)
        self._full_screen = FullScreen(theme, self._view)
        self._actions = PlayerActions(self)
        self._transport = Transport(theme, self._actions)
        self._footer = ClipFooter(theme, facts_of)
        self.play_action = self._actions[PlayerCommand.PLAY_PAUSE]
        self.loop_action = self._actions[PlayerCommand.LOOP]
        self.fullscreen_action = self._actions[PlayerCommand.FULL_SCREEN]
        self.reuse_action = self._footer.reuse_action
        self.extend_action = self._footer.extend_action
        self.show_in_folder_action = self._footer.show_in_folder_action
        self.export_action = self._footer.export_action
        self._build_layout()
        self._connect()
        self.close_clip()

    @property
    def job(self) -> Job | None:
        """The job shown, if any."""
        return self._job

    @property
    def is_playing(self) -> bool:
        return self._playback is not None and self._playback.is_playing

    @property
    def frame(self) -> int:
        """Number of the frame shown, from 0."""
        return 0 if self._playback is None else self._playback.frame

    @property
    def _clip(self) -> Clip | None:
        """The clip of the job shown, if it has one; its file may be missing."""
        return self._job.phase.clip if self._job is not None and isinstance(self._job.phase, Ready) else None

    def open_clip(self, job: Job, strip: QImage | None, frame: int = 0) -> None:
        """Open a finished job's clip, paused at a frame. A clip that is open already keeps playing."""
        assert isinstance(job.phase, Ready)
        clip = job.phase.clip
        before, self._job = self._job, job
        self._footer.show_clip(job)
        self._actions.show_marks(job.marks)
        self._transport.show_strip(strip)
        if before is not None and before.id == job.id and self._open_file == clip.file:
            return
        self._open_file, self._stills = clip.file, Stills()
        self._view.show_message("", QSize(clip.facts.width, clip.facts.height))
        self._set_clip_open(True)
        self._transport.show_position(Position(0, clip.facts.frames, 0.0, clip.facts.seconds))
        self._ready_playback().open(clip.file, clip.facts, frame)
        self._transport.show_speed(1.0)

    def show_job(self, job: Job, message: str) -> None:
        """Show a job without a clip, and a message about its state."""
        self._forget_clip()
        self._job = job
        self._footer.show_job(job)
        self._view.show_message(message, _shape_of(job))

    def close_clip(self) -> None:
        """Show nothing and close the file."""
        self._forget_clip()
        self._footer.clear()
        self._view.show_message(_NOTHING_OPEN)

    def refresh_facts(self) -> None:
        """Update what the footer says about the job: its service is known, or has another label."""
        if self._job is not None:
            self._footer.show_facts(self._job)

    def play(self) -> None:
        """Play the open clip, if there is one."""
        if self._playback is not None and self._clip is not None:
            self._playback.play()

    def set_filmstrip(self, strip: QImage | None) -> None:
        """Show the filmstrip of the open clip."""
        self._transport.show_strip(strip)

    def show_still(self, still: Still, image: QImage, reason: str = "") -> None:
        """Show a frame that was requested by `still_requested`. A null image: it cannot be decoded, for this reason.

        It is ignored if another clip is open meanwhile.
        """
        if self._stills.asked != still:
            return
        self._stills = self._stills.answered()
        if image.isNull():
            self._show_error(reason)
            return
        for view in (self._view, self._full_screen):
            view.show_image(image)
        if self._stills.wanted != still:
            self._ask_for_still(self.frame)

    def set_volume(self, volume: float) -> None:
        """`volume` is 0 to 1. Emits no signal."""
        self._volume = volume
        self._transport.show_volume(volume)
        if self._playback is not None:
            self._playback.set_volume(volume)

    def set_loop(self, loop: bool) -> None:
        """Repeat the clip or stop at its end. Emits no signal."""
        self._loop = loop
        self.loop_action.setChecked(loop)
        if self._playback is not None:
            self._playback.set_loop(loop)

    @property
    def actions_to_list(self) -> list[QAction]:
        """Every action of the player."""
        of_clip = (self.reuse_action, self.extend_action, self.show_in_folder_action, self.export_action)
        return [*self._actions.all, *of_clip]

    @property
    def has_clip(self) -> bool:
        """True if a clip is open."""
        return self.play_action.isEnabled()

    @property
    def speed_text(self) -> str:
        """The speed, such as "1.5×"."""
        return self._transport.speed_text

    @property
    def speed_choices(self) -> list[QAction]:
        """The speeds to choose from."""
        return self._transport.speed_choices

    def fill_menu(self, menu: QMenu) -> None:
        """Add what can be done to the picture of the open clip to a menu."""
        self._actions.fill(menu, self._transport.speed_menu)

    def handle_key(self, event: QKeyEvent) -> bool:
        """Run the player command of the key. False if it has none or no clip is open."""
        command = self._actions.command_for(event, paused=not self.is_playing)
        return command is not None and self._run(command)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        narrow = event.size().width() < _NARROW
        self._footer.set_buttons_below(narrow)
        self._transport.set_compact(narrow)

    def _build_layout(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(12)
        column.addWidget(self._view, 1)
        column.addWidget(self._transport)
        column.addWidget(self._footer)
        order = [*self._transport.tab_order(), *self._footer.buttons()]
        for earlier, later in pairwise(order):
            self.setTabOrder(earlier, later)

    def _connect(self) -> None:
        transport = self._transport
        self._actions.requested.connect(self._run_requested)
        transport.seek_requested.connect(lambda frame: self._ready_playback().seek_frame(frame))
        transport.step_requested.connect(lambda frames: self._ready_playback().step(frames))
        transport.speed_chosen.connect(self._choose_speed)
        transport.volume_chosen.connect(self._choose_volume)
        transport.key_pressed.connect(self.handle_key)
        for view in (self._view, self._full_screen):
            view.clicked.connect(self._toggle_play)
            view.menu_requested.connect(self._open_menu)
        self._full_screen.key_pressed.connect(self.handle_key)
        self._view.double_clicked.connect(self._toggle_full_screen)
        for clicked in (self._view.clicked, transport.speed_chosen, transport.volume_pressed):
            clicked.connect(self._take_focus_from_text)
        for action in (self.reuse_action, self.extend_action, self.show_in_folder_action, self.export_action):
            action.triggered.connect(self._full_screen.close)  # what follows happens in other windows
        self._footer.marks.mark_requested.connect(lambda mark: self.mark_requested.emit(self._job, mark))
        self.reuse_action.triggered.connect(lambda _: self.reuse_requested.emit(self._job))
        self.extend_action.triggered.connect(lambda _: self.extend_requested.emit(self._job))
        self.show_in_folder_action.triggered.connect(lambda _: self.show_in_folder_requested.emit(self._job))
        self.export_action.triggered.connect(lambda _: self.export_requested.emit(self._job))

    def _forget_clip(self) -> None:
        if self._playback is not None:
            self._playback.close()
        self._full_screen.close()
        self._job, self._open_file, self._stills = None, None, Stills()
        self._transport.show_strip(None)
        self._transport.show_position(Position())
        self._set_clip_open(False)

    def _ready_playback(self) -> Playback:
        if self._playback is None:
            from sora_desktop.ui.player.playback import Playback

            playback = self._playback = Playback(self)
            playback.set_volume(self._volume)
            playback.set_muted(self._muted)
            playback.set_loop(self._loop)
            for view in (self._view, self._full_screen):
                playback.frame_shown.connect(view.show_frame)
            playback.still_needed.connect(self._ask_for_still)
            playback.decoder_missing.connect(self.message_requested)
            playback.position_changed.connect(self._show_position)
            playback.state_changed.connect(self._show_state)
            playback.range_changed.connect(self._show_range)
            playback.failed.connect(self._show_error)
            self.player_loaded.emit()
        return self._playback

    def _ask_for_still(self, frame: int) -> None:
        if self._open_file is None:
            return
        self._stills = self._stills.wanting(Still(self._open_file, frame))
        if self._stills.asked is None and self._stills.wanted is not None:
            self._stills = self._stills.asking()
            self.still_requested.emit(self._stills.asked)

    def _show_error(self, message: str) -> None:
        self._view.show_message(message, None if self._job is None else _shape_of(self._job))

    def _show_position(self, seconds: float) -> None:
        if self._clip is not None:
            facts = self._clip.facts
            self._transport.show_position(Position(self.frame, facts.frames, seconds, facts.seconds))

    def _show_range(self, play_range: PlayRange) -> None:
        frames = 1 if self._clip is None else self._clip.facts.frames
        first, last = play_range.first, play_range.last
        self._actions.show_state(has_range=play_range != PlayRange())
        self._transport.scrub.show_range(
            0.0 if first is None else first / frames, 1.0 if last is None else (last + 1) / frames
        )

    def _show_state(self) -> None:
        if self._playback is not None:
            self._transport.show_playing(self._playback.is_playing)
            self._transport.show_speed(self._playback.speed)

    def _set_clip_open(self, is_open: bool) -> None:
        self._actions.show_state(is_open=is_open)
        self._transport.set_clip_open(is_open)

    def _open_menu(self, place: QPoint) -> None:
        """Open the menu of the picture at a place on the screen."""
        menu = QMenu(self)
        menu.setObjectName("pictureMenu")
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.fill_menu(menu)
        menu.addSeparator()
        menu.addActions([self.reuse_action, self.extend_action, self.show_in_folder_action, self.export_action])
        menu.popup(place)

    def _run_requested(self, command: PlayerCommand) -> None:
        """Run a command that was clicked, in a menu or on a button."""
        self._run(command)
        if command not in (PlayerCommand.CONTINUE, PlayerCommand.COPY_FRAME):  # the first moves to the form
            self._take_focus_from_text()

    def _run(self, command: PlayerCommand) -> bool:
        """Run a command on the clip of the job shown. False if it has none."""
        job = self._job
        if job is None or not isinstance(job.phase, Ready):
            return False
        playback = self._ready_playback()
        match command:
            case PlayerCommand.PLAY_PAUSE:
                playback.toggle()
            case PlayerCommand.SHUTTLE_BACK | PlayerCommand.SHUTTLE_FORWARD:
                playback.shuttle(forward=command is PlayerCommand.SHUTTLE_FORWARD)
                self._transport.show_speed(playback.speed)
            case PlayerCommand.FRAME_BACK | PlayerCommand.FRAME_FORWARD:
                playback.step(1 if command is PlayerCommand.FRAME_FORWARD else -1)
            case PlayerCommand.LOOP:
                self._choose_loop(not self._loop)
            case PlayerCommand.SLOWER | PlayerCommand.FASTER:
                self._choose_speed(playback.speed * (1.1 if command is PlayerCommand.FASTER else 1 / 1.1))
            case PlayerCommand.HALF_SPEED | PlayerCommand.DOUBLE_SPEED:
                self._choose_speed(playback.speed * (2.0 if command is PlayerCommand.DOUBLE_SPEED else 0.5))
            case PlayerCommand.NORMAL_SPEED:
                self._choose_speed(1.0)
            case PlayerCommand.RANGE_START:
                playback.set_range_start()
            case PlayerCommand.RANGE_END:
                playback.set_range_end()
            case PlayerCommand.CLEAR_RANGE:
                playback.clear_range()
            case PlayerCommand.MUTE:
                self._choose_mute(not self._muted)
            case PlayerCommand.FULL_SCREEN:
                self._toggle_full_screen()
            case PlayerCommand.COPY_FRAME:
                self._copy_frame()
            case PlayerCommand.SAVE_FRAME:
                if not (image := self._take_frame()).isNull():
                    self.save_frame_requested.emit(job, self.frame, image)
            case PlayerCommand.CONTINUE:
                if not (image := self._take_frame()).isNull():
                    self.continue_requested.emit(job, image)
            case PlayerCommand.STAR | PlayerCommand.PICK | PlayerCommand.REJECT | PlayerCommand.CLEAR_MARKS:
                self.mark_requested.emit(job, MARKS[command])
                self._actions.show_marks(job.marks)  # the click on a menu has checked it already
        return True

    def _toggle_play(self) -> None:
        if self._clip is not None:
            self._ready_playback().toggle()

    def _take_focus_from_text(self) -> None:
        """After a click in the player, Space must play, not type a space into a text field."""
        if isinstance(self.window().focusWidget(), QLineEdit | QPlainTextEdit | QAbstractSpinBox):
            self._transport.focus_play_button()

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
        self._actions[PlayerCommand.MUTE].setChecked(muted)
        if self._playback is not None:
            self._playback.set_muted(muted)

    def _copy_frame(self) -> None:
        image = self._image_of_frame()
        if not image.isNull():
            QGuiApplication.clipboard().setImage(image)
            self.message_requested.emit(
                f"Frame {self.frame} copied to the clipboard ({image.width()} × {image.height()})."
            )

    def _take_frame(self) -> QImage:
        """The picture of the frame shown, for another window: the clip is paused, and full screen left."""
        image = self._image_of_frame()
        if not image.isNull():
            self._ready_playback().pause()
            self._full_screen.close()
        return image

    def _image_of_frame(self) -> QImage:
        """The picture of the frame shown; a null image if there is none, or it is still being decoded."""
        if self._stills.asked is not None:
            self.message_requested.emit(f"Frame {self.frame} is still being read. Try again when it is shown.")
            return QImage()
        return self._view.image()

    def _toggle_full_screen(self) -> None:
        if self._full_screen.is_open:
            self._full_screen.close()
        elif self._playback is not None and self._job is not None:
            self._full_screen.open()


def _shape_of(job: Job) -> QSize:
    """The aspect ratio that was requested, as a size; empty if unknown."""
    return QSize(*(proportions_of(job.request.aspect_ratio) or (0, 0)))
