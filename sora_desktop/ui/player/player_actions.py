"""The QActions of the player, for its menus, buttons and keys."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction, QActionGroup, QKeyEvent
from PySide6.QtWidgets import QMenu, QWidget

from sora_desktop.state.clip_text import speed_text
from sora_desktop.ui.actions.action_list import action_for, new_action
from sora_desktop.ui.actions.job_actions import JobActions
from sora_desktop.ui.player.player_keys import PANS, PlayerCommand
from sora_desktop.ui.widgets.round_corners import round_menu

#: Groups of the menu, divided by lines. The speeds follow the group of the loop, the marks that of the frames.
_GROUPS = (
    (PlayerCommand.PLAY_PAUSE, PlayerCommand.SHUTTLE_BACK, PlayerCommand.SHUTTLE_FORWARD),
    (PlayerCommand.FRAME_BACK, PlayerCommand.FRAME_FORWARD),
    (PlayerCommand.RANGE_START, PlayerCommand.RANGE_END, PlayerCommand.CLEAR_RANGE),
    (PlayerCommand.LOOP,),
    (PlayerCommand.COPY_FRAME, PlayerCommand.SAVE_FRAME, PlayerCommand.CONTINUE, PlayerCommand.EXPORT_RANGE),
    (PlayerCommand.OPEN_IN_SYSTEM, PlayerCommand.FULL_SCREEN),
)
#: The submenus behind the frames and before the full screen.
_JUMPS = (
    PlayerCommand.JUMP_TO_START,
    PlayerCommand.JUMP_TO_END,
    PlayerCommand.JUMP_TO_RANGE_START,
    PlayerCommand.JUMP_TO_RANGE_END,
    PlayerCommand.GO_TO,
)
_SOUNDS = (PlayerCommand.MUTE, PlayerCommand.LOUDER, PlayerCommand.QUIETER)
_ZOOMS = (PlayerCommand.ZOOM_IN, PlayerCommand.ZOOM_OUT, PlayerCommand.ZOOM_FIT, PlayerCommand.ZOOM_FULL, *PANS)
#: Below the speeds to choose from.
_SPEED_STEPS = (
    PlayerCommand.SLOWER,
    PlayerCommand.FASTER,
    PlayerCommand.HALF_SPEED,
    PlayerCommand.DOUBLE_SPEED,
    PlayerCommand.NORMAL_SPEED,
)
#: What happens once for each press of a key.
_ONCE = frozenset(PlayerCommand) - {
    PlayerCommand.FRAME_BACK,
    PlayerCommand.FRAME_FORWARD,
    PlayerCommand.SLOWER,
    PlayerCommand.FASTER,
    PlayerCommand.ZOOM_IN,
    PlayerCommand.ZOOM_OUT,
    PlayerCommand.LOUDER,
    PlayerCommand.QUIETER,
    *PANS,
}
#: The commands that need a range.
OF_RANGE = (
    PlayerCommand.CLEAR_RANGE,
    PlayerCommand.JUMP_TO_RANGE_START,
    PlayerCommand.JUMP_TO_RANGE_END,
    PlayerCommand.EXPORT_RANGE,
)


SPEEDS = (0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 4.0)


class PlayerActions(QObject):
    """One action for each command. All are disabled while no clip is open.

    Of a clip that cannot be shown, another program is offered alone.
    """

    requested = Signal(PlayerCommand)
    speed_chosen = Signal(float)

    def __init__(self, parent: QWidget, of_jobs: JobActions) -> None:
        super().__init__(parent)
        #: What is done to the job of the clip.
        self.of_jobs = of_jobs
        self._is_open = False
        self.is_readable = True  # unless the open clip cannot be shown
        self._has_range = False
        self._actions = {command: self._action(command) for command in PlayerCommand}
        for checkable in (PlayerCommand.LOOP, PlayerCommand.MUTE):
            self[checkable].setCheckable(True)
        self.speed = new_action("player.speed", self)
        self._speeds = QActionGroup(self)
        self._speeds.setExclusionPolicy(QActionGroup.ExclusionPolicy.ExclusiveOptional)
        for speed in SPEEDS:
            self._speeds.addAction(self._speed_choice(speed))
        self.speed_menu = QMenu("Speed", parent)
        round_menu(self.speed_menu)
        self.speed_menu.addActions(self.speeds)
        self.speed_menu.addSeparator()
        self.speed_menu.addActions([self[command] for command in _SPEED_STEPS])
        self._speed_text = ""
        self.show_speed(1.0)
        self._jumps = self._submenu("Go to", _JUMPS, parent)
        self._zooms = self._submenu("Zoom", _ZOOMS, parent)
        self._sounds = self._submenu("Sound", _SOUNDS, parent)

    def __getitem__(self, command: PlayerCommand) -> QAction:
        return self._actions[command]

    @property
    def all(self) -> list[QAction]:
        """The action of every command, and the one that offers the speeds."""
        return [*self._actions.values(), self.speed]

    def step(self, forward: bool) -> None:
        """Show the next frame, or the one before."""
        self[PlayerCommand.FRAME_FORWARD if forward else PlayerCommand.FRAME_BACK].trigger()

    def fill(self, menu: QMenu) -> None:
        """Add the actions to a menu. It gets round corners."""
        round_menu(menu)
        for group in _GROUPS:
            menu.addActions([self[command] for command in group])
            if PlayerCommand.LOOP in group:
                menu.addMenu(self._sounds)
                menu.addMenu(self.speed_menu)
                menu.addMenu(self._zooms)
            if PlayerCommand.FRAME_BACK in group:
                menu.addMenu(self._jumps)
            if group is not _GROUPS[-1]:
                menu.addSeparator()
            if PlayerCommand.COPY_FRAME in group:
                menu.addActions([*self.of_jobs.of_marks.values()])
                menu.addSeparator()

    @property
    def speeds(self) -> list[QAction]:
        """The speeds to choose from."""
        return self._speeds.actions()

    @property
    def speed_text(self) -> str:
        """The speed of the clips that are open, such as "1.5×"."""
        return self._speed_text

    def show_speed(self, speed: float) -> None:
        """Tick the speed of the clips that are open, if it is one to choose from."""
        self._speed_text = speed_text(speed)
        for choice in self.speeds:
            choice.setChecked(choice.data() == speed)

    def show_state(self, *, is_open: bool | None = None, has_range: bool | None = None) -> None:
        """Enable what applies. None: as before. A clip that is opened counts as readable."""
        if is_open is not None:
            self._is_open, self.is_readable = is_open, True
        self._has_range = self._has_range if has_range is None else has_range
        self._enable()

    def show_unreadable(self) -> None:
        """The open clip cannot be shown, or no longer."""
        self.is_readable = False
        self._enable()

    def command_for(self, event: QKeyEvent, *, paused: bool) -> PlayerCommand | None:
        """The command of a key, or None. Arrow keys step only while paused; otherwise they scroll lists."""
        action = action_for(self._actions.values(), event, arrows=paused)
        if action is None or (event.isAutoRepeat() and not action.autoRepeat()):
            return None
        return PlayerCommand(action.data())

    def _enable(self) -> None:
        is_shown = self._is_open and self.is_readable
        for group in (self.speed, self.speed_menu, self._jumps, self._zooms, self._sounds):
            group.setEnabled(is_shown)
        for command, action in self._actions.items():
            is_possible = is_shown or (self._is_open and command is PlayerCommand.OPEN_IN_SYSTEM)
            action.setEnabled(is_possible and (self._has_range or command not in OF_RANGE))

    def _submenu(self, title: str, commands: Sequence[PlayerCommand], parent: QWidget) -> QMenu:
        """A menu that several menus share."""
        submenu = QMenu(title, parent)
        round_menu(submenu)
        submenu.addActions([self[command] for command in commands])
        return submenu

    def _speed_choice(self, speed: float) -> QAction:
        choice = QAction(speed_text(speed), self)
        choice.setCheckable(True)
        choice.setData(speed)
        choice.triggered.connect(lambda _: self.speed_chosen.emit(speed))
        return choice

    def _action(self, command: PlayerCommand) -> QAction:
        action = new_action(command.value, self)
        action.setAutoRepeat(command not in _ONCE)
        action.triggered.connect(lambda _: self.requested.emit(command))
        return action
