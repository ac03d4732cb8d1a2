"""The QActions of compare, for its bar, the menus, the palette and the keys."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QObject, Signal, SignalInstance
from PySide6.QtGui import QAction, QActionGroup

from sora_desktop.state.differences import LETTERS
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
#: How many times as bright a difference can be shown.
GAINS = (1, 2, 4, 8, 16)


class CompareActions(QObject):
    """They exist from the start and are enabled while clips are compared."""

    mode_chosen = Signal(Mode)
    clip_chosen = Signal(int)  # its number
    other_chosen = Signal(int)  # number of the clip that the current one is compared against
    gain_chosen = Signal(int)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        group = QActionGroup(self)
        self.modes = {mode: new_action(id, self) for mode, (id, _) in MODES.items()}
        for mode, action in self.modes.items():
            action.setCheckable(True)
            action.triggered.connect(lambda _=False, mode=mode: self.mode_chosen.emit(mode))
            group.addAction(action)
        self.quick_flip = new_action("compare.quick_flip", self)
        #: Each offers what is chosen by one of the actions below.
        self.current = new_action("compare.current", self)
        self.against = new_action("compare.against", self)
        self.gain = new_action("compare.gain", self)
        letters = {at: f"Clip {letter}" for at, letter in enumerate(LETTERS)}
        self.clips = self._choices(letters, self.clip_chosen)
        self.others = self._choices(letters, self.other_chosen)
        self.gains = self._choices({gain: f"{gain}×" for gain in GAINS}, self.gain_chosen)
        self.table = new_action("compare.table", self)
        self.form = new_action("compare.form", self)
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
        choices = (self.current, self.against, self.gain, self.table, self.form)
        last = (self.keep, self.export_picks, self.close)
        return [*self.modes.values(), self.quick_flip, self.swap, *choices, *nudges, *last]

    def set_open(self, is_open: bool) -> None:
        """Enable the actions of compare while clips are compared."""
        for action in self.of_compare:
            action.setEnabled(is_open)

    def show_choice(self, clips: int, mode: Mode, current: int, against: int, gain: int) -> None:
        """Offer what can be chosen among so many clips, and check what is."""
        for number, (clip, other) in enumerate(zip(self.clips, self.others, strict=True)):
            for choice, is_offered, is_chosen in (
                (clip, number < clips, number == current),
                (other, number < clips and number != current, number == against),
            ):
                choice.setVisible(is_offered)
                choice.setChecked(is_chosen)
        for value, choice in zip(GAINS, self.gains, strict=True):
            choice.setChecked(value == gain)
        self.against.setEnabled(clips > 2 and mode in (Mode.WIPE, Mode.DIFFERENCE))
        self.gain.setEnabled(mode is Mode.DIFFERENCE)

    def _choices(self, texts: Mapping[int, str], chosen: SignalInstance) -> list[QAction]:
        """An action for each value, with its text. One of them is checked."""
        group = QActionGroup(self)
        for value, text in texts.items():
            choice = QAction(text, group)
            choice.setCheckable(True)
            choice.triggered.connect(lambda _=False, value=value: chosen.emit(value))
        return group.actions()
