"""The QActions of a review, for its bar, the menu and the palette."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction, QActionGroup

from sora_desktop.state.differences import LETTERS
from sora_desktop.ui.actions.action_list import new_action

#: How many clips one question can be about, and what that is called.
AT_ONCE = {2: "Pairs", 4: "Fours"}


class ReviewActions(QObject):
    """They exist from the start, and are enabled while they apply. Their keys act in the compared clips alone."""

    at_once_chosen = Signal(int)  # clips in one question
    picks_chosen = Signal(int)  # how many of the first

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.choose = tuple(self._action(f"review.{letter.lower()}") for letter in LETTERS)
        self.equal = self._action("review.equal")
        self.back = self._action("review.back")
        self.at_once = self._action("review.at_once")
        self.finish = self._action("review.finish")
        self.go_on = self._action("review.go_on")
        self.pick = self._action("review.pick")
        self.pick_more = self._action("review.pick_more")
        self.reject = self._action("review.reject")
        self.export = self._action("review.export_picks")
        self.again = self._action("review.again")
        self.end = self._action("review.end")
        #: What `at_once` offers, by the number.
        self.numbers = {number: QAction(text, self) for number, text in AT_ONCE.items()}
        group = QActionGroup(self)
        for number, choice in self.numbers.items():
            choice.setCheckable(True)
            group.addAction(choice)
            choice.triggered.connect(lambda _=False, number=number: self.at_once_chosen.emit(number))
        #: What `pick_more` offers.
        self.picks: list[QAction] = []

    @property
    def all(self) -> list[QAction]:
        """Every action, in the order of the menu."""
        of_order = (self.pick, self.pick_more, self.reject, self.export, self.again)
        return [*self.choose, self.equal, self.back, self.at_once, self.finish, self.go_on, *of_order, self.end]

    @property
    def is_going_on(self) -> bool:
        """True while clips are reviewed."""
        return any(action.isEnabled() for action in self.all)

    def show_picks(self, numbers: Sequence[int]) -> None:
        """Offer to pick so many of the first."""
        for pick in self.picks:
            pick.deleteLater()
        self.picks = [QAction(f"Pick the first {number}", self) for number in numbers]
        for number, pick in zip(numbers, self.picks, strict=True):
            pick.triggered.connect(lambda _=False, number=number: self.picks_chosen.emit(number))
        self.pick_more.setEnabled(bool(numbers))

    def show_at_once(self, number: int, *, can_change: bool) -> None:
        """Tick how many clips one question is about."""
        for each, choice in self.numbers.items():
            choice.setChecked(each == number)
        self.at_once.setEnabled(can_change)

    def _action(self, id: str) -> QAction:
        action = new_action(id, self)
        action.setAutoRepeat(False)
        action.setEnabled(False)
        return action
