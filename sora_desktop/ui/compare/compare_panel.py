"""Two to four clips in frame lock: what they show, and what differs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QImage, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from sora_desktop.domain.frames import ReadClip
from sora_desktop.domain.job import Job, JobId
from sora_desktop.state.compare_view import CompareView
from sora_desktop.state.marks import Mark
from sora_desktop.ui.compare.compare_actions import CompareActions
from sora_desktop.ui.compare.compare_bar import CompareBar
from sora_desktop.ui.compare.compare_footer import CompareFooter
from sora_desktop.ui.compare.compare_stage import CompareStage
from sora_desktop.ui.compare.stage_area import CompareStageArea
from sora_desktop.ui.compare.stage_parts import STAGE_MARGIN
from sora_desktop.ui.compare.stage_places import PANE_GAP, Mode, TableChoice
from sora_desktop.ui.compare.stage_state import StageState
from sora_desktop.ui.player.play_range import PlayRange
from sora_desktop.ui.player.playback_controls import PlaybackControls
from sora_desktop.ui.player.player_actions import PlayerActions
from sora_desktop.ui.player.player_keys import MARKS, PlayerCommand
from sora_desktop.ui.player.transport import Transport
from sora_desktop.ui.player.zoom import ZOOM_STEP, Zoom
from sora_desktop.ui.theme import Theme
from sora_desktop.ui.widgets.letter_chip import LetterChip

if TYPE_CHECKING:  # made with the first clips
    from sora_desktop.ui.player.asked_frames import MomentPictures
    from sora_desktop.ui.player.frame_source import OpenFrames
    from sora_desktop.ui.player.playback import Playback

_EDGE = 16  # pixels around the pictures
_NARROW = 600  # pixels; below this width the transport has no texts
_ROOMY = 760  # pixels; from this height on there is more space around the footer


class ComparePanel(QWidget):
    """Shows a CompareView and plays its clips. One clip is current: its frames are counted, its sound is heard."""

    close_requested = Signal()
    mark_requested = Signal(object, object)  # Job, Mark
    keep_requested = Signal(object)  # Job: pick it, and reject the others
    reuse_requested = Signal(object)  # Job
    export_picks_requested = Signal()
    swap_requested = Signal(int, int)  # two panes
    command_requested = Signal(object, object, int)  # a PlayerCommand that is not about playing, Job, frame shown
    current_changed = Signal(object)  # Job
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
        times_file_of: Callable[[JobId], Path | None] = lambda _: None,
    ) -> None:
        """`facts_of`: what the footer shows of a job. `strip_of`: its filmstrip. `open_frames` opens the files.

        `times_file_of`: where the frame times of a job's clip are kept, if they are.
        """
        super().__init__()
        self.setObjectName("comparePanel")
        self.setAccessibleName("Compare")
        self._strip_of = strip_of
        self._times_file_of = times_file_of
        self._actions = actions
        self._state = StageState()
        self._opened: tuple[JobId, ...] = ()  # the jobs of the clips that are open, in the order of the playback
        self._bar = CompareBar(theme, actions)
        self._stage = CompareStage(theme, player_actions.of_marks)
        self._controls = PlaybackControls(open_frames, player_actions, shows_rate=True, parent=self)
        self._transport = Transport(theme, player_actions, strip_height=48)
        self._chips = (LetterChip(theme), LetterChip(theme))
        self._transport.add_chips(*self._chips)
        self._footer = CompareFooter(theme, facts_of, player_actions.of_marks, actions)
        self._build_layout()
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
        return bool(self._opened)

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
        made = self._controls.made
        return 0 if made is None or not self.is_open else made.frame

    def frame_of(self, pane: int) -> int:
        """Number of the frame shown of a clip."""
        return self._controls.playback.frames_shown[self._clip_of(pane)]

    def show_view(self, view: CompareView, *, current: int = 0, frame: int = 0) -> None:
        """Show these clips. The files that are open stay open; others are opened at a frame of the current clip."""
        ids = tuple(pane.job.id for pane in view.panes)
        is_new = set(ids) != set(self._opened)
        zoom = Zoom() if is_new else self._state.zoom
        against = self._state.against if not is_new and self._state.against != current else (current + 1) % len(ids)
        self._state = replace(self._state, view=view, current=current, against=against, zoom=zoom)
        if is_new:
            self._opened = ids
            clips = [(pane.job.id, pane.clip.file) for pane in view.panes if pane.clip is not None]
            files = [ReadClip(file, self._times_file_of(id)) for id, file in clips]
            self._controls.playback.open(files, current=current, frame=frame)
            self._actions.set_open(True)
        self._show_state()
        if not is_new:
            self._show_opened()
        self._controls.playback.set_current(self._clip_of(current))

    def close_clips(self) -> None:
        """Close the files. What is shown last stays in sight until the panel is hidden."""
        self._opened = ()
        self._actions.set_open(False)
        if self._controls.made is not None:
            self._controls.made.close()

    def choose(self, pane: int) -> None:
        """Make a clip the current one."""
        state = self._state
        if pane == state.current or not 0 <= pane < len(state.view.panes):
            return
        against = state.current if pane == state.against else state.against
        self._state = replace(state, current=pane, against=against)
        self._show_state(at_once=True)
        self._controls.playback.set_current(self._clip_of(pane))
        self.current_changed.emit(self.current_job)

    def show_strip(self, strip: QImage | None) -> None:
        """Show the filmstrip of the current clip."""
        self._transport.show_strip(strip)

    def add_above_footer(self, part: QWidget) -> None:
        """Add a part between the transport and the footer."""
        self._column.insertWidget(self._column.indexOf(self._footer), part)

    def set_volume(self, volume: float) -> None:
        """`volume` is 0 to 1. Emits no signal."""
        self._controls.set_volume(volume)

    def set_table_share(self, share: float | None) -> None:
        """Which part of the height the table has, 0 to 1; None: as it suits. Emits no signal."""
        self._state = replace(self._state, table_share=share)

    def set_loop(self, loop: bool) -> None:
        """Emits no signal."""
        self._controls.set_loop(loop)

    def focus_stage(self) -> None:
        """Put the focus where Tab flips."""
        self._stage.setFocus(Qt.FocusReason.OtherFocusReason)

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

    def _build_layout(self) -> None:
        column = self._column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._bar)
        inner = QVBoxLayout()
        inner.setContentsMargins(_EDGE - STAGE_MARGIN, PANE_GAP - STAGE_MARGIN, _EDGE - STAGE_MARGIN, _EDGE)
        inner.setSpacing(_EDGE - STAGE_MARGIN)
        inner.addWidget(CompareStageArea(self._stage), 1)
        below = QVBoxLayout()
        below.setContentsMargins(STAGE_MARGIN, 0, STAGE_MARGIN, 0)
        below.addWidget(self._transport)
        inner.addLayout(below)
        column.addLayout(inner, 1)
        column.addWidget(self._footer)
        order = [*self._bar.tab_order(), self._stage, *self._transport.tab_order(), *self._footer.buttons()]
        for earlier, later in pairwise(order):
            self.setTabOrder(earlier, later)

    def _connect(self, player_actions: PlayerActions) -> None:
        stage, actions = self._stage, self._actions
        player_actions.requested.connect(self._run)
        self._controls.add_transport(self._transport)
        self._controls.playback_made.connect(self._connect_playback)
        self._controls.volume_changed.connect(self.volume_changed)
        self._controls.loop_changed.connect(self.loop_changed)
        stage.pane_chosen.connect(self.choose)
        stage.flip_requested.connect(lambda: self.choose((self._state.current + 1) % len(self._state.view.panes)))
        stage.against_chosen.connect(lambda pane: self._change(against=pane))
        stage.parts.gain_chosen.connect(lambda gain: self._change(gain=gain))
        stage.parts.table_chosen.connect(self._choose_table)
        stage.parts.share_chosen.connect(self._choose_share)
        stage.parts.share_settled.connect(lambda: self.table_share_changed.emit(self._state.table_share))
        stage.zoom_changed.connect(lambda zoom: self._change(zoom=zoom))
        stage.clicked.connect(lambda: self._controls.playback.toggle())
        stage.parts.mark_requested.connect(lambda pane, mark: self.mark_requested.emit(self.view.panes[pane].job, mark))
        stage.sizes_changed.connect(self._set_sizes)
        self._bar.zoom_chosen.connect(lambda zoom: self._change(zoom=zoom))
        self._footer.star_requested.connect(lambda: self.mark_requested.emit(self.current_job, Mark.STAR))
        self._footer.reuse_requested.connect(lambda: self.reuse_requested.emit(self.current_job))
        for mode, action in actions.modes.items():
            action.triggered.connect(lambda _=False, mode=mode: self._choose_mode(mode))
        actions.swap.triggered.connect(lambda _: self._swap())
        actions.nudge_back.triggered.connect(lambda _: self._nudge(-1))
        actions.nudge_forward.triggered.connect(lambda _: self._nudge(1))
        actions.reset_nudges.triggered.connect(lambda _: self._reset_nudges())
        actions.keep.triggered.connect(lambda _: self.keep_requested.emit(self.current_job))
        actions.export_picks.triggered.connect(lambda _: self.export_picks_requested.emit())
        actions.close.triggered.connect(lambda _: self.close_requested.emit())

    def _connect_playback(self, playback: Playback) -> None:
        playback.opened.connect(self._show_opened)
        playback.failed.connect(lambda clip, message: self._stage.show_message(self._pane_of(clip), message))
        playback.pictures_shown.connect(self._show_pictures)

    def _show_opened(self) -> None:
        for clip, opened in enumerate(self._controls.playback.clips):
            if opened is not None:
                self._stage.show_clip(self._pane_of(clip), QSize(opened.width, opened.height))
        self._set_sizes(self._stage.sizes)

    def _show_pictures(self, pictures: MomentPictures) -> None:
        self._stage.show_pictures(tuple(pictures[self._clip_of(pane)] for pane in range(len(pictures))))

    def _set_sizes(self, sizes: tuple[QSize, ...]) -> None:
        if self.is_open:
            for pane, size in enumerate(sizes):
                self._controls.playback.set_size(self._clip_of(pane), size.width(), size.height())

    def _clip_of(self, pane: int) -> int:
        """The number in the playback of the clip in a pane."""
        return self._opened.index(self._state.view.panes[pane].job.id)

    def _pane_of(self, clip: int) -> int:
        pane = self._state.view.pane_of(self._opened[clip])
        assert pane is not None
        return pane

    def _change(self, **changes: object) -> None:
        self._state = replace(self._state, **changes)  # type: ignore[arg-type]
        self._show_state()

    def _show_state(self, *, at_once: bool = False) -> None:
        """`at_once`: paint the pictures before everything around them."""
        state = self._state
        pane = state.view.panes[state.current]
        self._stage.show_state(state)
        if at_once:
            self._stage.repaint()
        self._bar.show_state(len(state.view.panes), state.mode, state.zoom, self._nudged_text())
        self._footer.show_view(state.view, state.current)
        for chip in self._chips:
            chip.show_letter(pane.letter, current=chip is self._chips[0])
        self._transport.show_strip(self._strip_of(pane.job))

    def _choose_table(self, choice: TableChoice) -> None:
        self._state = self._state.with_table(choice)
        self._stage.show_state(self._state)

    def _choose_share(self, share: float | None) -> None:
        self._state = replace(self._state, table_share=share)
        self._stage.show_state(self._state)

    def _choose_mode(self, mode: Mode) -> None:
        if self.is_open:
            self._change(mode=mode)
            if mode is Mode.FLIP:
                self.focus_stage()

    def _swap(self) -> None:
        """Change sides of two pictures over each other, else change places with the first or second clip."""
        state = self._state
        if state.mode in (Mode.WIPE, Mode.DIFFERENCE):
            self.choose(state.against)
        else:
            self.swap_requested.emit(0, state.current or 1)

    def _nudge(self, frames: int) -> None:
        self._controls.playback.nudge(self._clip_of(self._state.current), frames)
        self._show_state()

    def _reset_nudges(self) -> None:
        playback = self._controls.playback
        for clip, frames in enumerate(playback.nudges):
            if frames:
                playback.nudge(clip, -frames)
        self._show_state()

    def _nudged_text(self) -> str:
        """Such as "B +1"; empty if all clips are where the clock is."""
        made = self._controls.made
        nudges = made.nudges if made is not None and self.is_open else ()
        return ", ".join(
            f"{self._state.view.panes[self._pane_of(clip)].letter} {frames:+d}".replace("-", "\N{MINUS SIGN}")
            for clip, frames in enumerate(nudges)
            if frames
        )

    def _run(self, command: PlayerCommand) -> None:
        """Run a command of the player on the clips."""
        if not self.is_open:
            return
        match command:
            case PlayerCommand.ZOOM_IN | PlayerCommand.ZOOM_OUT:
                self._stage.zoom_by(ZOOM_STEP if command is PlayerCommand.ZOOM_IN else 1 / ZOOM_STEP)
            case PlayerCommand.ZOOM_FIT | PlayerCommand.ZOOM_FULL:
                self._change(zoom=Zoom() if command is PlayerCommand.ZOOM_FIT else Zoom(1.0))
            case _ if command in MARKS:
                self.mark_requested.emit(self.current_job, MARKS[command])
            case _ if not self._controls.run(command):
                self._controls.playback.pause()
                self.command_requested.emit(command, self.current_job, self.frame)
            case _:
                pass
