"""Two to four clips in frame lock: what they show, and what differs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QImage, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QApplication, QWidget

from sora_desktop.domain.job import Job
from sora_desktop.state.compare_view import CompareView
from sora_desktop.ui.compare.compare_actions import CompareActions
from sora_desktop.ui.compare.compare_bar import CompareBar
from sora_desktop.ui.compare.compare_column import CompareColumn
from sora_desktop.ui.compare.compare_footer import CompareFooter
from sora_desktop.ui.compare.compare_full_screen import CompareFullScreen
from sora_desktop.ui.compare.compare_stage import CompareStage
from sora_desktop.ui.compare.compared_clips import ComparedClips, clip_of
from sora_desktop.ui.compare.lettered_transport import LetteredTransport
from sora_desktop.ui.compare.pictures_menu import pictures_menu
from sora_desktop.ui.compare.stage_area import CompareStageArea
from sora_desktop.ui.compare.stage_places import Mode
from sora_desktop.ui.compare.stage_state import StageState
from sora_desktop.ui.player.clip_support import NO_SUPPORT, ClipSupport
from sora_desktop.ui.player.filmstrip import tile_at
from sora_desktop.ui.player.play_range import PlayRange
from sora_desktop.ui.player.playback_controls import PlaybackControls
from sora_desktop.ui.player.player_actions import PlayerActions
from sora_desktop.ui.player.player_keys import PANS, PlayerCommand
from sora_desktop.ui.player.zoom import ZOOM_STEP, Zoom
from sora_desktop.ui.theme import PartTheme, Theme
from sora_desktop.ui.widgets.announcement import SPOKEN_ROLE, announce

if TYPE_CHECKING:  # made with the first clips
    from sora_desktop.ui.compare.review_bar import ReviewBar
    from sora_desktop.ui.player.frame_source import OpenFrames
    from sora_desktop.ui.player.playback import Playback

#: Pixels: below this width the transport has no texts; from this height on there is more space around the footer.
_NARROW, _ROOMY = 600, 760


class ComparePanel(QWidget):
    """Shows a CompareView and plays its clips. One clip is current: its frames are counted, its sound is heard."""

    close_requested = Signal()
    keep_requested = Signal(object)  # Job: pick it, and reject the others
    export_picks_requested = Signal()
    swap_requested = Signal(int, int)  # two panes
    command_requested = Signal(object, object, int)  # a PlayerCommand that is not about playing, Job, frame shown
    current_changed = Signal(object)  # Job
    covers = Signal(object)  # QWidget that shows the pictures on the whole screen, or None
    volume_changed = Signal(float)  # 0-1
    loop_changed = Signal(bool)
    table_share_changed = Signal(object)  # float, 0-1, of the height that the table has; None: as it suits

    def __init__(
        self,
        theme: Theme,
        facts_of: Callable[[Job], tuple[str, ...]],
        strip_of: Callable[[Job], QImage | None],
        open_frames: OpenFrames,
        player_actions: PlayerActions,
        actions: CompareActions,
        support: ClipSupport = NO_SUPPORT,
    ) -> None:
        """`facts_of`: what the footer shows of a job. `strip_of`: its filmstrip. `open_frames` opens the files."""
        super().__init__()
        self.setObjectName("comparePanel")
        self.setProperty(SPOKEN_ROLE, "Grouping")
        self.setAccessibleName("Compare")
        self._theme = theme
        self._strip_of = strip_of
        self._actions = actions
        self._state = StageState()
        self._bar = CompareBar(theme, actions, player_actions)
        stage_theme = PartTheme(theme)
        self._stage = CompareStage(stage_theme, player_actions.of_jobs.of_marks, actions)
        self._area = CompareStageArea(self._stage)
        self._controls = PlaybackControls(
            open_frames, player_actions, sound=support.sound, shows_rate=True, parent=self
        )
        self._clips = ComparedClips(self._controls, support.times_file_of)
        self._transport = LetteredTransport(theme, player_actions)
        self._transports = [self._transport]  # of the window, and of the full screen
        self._full_screen = CompareFullScreen(theme, stage_theme, self._further_transport, self)
        self._player_actions = player_actions
        self._before_flip = Mode.SIDE_BY_SIDE
        self._footer = CompareFooter(theme, facts_of, player_actions.of_jobs, actions)
        self._column = CompareColumn(self, self._bar, self._area, self._transport, self._footer)
        self._connect(player_actions)

    @property
    def view(self) -> CompareView:
        """What is shown."""
        return self._state.view

    @property
    def current_job(self) -> Job:
        """The job of the current clip."""
        return self._state.view.panes[self._state.current].job

    @property
    def is_open(self) -> bool:
        """True while clips are shown."""
        return self._clips.is_open

    @property
    def is_playing(self) -> bool:
        return self._controls.is_playing

    @property
    def play_range(self) -> PlayRange:
        """The range that is played, in the time of the current clip."""
        return self._controls.playback.own_range

    @property
    def frame(self) -> int:
        """Number of the frame shown of the current clip."""
        return self._clips.frame

    def frame_of(self, pane: int) -> int:
        """Number of the frame shown of a clip."""
        return self._clips.frame_of(pane)

    def show_view(self, view: CompareView, *, current: int = 0, frame: int = 0) -> None:
        """Show these clips: in the mode of those before if they were as many, else side by side.

        One clip alone is shown only as long as the panel stays open. The files that are open stay open; others are
        opened at a frame of the current clip.
        """
        clips, before = len(view.panes), self._state
        is_new = not self._clips.are_those_of(view)
        against = before.against if not is_new and before.against != current else (current + 1) % clips
        self._state = replace(before, view=view, current=current, against=against)
        if is_new:
            is_kept = clips == len(before.view.panes) and (self.is_open or before.mode is not Mode.FLIP)
            mode = before.mode if is_kept else Mode.SIDE_BY_SIDE
            self._state = replace(self._state, mode=mode, zoom=Zoom())
            if not self._actions.review.is_going_on:
                self._stage.center_line()
            self._clips.open(view, current, frame)
            self._actions.set_open(True)
        else:
            self._clips.place(view, current)
        self._show_state()
        if is_new:
            self._show_stills(frame / max(clip_of(view.panes[current]).facts.frames, 1))
        else:
            self._show_opened()

    def close_clips(self) -> None:
        """Close the files. What is shown last stays in sight until the panel is hidden."""
        self._full_screen.close()
        self._clips.close()
        self._actions.set_open(False)

    def choose(self, pane: int) -> None:
        """Make a clip the current one."""
        state = self._state
        if pane == state.current or not 0 <= pane < len(state.view.panes):
            return
        against = state.current if pane == state.against else state.against
        self._state = replace(state, current=pane, against=against)
        self._show_state()
        self._clips.set_current(pane)
        self.current_changed.emit(self.current_job)
        announce(self._stage, state.view.panes[pane].name)

    def show_strip(self, strip: QImage | None) -> None:
        """Show the filmstrip of the current clip."""
        for transport in self._transports:
            transport.show_strip(strip)

    def play(self) -> None:
        """Play the clips, forward and from where they are."""
        self._controls.playback.play()

    def tab_order(self) -> list[QWidget]:
        """The focusable widgets from the top."""
        return self._column.tab_order()

    def add_in_place_of_footer(self, part: ReviewBar) -> None:
        """Add a part below the transport. While it is shown, the footer is not."""
        self._column.add_in_place_of_footer(part)

    @property
    def is_full_screen(self) -> bool:
        """True while the pictures fill the screen."""
        return self._full_screen.is_open

    def leave_full_screen(self) -> None:
        """Show the pictures in the window alone."""
        self._full_screen.close()

    def set_volume(self, volume: float) -> None:
        """`volume` is 0 to 1. Emits no signal."""
        self._controls.set_volume(volume)

    def set_table_share(self, share: float | None) -> None:
        """Which part of the height the table has, 0 to 1; None: as it suits. Emits no signal."""
        self._state = replace(self._state, table_share=share)

    def set_loop(self, loop: bool) -> None:
        """Emits no signal."""
        self._controls.set_loop(loop)

    def focus_stage(self, *, by_key: bool = False) -> None:
        """Put the focus where Tab flips. `by_key`: show it there."""
        self._stage.take_focus(by_key=by_key)

    def handle_key(self, event: QKeyEvent) -> bool:
        """Do what a key means that cannot be changed: Escape, and the numbers of the clips. False for other keys."""
        if not self.is_open or event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            return False
        if event.key() == Qt.Key.Key_Escape:
            self.close_requested.emit()
            return True
        number = event.key() - Qt.Key.Key_1
        if 0 <= number < len(self._state.view.panes):
            self.choose(number)
            return True
        return False

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._transport.set_compact(event.size().width() < _NARROW)
        self._footer.set_roomy(event.size().height() >= _ROOMY)

    def _connect(self, player_actions: PlayerActions) -> None:
        stage, actions = self._stage, self._actions
        player_actions.requested.connect(self._run)
        player_actions.speed_chosen.connect(lambda speed: self._controls.choose_speed(speed) if self.is_open else None)
        self._controls.add_transport(self._transport)
        self._controls.playback_made.connect(self._connect_playback)
        self._controls.volume_changed.connect(self.volume_changed)
        self._controls.loop_changed.connect(self.loop_changed)
        stage.pane_chosen.connect(self.choose)
        stage.flip_requested.connect(lambda: self.choose((self._state.current + 1) % len(self._state.view.panes)))
        stage.parts.table_chosen.connect(lambda choice: self._show_table(self._state.with_table(choice)))
        self._column.bar_shown.connect(lambda is_shown: self._show_table(replace(self._state, is_reviewed=is_shown)))
        stage.parts.share_chosen.connect(lambda share: self._show_table(replace(self._state, table_share=share)))
        stage.parts.share_settled.connect(lambda: self.table_share_changed.emit(self._state.table_share))
        stage.zoom_changed.connect(lambda zoom: self._change(zoom=zoom))
        stage.clicked.connect(lambda: self._controls.playback.toggle())
        stage.wheel_turned.connect(player_actions.step)
        stage.menu_requested.connect(self._open_menu)
        self._transport.key_pressed.connect(self._forward_key)
        self._full_screen.opened.connect(self._controls.add_transport)
        self._full_screen.closed.connect(self._end_full_screen)
        self._full_screen.covers.connect(self.covers)
        self._full_screen.key_pressed.connect(self._forward_key)
        of_jobs = player_actions.of_jobs
        stage.parts.mark_requested.connect(lambda pane, mark: of_jobs.mark(mark, self.view.panes[pane].job))
        of_jobs.about_to_leave.connect(self._full_screen.close)
        stage.sizes_changed.connect(self._clips.set_sizes)
        actions.mode_chosen.connect(self._choose_mode)
        actions.quick_flip.triggered.connect(lambda _: self._flip_quickly())
        actions.clip_chosen.connect(self.choose)
        actions.other_chosen.connect(lambda pane: self._change(against=pane))
        actions.gain_chosen.connect(lambda gain: self._change(gain=gain))
        actions.table.triggered.connect(lambda _: stage.parts.fold_or_show_table())
        actions.swap.triggered.connect(lambda _: self._swap())
        actions.nudge_back.triggered.connect(lambda _: self._nudge(-1))
        actions.nudge_forward.triggered.connect(lambda _: self._nudge(1))
        actions.reset_nudges.triggered.connect(lambda _: self._nudge(0))
        actions.keep.triggered.connect(lambda _: self.keep_requested.emit(self.current_job))
        actions.export_picks.triggered.connect(lambda _: self._full_screen.close())  # a dialog asks where
        actions.export_picks.triggered.connect(lambda _: self.export_picks_requested.emit())
        actions.close.triggered.connect(lambda _: self.close_requested.emit())

    def _connect_playback(self, playback: Playback) -> None:
        playback.opened.connect(self._show_opened)
        playback.failed.connect(lambda clip, message: self._stage.show_message(self._clips.pane_of(clip), message))
        playback.pictures_shown.connect(lambda pictures: self._stage.show_pictures(self._clips.of_panes(pictures)))

    def _show_stills(self, share: float) -> None:
        """Show what the filmstrips have at a part of the clips, until they are open."""
        for number, pane in enumerate(self.view.panes):
            self._stage.show_still(number, tile_at(self._strip_of(pane.job), share))

    def _show_opened(self) -> None:
        for pane, size in self._clips.sizes.items():
            self._stage.show_clip(pane, size)
        self._clips.set_sizes(self._stage.sizes)

    def _change(self, **changes: object) -> None:
        self._state = replace(self._state, **changes)  # type: ignore[arg-type]
        self._show_state()

    def _show_state(self) -> None:
        state = self._state
        pane = state.view.panes[state.current]
        self._stage.show_state(state)
        self._stage.setAccessibleDescription(f"{pane.name}, current clip")
        self._actions.show_choice(len(state.view.panes), state.mode, state.current, state.against, state.gain)
        self._bar.show_state(len(state.view.panes), state.mode, state.zoom, self._clips.nudged_text)
        self._column.set_tab_order()
        self._footer.show_view(state.view, state.current)
        self._player_actions.of_jobs.show_clip(pane.job, is_open=True)
        for transport in self._transports:
            transport.show_letter(pane.letter)
        self.show_strip(self._strip_of(pane.job))

    def _show_table(self, state: StageState) -> None:
        """Show a state in which the table alone is another one."""
        self._state = state
        self._stage.show_state(state)

    def _choose_mode(self, mode: Mode, *, by_key: bool = False) -> None:
        if self.is_open:
            self._change(mode=mode)
            focused = self._bar.focused_mode
            if mode is Mode.FLIP and (by_key or focused in (None, Mode.FLIP)):  # arrow keys go on to the next mode
                self.focus_stage(by_key=by_key or focused is Mode.FLIP)

    def _flip_quickly(self) -> None:
        """Show the current clip alone, or what was shown before."""
        mode = self._state.mode
        if mode is not Mode.FLIP:
            self._before_flip = mode
        self._choose_mode(self._before_flip if mode is Mode.FLIP else Mode.FLIP, by_key=True)

    def _swap(self) -> None:
        """Change sides of two pictures over each other, else change places with the first or second clip."""
        state = self._state
        if state.mode in (Mode.WIPE, Mode.DIFFERENCE):
            self.choose(state.against)
        else:
            self.swap_requested.emit(0, state.current or 1)

    def _nudge(self, frames: int) -> None:
        """`frames`: by which the current clip is moved on; 0 moves all clips back to the same moment."""
        if frames:
            self._clips.nudge(self._state.current, frames)
        else:
            self._clips.reset_nudges()
        self._show_state()

    def _run(self, command: PlayerCommand) -> None:
        """Run a command of the player on the clips."""
        if not self.is_open:
            return
        match command:
            case PlayerCommand.ZOOM_IN | PlayerCommand.ZOOM_OUT:
                self._stage.zoom_by(ZOOM_STEP if command is PlayerCommand.ZOOM_IN else 1 / ZOOM_STEP)
            case PlayerCommand.ZOOM_FIT | PlayerCommand.ZOOM_FULL:
                self._change(zoom=Zoom() if command is PlayerCommand.ZOOM_FIT else Zoom(1.0))
            case _ if command in PANS:
                self._stage.pan(*PANS[command])
            case PlayerCommand.FULL_SCREEN:
                self._toggle_full_screen()
            case _ if not self._controls.run(command):
                if command is not PlayerCommand.COPY_FRAME:
                    self._full_screen.close()  # what follows happens in other windows
                self._controls.playback.pause()
                self.command_requested.emit(command, self.current_job, self.frame)

    def _open_menu(self, place: QPoint) -> None:
        menu = pictures_menu(self._stage, self._actions, self._player_actions)
        self._player_actions.of_jobs.name_in(menu, (self.current_job,))
        menu.popup(place)

    def _forward_key(self, event: QKeyEvent) -> None:
        """Let a key that was pressed in another window do what it does here."""
        is_reviewing = self._actions.review.is_going_on
        QApplication.sendEvent(self, event)
        if is_reviewing:
            self._full_screen.reveal()  # the bar has another question, or the order

    def _toggle_full_screen(self) -> None:
        if self._full_screen.is_open:
            self._full_screen.close()
        else:
            self._state = replace(self._state, is_bare=True)
            self._full_screen.open(self._area, self._column.added)
            self._column.set_tab_order_of_cover(self._transports[-1])
            self._show_state()
            self.focus_stage()

    def _further_transport(self) -> LetteredTransport:
        transport = LetteredTransport(self._theme, self._player_actions)
        self._transports.append(transport)
        return transport

    def _end_full_screen(self) -> None:
        """Take the pictures and the bars back."""
        self._transports.pop()
        self._controls.remove_last_transport()
        self._column.take_back()
        self._state = replace(self._state, is_bare=False)
        self._show_state()
        self.window().activateWindow()
        self.focus_stage()
