"""The QActions of compare, for its bar, the menus, the palette and the keys."""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QActionGroup

from sora_desktop.ui.actions.action_list import new_action
from sora_desktop.ui.compare.review_actions import ReviewActions
from sora_desktop.ui.compare.stage_places import Mode

#: The modes in the order of the bar, with their ids and labels.
MODES = {
    Mode.SIDE_BY_SIDE: ("compare.side_by_side", "Side by side"),
    Mode.WIPE: ("compare.wipe", "Wipe"),
    Mode.FLIP: ("compare.flip", "Flip"),
    Mode.DIFFERENCE: ("compare.difference", "Difference"),
}


class CompareActions(QObject):
    """They exist from the start and are enabled while clips are compared."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        group = QActionGroup(self)
        self.modes = {mode: new_action(id, self) for mode, (id, _) in MODES.items()}
        for action in self.modes.values():
            action.setCheckable(True)
            group.addAction(action)
        self.quick_flip = new_action("compare.quick_flip", self)
        self.swap = new_action("compare.swap", self)
        self.nudge_back = new_action("compare.nudge_back", self)
        self.nudge_forward = new_action("compare.nudge_forward", self)
        self.reset_nudges = new_action("compare.reset_nudges", self)
        self.keep = new_action("compare.keep", self)
        self.export_picks = new_action("compare.export_picks", self)
        self.close = new_action("compare.close", self)
        for action in self.of_compare:
            action.setAutoRepeat(action in (self.nudge_back, self.nudge_forward))
        #: Those of a review of the compared clips, which enables them.
        self.review = ReviewActions(self)
        self.set_open(False)

    @property
    def all(self) -> list[QAction]:
        """Every action, also those of a review."""
        return [*self.of_compare, *self.review.all]

    @property
    def of_compare(self) -> list[QAction]:
        """Every action of its own, in the order of the menu."""
        nudges = (self.nudge_back, self.nudge_forward, self.reset_nudges)
        return [*self.modes.values(), self.quick_flip, self.swap, *nudges, self.keep, self.export_picks, self.close]

    def set_open(self, is_open: bool) -> None:
        """Enable the actions of compare while clips are compared."""
        for action in self.of_compare:
            action.setEnabled(is_open)
