"""The QActions of a review, for its bar, the menu and the palette."""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction

from sora_desktop.state.differences import LETTERS
from sora_desktop.ui.actions.action_list import new_action


class ReviewActions(QObject):
    """They exist from the start, and are enabled while they apply. Their keys act in the compared clips alone."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.choose = tuple(self._action(f"review.{letter.lower()}") for letter in LETTERS)
        self.equal = self._action("review.equal")
        self.back = self._action("review.back")
        self.finish = self._action("review.finish")
        self.go_on = self._action("review.go_on")
        self.pick = self._action("review.pick")
        self.reject = self._action("review.reject")
        self.export = self._action("review.export_picks")
        self.again = self._action("review.again")
        self.end = self._action("review.end")

    @property
    def all(self) -> list[QAction]:
        """Every action, in the order of the menu."""
        of_order = (self.pick, self.reject, self.export, self.again)
        return [*self.choose, self.equal, self.back, self.finish, self.go_on, *of_order, self.end]

    @property
    def is_going_on(self) -> bool:
        """True while clips are reviewed."""
        return any(action.isEnabled() for action in self.all)

    def _action(self, id: str) -> QAction:
        action = new_action(id, self)
        action.setAutoRepeat(False)
        action.setEnabled(False)
        return action
