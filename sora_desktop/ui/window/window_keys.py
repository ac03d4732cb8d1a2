"""What keys do that no widget has taken, in the window and on the full screen."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QAction, QKeyEvent

from sora_desktop.ui.actions.action_list import ActionList, id_of, run_key
from sora_desktop.ui.player.player_panel import PlayerPanel

if TYPE_CHECKING:  # made when clips are compared
    from sora_desktop.ui.compare.compare_panel import ComparePanel

#: What changes the clip on the full screen, or nothing that is shown.
_SEEN_ON_FULL_SCREEN = ("edit.undo", "edit.redo", "service.balance")
#: Actions on the pictures; those that need another window leave the full screen by themselves.
_OF_PICTURES = ("player.", "clip.", "compare.", "review.")


class WindowKeys(QObject):
    """Runs the action of a key."""

    message_requested = Signal(str)  # why nothing happened, for the user
    escaped = Signal()  # Esc, which means nothing else here

    def __init__(self, listed: ActionList, player: PlayerPanel, parent: QObject) -> None:
        super().__init__(parent)
        self._listed = listed
        self._player = player
        #: While clips are compared: keys are about them.
        self.compare: ComparePanel | None = None

    def press(self, event: QKeyEvent) -> bool:
        """Do what a key means in the window. False if it means nothing."""
        compare = self.compare
        if compare is not None and compare.handle_key(event):
            return True
        is_playing = self._player.is_playing if compare is None else compare.is_playing
        action = self._listed.action_for(event, arrows=not is_playing)
        if action is not None:
            if compare is None or not compare.is_full_screen:
                run_key(action, event)
            else:
                self._run_on_full_screen(action, event, compare.leave_full_screen)
            return True
        if reason := self._listed.reason_for(event):
            self.message_requested.emit(reason)
            return True
        if event.key() == Qt.Key.Key_Escape:
            self.escaped.emit()
        return False

    def press_on_full_screen(self, event: QKeyEvent) -> None:
        """Run what a key means that was pressed on the full screen of the player, or beside its volume."""
        action = self._listed.action_for(event, arrows=not self._player.is_playing)
        if action is not None:
            self._run_on_full_screen(action, event, self._player.leave_full_screen)

    def _run_on_full_screen(self, action: QAction, event: QKeyEvent, leave: Callable[[], None]) -> None:
        """Run an action. What is shown in the window leaves the full screen first."""
        if id_of(action).startswith(_OF_PICTURES):
            run_key(action, event)
            return
        if id_of(action) not in _SEEN_ON_FULL_SCREEN:
            leave()
        if not self._listed.extra(id_of(action)).spends():  # what spends is not done: no price was in sight
            run_key(action, event)
