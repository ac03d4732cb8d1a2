"""What the user has done to the library and can undo."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from PySide6.QtCore import QObject, Signal

from sora_desktop.domain.job import JobId
from sora_desktop.state.actions import Action
from sora_desktop.state.trash_text import videos_text

#: Steps that are remembered.
MAX_STEPS = 100
#: The actions that can be undone, each with the one that undoes it. Neither spends: an undone action must not buy.
UNDONE_BY = {
    Action.TRASH: Action.RESTORE,
    Action.RESTORE: Action.TRASH,
    Action.STAR: Action.UNSTAR,
    Action.UNSTAR: Action.STAR,
}


class Step(NamedTuple):
    """An action and the jobs that it has changed."""

    action: Action
    ids: tuple[JobId, ...]

    @property
    def undoing(self) -> Step:
        """The step that undoes this one."""
        return Step(UNDONE_BY[self.action], self.ids)

    @property
    def text(self) -> str:
        """Such as "Move 3 videos to Trash", to follow "Undo"."""
        videos = videos_text(len(self.ids)).removeprefix("1 ")
        match self.action:
            case Action.TRASH:
                return f"Move {videos} to Trash"
            case Action.RESTORE:
                return f"Restore {videos}"
            case Action.STAR:
                return f"Star {videos}"
            case _:
                return f"Remove star of {videos}" if len(self.ids) == 1 else f"Remove stars of {videos}"


class UndoHistory(QObject):
    """Two stacks of steps. It changes no job: the caller carries a step out, then says so."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._done: list[Step] = []
        self._undone: list[Step] = []

    @property
    def next_undo(self) -> Step | None:
        """The last step that was done and not undone."""
        return self._done[-1] if self._done else None

    @property
    def next_redo(self) -> Step | None:
        """The last step that was undone; None once another step was done."""
        return self._undone[-1] if self._undone else None

    def record(self, step: Step) -> None:
        """Note a step that was done by the user. One that has changed nothing is not noted."""
        if step.ids:
            self._done = [*self._done, step][-MAX_STEPS:]
            self._undone.clear()
            self.changed.emit()

    def note_undone(self, step: Step) -> None:
        """A step was undone: the last one, or an earlier one."""
        self._shift(step, self._done, self._undone)

    def note_redone(self, step: Step) -> None:
        """A step that was undone was done again."""
        self._shift(step, self._undone, self._done)

    def forget(self, ids: Collection[JobId]) -> None:
        """Leave out jobs that were deleted permanently, and the steps about nothing else."""
        for steps in (self._done, self._undone):
            kept = [Step(step.action, tuple(id for id in step.ids if id not in ids)) for step in steps]
            steps[:] = [step for step in kept if step.ids]
        self.changed.emit()

    def _shift(self, step: Step, source: list[Step], to: list[Step]) -> None:
        for place in reversed(range(len(source))):  # of equal steps, the last one
            if source[place] == step:
                to.append(source.pop(place))
                self.changed.emit()
                return
