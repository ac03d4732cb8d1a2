"""What the user has done to the library and can undo."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from sora_desktop.domain.job import JobId

if TYPE_CHECKING:  # the first paint needs no steps
    from sora_desktop.state.undo_steps import ReviewStep, Step

#: Steps that are remembered.
MAX_STEPS = 100


class Doing:
    """What is being done to the library. Its step is known when it is done."""

    def __init__(self) -> None:
        self.step: Step | None = None  # None: not done yet, or nothing has changed


class UndoHistory(QObject):
    """Two stacks of steps. It changes no job: the caller carries a step out, then says so."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._done: list[Step] = []
        self._undone: list[Step] = []
        #: Grows with each step that is done, undone or done again.
        self.revision = 0
        self._doing: list[Doing] = []  # the latest last; without those that are to be undone

    @property
    def next_undo(self) -> Step | None:
        """The last step that was done and not undone."""
        return self._done[-1] if self._done else None

    @property
    def is_doing(self) -> bool:
        """True while something is being done that can be undone next."""
        return bool(self._doing)

    @contextmanager
    def doing(self) -> Iterator[Doing]:
        """Something is being done, or waits for its turn. The caller records its step before the block ends."""
        doing = Doing()
        self._doing.append(doing)
        self.changed.emit()
        try:
            yield doing
        finally:
            if doing in self._doing:
                self._doing.remove(doing)
                self.changed.emit()

    def take_doing(self) -> Doing | None:
        """The latest of what is being done: the caller undoes it as soon as it is done. None if nothing is."""
        if not self._doing:
            return None
        doing = self._doing.pop()
        self.changed.emit()
        return doing

    @property
    def next_redo(self) -> Step | None:
        """The last step that was undone; None once another step was done."""
        return self._undone[-1] if self._undone else None

    @property
    def last_answer(self) -> ReviewStep | None:
        """The last answer that was given and not undone, also if something else was done since."""
        from sora_desktop.state.undo_steps import ReviewStep

        return next((step for step in reversed(self._done) if isinstance(step, ReviewStep)), None)

    def record(self, step: Step) -> None:
        """Note a step that was done by the user. One that has changed nothing is not noted."""
        if step.ids:
            self._done = [*self._done, step][-MAX_STEPS:]
            self._undone.clear()
            self.revision += 1
            self.changed.emit()

    def note_undone(self, step: Step) -> None:
        """A step was undone: the last one, or an earlier one."""
        self._shift(step, self._done, self._undone)

    def drop(self, step: Step) -> None:
        """A step can be neither undone nor done again."""
        for steps in (self._done, self._undone):
            steps[:] = [other for other in steps if other is not step]
        self.changed.emit()

    def drop_answers(self) -> None:
        """Forget the answers of a review that has ended."""
        from sora_desktop.state.undo_steps import ReviewStep

        for steps in (self._done, self._undone):
            steps[:] = [step for step in steps if not isinstance(step, ReviewStep)]
        self.changed.emit()

    def note_redone(self, step: Step) -> None:
        """A step that was undone was done again."""
        self._shift(step, self._undone, self._done)

    def forget(self, ids: Iterable[JobId]) -> None:
        """Leave out jobs that were deleted permanently, and the steps about nothing else."""
        gone = frozenset(ids)
        for steps in (self._done, self._undone):
            steps[:] = [kept for step in steps if (kept := step.without(gone)) is not None]
        self.changed.emit()

    def _shift(self, step: Step, source: list[Step], to: list[Step]) -> None:
        for place in reversed(range(len(source))):  # of equal steps, the last one
            if source[place] == step:
                to.append(source.pop(place))
                self.revision += 1
                self.changed.emit()
                return
