"""The middle column: picture, transport and footer of the open job."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QSize, Qt, Signal
from PySide6.QtGui import QAction, QImage, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractSpinBox, QLineEdit, QMenu, QTextEdit, QVBoxLayout, QWidget

from sora_desktop.domain.clip import Clip
from sora_desktop.domain.job import Job, JobId, Ready
from sora_desktop.domain.request import proportions_of
from sora_desktop.state.actions import Action
from sora_desktop.state.row_text import RowLink
from sora_desktop.ui.actions.job_actions import JobActions
from sora_desktop.ui.player.clip_footer import ClipFooter
from sora_desktop.ui.player.clip_support import NO_SUPPORT, ClipSupport
from sora_desktop.ui.player.message_link import JobLink
from sora_desktop.ui.player.picture_area import PictureArea
from sora_desktop.ui.player.playback_controls import PlaybackControls
from sora_desktop.ui.player.player_actions import PlayerActions
from sora_desktop.ui.player.player_keys import PlayerCommand
from sora_desktop.ui.player.time_label import Position
from sora_desktop.ui.player.transport import Transport
from sora_desktop.ui.theme import Theme
from sora_desktop.ui.widgets.announcement import SPOKEN_ROLE
from sora_desktop.ui.widgets.spend_button import SpendButton
from sora_desktop.ui.widgets.tab_order import chain

if TYPE_CHECKING:  # the first paint needs no playback
    from sora_desktop.ui.player.asked_frames import MomentPictures
    from sora_desktop.ui.player.frame_source import OpenFrames
    from sora_desktop.ui.player.playback import Playback

_NOT_SHOWN = "This clip cannot be shown"
_NOTHING_OPEN = "Select a video in the library to play it here."
#: Pixels; below this width the buttons move below the text, and below this height into one row with it.
_NARROW, _LOW = 600, 400
_MARGIN, _LOW_MARGIN = 16, 8  # pixels


class PlayerPanel(QWidget):
    """Shows one job and plays its clip.

    Its buttons, the menus and the shortcuts share the QActions. An action is enabled while it applies to the open job.
    """

    extend_requested = Signal(object)  # Job: start a new video from its last frame
    continue_requested = Signal(object, int)  # Job, number of the frame shown: start a new video from this frame
    copy_frame_requested = Signal(object, int)  # Job, number of the frame shown
    save_frame_requested = Signal(object, int)  # Job, number of the frame shown
    export_range_requested = Signal(object, object)  # Job, PlayRange
    link_followed = Signal(object, object, QPoint)  # see `MessageLink.followed`
    open_in_system_requested = Signal(object)  # Job: with the program that the system has for its file
    volume_changed = Signal(float)  # 0-1
    loop_changed = Signal(bool)
    covers = Signal(object)  # QWidget that shows the picture on the whole screen, or None
    key_ignored = Signal(QKeyEvent)  # in another window: it means nothing for the playback

    def __init__(
        self,
        theme: Theme,
        facts_of: Callable[[Job], tuple[str, ...]],
        open_frames: OpenFrames,
        of_jobs: JobActions,
        support: ClipSupport = NO_SUPPORT,
    ) -> None:
        """`facts_of` returns what the footer shows of a job and its clip, `open_frames` opens its file."""
        super().__init__()
        self.setObjectName("playerPanel")
        self.setAutoFillBackground(True)  # nothing behind it is painted with each picture
        self.setProperty(SPOKEN_ROLE, "Grouping")
        self.setAccessibleName("Player")
        self._times_file_of = support.times_file_of
        self._job: Job | None = None
        self._open_file: Path | None = None
        self._of_jobs = of_jobs
        self._actions = PlayerActions(self, of_jobs)
        self._picture = PictureArea(theme, lambda: Transport(theme, self._actions))
        self._transport = Transport(theme, self._actions)
        self._controls = PlaybackControls(
            open_frames, self._actions, sound=support.sound, shows_rate=False, parent=self
        )
        self._footer = ClipFooter(theme, facts_of, of_jobs)
        self.play_action = self._actions[PlayerCommand.PLAY_PAUSE]
        self.loop_action = self._actions[PlayerCommand.LOOP]
        self.fullscreen_action = self._actions[PlayerCommand.FULL_SCREEN]
        self.extend_action = self._footer.extend_action
        self._build_layout()
        self._connect()
        self.close_clip()

    @property
    def job(self) -> Job | None:
        """The job shown, if any."""
        return self._job

    @property
    def is_playing(self) -> bool:
        return self._controls.is_playing

    @property
    def frame(self) -> int:
        """Number of the frame shown, from 0."""
        return 0 if self._controls.made is None else self._controls.made.frame

    @property
    def actions_of_playback(self) -> PlayerActions:
        """The actions that a compared clip has as well."""
        return self._actions

    @property
    def _clip(self) -> Clip | None:
        """The clip of the job shown, if it has one; its file may be missing."""
        return self._job.phase.clip if self._job is not None and isinstance(self._job.phase, Ready) else None

    def open_clip(self, job: Job, strip: QImage | None, frame: int = 0) -> None:
        """Open a finished job's clip, paused at a frame. A clip that is open already keeps playing."""
        assert isinstance(job.phase, Ready)
        clip = job.phase.clip
        before, self._job = self._job, job
        self._show_job(job, is_open=True)
        self._transport.show_strip(strip)
        if before is not None and before.id == job.id and self._open_file == clip.file:
            return
        self._set_clip_open(True)
        self._open(job.id, clip, frame)

    def show_job(self, job: Job, message: str, link: RowLink | None = None) -> None:
        """Show a job without a clip, a message about its state, and a button for `link`."""
        self._forget_clip()
        self._job = job
        self._show_job(job, is_open=False)
        self._picture.show_state(message, _shape_of(job), None if link is None else JobLink(job, link))

    def close_clip(self) -> None:
        """Show nothing and close the file."""
        self._forget_clip()
        self._show_job(None, is_open=False)
        self._picture.show_message(_NOTHING_OPEN)

    def refresh_facts(self) -> None:
        """Update what the footer says about the job: its service is known, or has another label."""
        if self._job is not None:
            self._footer.show_facts(self._job)

    def play(self) -> None:
        """Play the open clip, if there is one. Space pauses it then, also if a text field had the focus."""
        if self._open_file is not None:
            self._take_focus_for_space()
            self._controls.playback.play()

    def stand_aside(self) -> None:
        """Close the file while another part plays clips, for whose current one the actions are then. The job stays."""
        self._picture.close_full_screen()
        self._close_file()
        self.extend_action.setEnabled(True)

    def leave_full_screen(self) -> None:
        """Show the picture in the window alone."""
        self._picture.close_full_screen()

    def set_filmstrip(self, strip: QImage | None) -> None:
        """Show the filmstrip of the open clip."""
        self._transport.show_strip(strip)

    def set_volume(self, volume: float) -> None:
        """`volume` is 0 to 1. Emits no signal."""
        self._controls.set_volume(volume)

    def set_loop(self, loop: bool) -> None:
        """Repeat the clip or stop at its end. Emits no signal."""
        self._controls.set_loop(loop)

    @property
    def actions_to_list(self) -> list[QAction]:
        """Every action of the player."""
        return [*self._actions.all, self.extend_action]

    @property
    def has_clip(self) -> bool:
        """True if a clip is open that can be shown."""
        return self.play_action.isEnabled()

    @property
    def is_unreadable(self) -> bool:
        """True if a clip is open that cannot be shown."""
        return not self._actions.is_readable

    def fill_menu(self, menu: QMenu) -> None:
        """Add what can be done to the picture of the open clip to a menu."""
        self._actions.fill(menu)

    def handle_key(self, event: QKeyEvent) -> bool:
        """Run the player command of the key. False if it has none or no clip is open."""
        command = self._actions.command_for(event, paused=not self.is_playing)
        return command is not None and self._run(command)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        width = self.contentsRect().width()
        narrow, low = width < _NARROW, self.contentsRect().height() < _LOW
        self._transport.set_compact(narrow)
        self._footer.fit(width - 2 * _MARGIN, narrow=narrow, low=low)
        above = _LOW_MARGIN if low else _MARGIN
        self._column.setContentsMargins(_MARGIN, above, _MARGIN, above)
        self._column.setSpacing(8 if low else 12)

    def _build_layout(self) -> None:
        column = self._column = QVBoxLayout(self)
        column.setContentsMargins(_MARGIN, _MARGIN, _MARGIN, _MARGIN)
        column.setSpacing(12)
        column.addWidget(self._picture.view, 1)
        column.addWidget(self._transport)
        column.addWidget(self._footer)
        chain([*self._transport.tab_order(), *self._footer.buttons()])

    def _connect(self) -> None:
        transport = self._transport
        self._actions.requested.connect(self._run_requested)
        self._actions.speed_chosen.connect(self._choose_speed)
        self._controls.add_transport(transport)
        self._controls.playback_made.connect(self._connect_playback)
        self._controls.volume_changed.connect(self.volume_changed)
        self._controls.loop_changed.connect(self.loop_changed)
        transport.key_pressed.connect(self._take_key)
        picture = self._picture
        picture.clicked.connect(self._toggle_play)
        picture.wheel_turned.connect(self._actions.step)
        picture.double_clicked.connect(self._toggle_play)  # as before the first click
        picture.double_clicked.connect(lambda: self._run(PlayerCommand.FULL_SCREEN))
        picture.menu_requested.connect(self._open_menu)
        picture.size_needed.connect(self._set_size)
        picture.open_requested.connect(self._actions[PlayerCommand.OPEN_IN_SYSTEM].trigger)
        picture.view.link_followed.connect(self.link_followed)
        picture.key_pressed.connect(self._take_key)
        picture.full_screen_opened.connect(self._controls.add_transport)
        picture.full_screen_opened.connect(lambda opened: opened.show_strip(transport.scrub.strip))
        picture.full_screen_closed.connect(self._controls.remove_last_transport)
        picture.covers.connect(self.covers)
        for clicked in (picture.view.clicked, self._actions.speed_chosen, transport.volume_pressed):
            clicked.connect(self._take_focus_for_space)
        for leaves in (self.extend_action.triggered, self._of_jobs.about_to_leave):
            leaves.connect(self._picture.close_full_screen)
        self.extend_action.triggered.connect(lambda _: self.extend_requested.emit(self._job))

    def _connect_playback(self, playback: Playback) -> None:
        playback.pictures_shown.connect(self._show_pictures)
        playback.failed.connect(lambda _, message: self._fail(message))

    def _open(self, id: JobId, clip: Clip, frame: int) -> None:
        from sora_desktop.domain.frames import ReadClip  # late: the first paint needs no frames

        self._open_file = clip.file
        self._controls.open([ReadClip(clip.file, self._times_file_of(id))], [clip.facts], frame=frame)
        self._picture.begin(QSize(clip.facts.width, clip.facts.height))

    def _fail(self, message: str) -> None:
        """The clip cannot be shown, or no longer. Its file can still be exported."""
        self._picture.show_error(message)
        self._actions.show_unreadable()
        self._transport.set_clip_open(False, why=_NOT_SHOWN)
        self.extend_action.setEnabled(False)

    def _close_file(self) -> None:
        self._picture.end()
        self._open_file = None
        if self._controls.made is not None:
            self._controls.made.close()

    def _forget_clip(self) -> None:
        self._picture.close_full_screen()
        self._close_file()
        self._job = None
        self._transport.show_strip(None)
        self._transport.show_times(None)
        self._transport.show_position(Position())
        self._set_clip_open(False)

    def _show_job(self, job: Job | None, *, is_open: bool) -> None:
        """Show a job below the picture. `is_open`: its clip is."""
        if job is None:
            self._footer.clear()
        else:
            self._footer.show_facts(job)
        self._of_jobs.show_clip(job, is_open=is_open)

    def _show_pictures(self, pictures: MomentPictures) -> None:
        opened = self._controls.playback.clips[0]
        if opened is not None:
            self._picture.show_picture(pictures[0], QSize(opened.width, opened.height))

    def _set_size(self, size: QSize) -> None:
        if self._controls.made is not None:
            self._controls.made.set_size(0, size.width(), size.height())

    def _set_clip_open(self, is_open: bool) -> None:
        self._actions.show_state(is_open=is_open)
        self._transport.set_clip_open(is_open)
        self.extend_action.setEnabled(is_open)

    def _open_menu(self, place: QPoint) -> None:
        """Open the menu of the picture at a place on the screen."""
        menu = QMenu(self)
        menu.setObjectName("pictureMenu")
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.fill_menu(menu)
        menu.addSeparator()
        of_jobs = self._of_jobs
        menu.addActions([of_jobs[Action.REUSE], self.extend_action])
        menu.addActions([of_jobs[Action.SHOW_IN_FOLDER], of_jobs[Action.EXPORT]])
        of_jobs.name_in(menu, () if self._job is None else (self._job,))
        menu.popup(place)

    def _run_requested(self, command: PlayerCommand) -> None:
        """Run a command that was clicked, in a menu or on a button."""
        if command not in (PlayerCommand.CONTINUE, PlayerCommand.COPY_FRAME):  # the first moves to the form
            self._take_focus_for_space()
        self._run(command)  # which may give the focus to the field for a place

    def _run(self, command: PlayerCommand) -> bool:
        """Run a command on the clip of the job shown. False if it has none."""
        job = self._job
        if job is None or not isinstance(job.phase, Ready) or self._open_file is None:
            return False
        if command in self._picture.commands:
            self._picture.commands[command]()
        elif not self._controls.run(command):
            self._ask_for(command, job)
        return True

    def _ask_for(self, command: PlayerCommand, job: Job) -> None:
        """Emit what others do with the clip."""
        match command:
            case PlayerCommand.COPY_FRAME:
                self.copy_frame_requested.emit(job, self.frame)
            case PlayerCommand.SAVE_FRAME:
                self._leave_for_other_window()
                self.save_frame_requested.emit(job, self.frame)
            case PlayerCommand.CONTINUE:
                self._leave_for_other_window()
                self.continue_requested.emit(job, self.frame)
            case PlayerCommand.EXPORT_RANGE:
                self._leave_for_other_window()
                self.export_range_requested.emit(job, self._controls.playback.range)
            case PlayerCommand.OPEN_IN_SYSTEM:
                self._leave_for_other_window()
                self.open_in_system_requested.emit(job)

    def _take_key(self, event: QKeyEvent) -> None:
        """Do what a key means that was pressed in another window."""
        if not self.handle_key(event):
            self.key_ignored.emit(event)

    def _leave_for_other_window(self) -> None:
        self._controls.playback.pause()
        self._picture.close_full_screen()

    def _choose_speed(self, speed: float) -> None:
        if self._open_file is not None:
            self._controls.choose_speed(speed)

    def _toggle_play(self) -> None:
        if self._open_file is not None:
            self._controls.playback.toggle()

    def _take_focus_for_space(self) -> None:
        """After a click in the player, Space must play, not type a space into a text field and not spend."""
        focused = self.window().focusWidget()
        if isinstance(focused, QLineEdit | QTextEdit | QAbstractSpinBox | SpendButton):
            focused.clearFocus()  # without a clip, the button cannot take the focus
            self._transport.focus_play_button()


def _shape_of(job: Job) -> QSize:
    """The aspect ratio that was requested, as a size; empty if unknown."""
    return QSize(*(proportions_of(job.request.aspect_ratio) or (0, 0)))
