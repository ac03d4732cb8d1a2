"""What the user has done to videos and can undo."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from sora_desktop.domain.job import JobId
from sora_desktop.domain.marks import MarkEdit
from sora_desktop.state.actions import Action
from sora_desktop.state.knockout import ReviewAnswer
from sora_desktop.state.queue_steps import EditStep, HoldStep, OrderStep
from sora_desktop.state.trash_text import videos_of_step


@dataclass(frozen=True, slots=True)
class TrashStep:
    """Jobs were moved to the Trash, or restored."""

    action: Action  # TRASH or RESTORE
    ids: tuple[JobId, ...]

    @property
    def undoing(self) -> TrashStep:
        """The step that undoes this one."""
        return TrashStep(Action.RESTORE if self.action is Action.TRASH else Action.TRASH, self.ids)

    @property
    def text(self) -> str:
        """Such as "Move 3 videos to Trash", to follow "Undo"."""
        videos = videos_of_step(len(self.ids))
        return f"Move {videos} to Trash" if self.action is Action.TRASH else f"Restore {videos}"

    def without(self, ids: Collection[JobId]) -> TrashStep | None:
        """The step without these jobs; None if it is about nothing else."""
        kept = tuple(id for id in self.ids if id not in ids)
        return TrashStep(self.action, kept) if kept else None


@dataclass(frozen=True, slots=True)
class WaitStep:
    """Jobs at a service are not waited for any more, or again."""

    action: Action  # ABANDON or RESUME
    ids: tuple[JobId, ...]

    @property
    def undoing(self) -> WaitStep:
        """The step that undoes this one."""
        return WaitStep(Action.RESUME if self.action is Action.ABANDON else Action.ABANDON, self.ids)

    @property
    def text(self) -> str:
        """Such as "Stop waiting for 3 videos", to follow "Undo"."""
        how = "Stop" if self.action is Action.ABANDON else "Resume"
        return f"{how} waiting for {videos_of_step(len(self.ids))}"

    def without(self, ids: Collection[JobId]) -> WaitStep | None:
        """The step without these jobs; None if it is about nothing else."""
        kept = tuple(id for id in self.ids if id not in ids)
        return WaitStep(self.action, kept) if kept else None


class MarkChange(NamedTuple):
    """How the marks of one job were changed, and what brings them back."""

    id: JobId
    edit: MarkEdit
    undoing: MarkEdit


@dataclass(frozen=True, slots=True)
class MarkStep:
    """The marks of jobs were changed. Each gets its own former marks back."""

    action: Action
    changes: tuple[MarkChange, ...]

    @property
    def ids(self) -> tuple[JobId, ...]:
        """The jobs."""
        return tuple(change.id for change in self.changes)

    @property
    def edits(self) -> dict[JobId, MarkEdit]:
        """What is changed."""
        return {change.id: change.edit for change in self.changes}

    @property
    def undoing(self) -> MarkStep:
        """The step that undoes this one."""
        return MarkStep(self.action, tuple(MarkChange(id, undoing, edit) for id, edit, undoing in self.changes))

    @property
    def text(self) -> str:
        """Such as "Pick 3 videos", to follow "Undo"."""
        number = len(self.changes)
        videos = videos_of_step(number)
        s, of_videos = ("", "") if number == 1 else ("s", f" of {videos}")
        match self.action:
            case Action.STAR:
                return f"Star {videos}"
            case Action.UNSTAR:
                return f"Remove star{s}{of_videos}"
            case Action.PICK:
                return f"Pick {videos}"
            case Action.REJECT:
                return f"Reject {videos}"
            case Action.UNPICK:
                return f"Remove pick{s}{of_videos}"
            case Action.UNREJECT:
                return f"Remove reject{s}{of_videos}"
            case Action.KEEP_THIS:
                return "Keep this, reject the others"
            case _:
                return f"Clear marks{of_videos}"

    def without(self, ids: Collection[JobId]) -> MarkStep | None:
        """The step without these jobs; None if it is about nothing else."""
        kept = tuple(change for change in self.changes if change.id not in ids)
        return MarkStep(self.action, kept) if kept else None


@dataclass(frozen=True, slots=True)
class ReviewStep:
    """A question of a review was answered. The step is forgotten when the review ends."""

    ids: tuple[JobId, ...]  # the reviewed clips
    before: tuple[ReviewAnswer, ...]
    after: tuple[ReviewAnswer, ...]
    show: Callable[[tuple[ReviewAnswer, ...]], None]  # goes on with the review after these answers

    @property
    def undoing(self) -> ReviewStep:
        """The step that undoes this one."""
        return ReviewStep(self.ids, self.after, self.before, self.show)

    @property
    def text(self) -> str:
        """To follow "Undo"."""
        return "Answer"

    def without(self, _: Collection[JobId]) -> ReviewStep:
        """The step: a clip that is gone takes no answer with it."""
        return self


@dataclass(frozen=True, slots=True)
class FormStep:
    """The form was filled with the request of a job. Undone, and done again, by the same exchange."""

    ids: tuple[JobId, ...]  # the job
    exchange: Callable[[], None]  # what the form holds, and what it held at the other side of the step

    @property
    def undoing(self) -> FormStep:
        """The step that undoes this one."""
        return self

    @property
    def text(self) -> str:
        """To follow "Undo"."""
        return "Fill form"

    def without(self, _: Collection[JobId]) -> FormStep:
        """The step: the request stays in the form, whatever becomes of its job."""
        return self


#: What was done to jobs or to the form and can be undone. No step spends, nor does undoing it: that must not buy.
Step: TypeAlias = TrashStep | WaitStep | MarkStep | OrderStep | EditStep | HoldStep | ReviewStep | FormStep
