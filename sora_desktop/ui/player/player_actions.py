"""The QActions of the player, for its menus and buttons."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu

from sora_desktop.ui.player.player_keys import PlayerCommand
from sora_desktop.ui.widgets.round_corners import round_menu

#: Menus show the key after the tab; `PlayerPanel.handle_key` handles it.
_TEXTS = {
    PlayerCommand.PLAY_PAUSE: "Play or pause\tSpace",
    PlayerCommand.FRAME_BACK: "Previous frame\t,",
    PlayerCommand.FRAME_FORWARD: "Next frame\t.",
    PlayerCommand.RANGE_START: "Set start of range\tI",
    PlayerCommand.RANGE_END: "Set end of range\tO",
    PlayerCommand.CLEAR_RANGE: "Clear range\tAlt+X",
    PlayerCommand.LOOP: "Loop\tShift+L",
    PlayerCommand.MUTE: "Mute\tM",
    PlayerCommand.COPY_FRAME: "Copy this frame\tCtrl+Shift+C",
    PlayerCommand.SAVE_FRAME: "Save this frame…",
    PlayerCommand.CONTINUE: "Continue from this frame\tCtrl+Right",
    PlayerCommand.FULL_SCREEN: "Full screen picture\tF",
}
#: Groups of the menu, divided by lines. The speeds follow the group of the loop.
_GROUPS = (
    (PlayerCommand.PLAY_PAUSE, PlayerCommand.FRAME_BACK, PlayerCommand.FRAME_FORWARD),
    (PlayerCommand.RANGE_START, PlayerCommand.RANGE_END, PlayerCommand.CLEAR_RANGE),
    (PlayerCommand.LOOP, PlayerCommand.MUTE),
    (PlayerCommand.COPY_FRAME, PlayerCommand.SAVE_FRAME, PlayerCommand.CONTINUE),
    (PlayerCommand.FULL_SCREEN,),
)


class PlayerActions(QObject):
    """One action for each command that a menu offers. All are disabled while no clip is open."""

    requested = Signal(PlayerCommand)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._is_open = False
        self._has_range = False
        self._actions = {command: self._action(command, text) for command, text in _TEXTS.items()}
        self[PlayerCommand.LOOP].setCheckable(True)
        self[PlayerCommand.MUTE].setCheckable(True)

    def __getitem__(self, command: PlayerCommand) -> QAction:
        return self._actions[command]

    def fill(self, menu: QMenu, speeds: QMenu) -> None:
        """Add the actions to a menu, with `speeds` as a submenu. Both get round corners."""
        round_menu(menu)
        round_menu(speeds)
        for group in _GROUPS:
            menu.addActions([self[command] for command in group])
            if PlayerCommand.LOOP in group:
                menu.addMenu(speeds)
            if group is not _GROUPS[-1]:
                menu.addSeparator()

    def show_state(self, *, is_open: bool | None = None, has_range: bool | None = None) -> None:
        """Enable what applies. None: as before."""
        self._is_open = self._is_open if is_open is None else is_open
        self._has_range = self._has_range if has_range is None else has_range
        for command, action in self._actions.items():
            action.setEnabled(self._is_open and (self._has_range or command is not PlayerCommand.CLEAR_RANGE))

    def _action(self, command: PlayerCommand, text: str) -> QAction:
        action = QAction(text, self)
        action.triggered.connect(lambda _: self.requested.emit(command))
        return action
