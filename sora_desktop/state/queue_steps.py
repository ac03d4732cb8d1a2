"""What the user has done to waiting jobs and can undo."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sora_desktop.domain.job import JobId
from sora_desktop.domain.request import VideoRequest
from sora_desktop.state.actions import Action
from sora_desktop.state.trash_text import videos_of_step


@dataclass(frozen=True, slots=True)
class OrderStep:
    """Jobs were moved within the queue."""

    ids: tuple[JobId, ...]  # the moved ones
    before: tuple[JobId, ...]  # the part of the queue that has changed, in its order before
    after: tuple[JobId, ...]

    @property
    def undoing(self) -> OrderStep:
        """The step that undoes this one."""
        return OrderStep(self.ids, self.after, self.before)

    @property
    def text(self) -> str:
        """Such as "Move 3 videos in queue", to follow "Undo"."""
        return f"Move {videos_of_step(len(self.ids))} in queue"

    def without(self, ids: Collection[JobId]) -> OrderStep | None:
        """The step without these jobs; None if it is about nothing else."""
        kept, before, after = (
            tuple(id for id in part if id not in ids) for part in (self.ids, self.before, self.after)
        )
        return OrderStep(kept, before, after) if kept and before != after else None


@dataclass(frozen=True, slots=True)
class EditStep:
    """The request of a waiting job was edited."""

    id: JobId
    before: VideoRequest
    after: VideoRequest

    @property
    def ids(self) -> tuple[JobId, ...]:
        """The job."""
        return (self.id,)

    @property
    def undoing(self) -> EditStep:
        """The step that undoes this one."""
        return EditStep(self.id, self.after, self.before)

    @property
    def text(self) -> str:
        """To follow "Undo"."""
        return "Edit of request"

    def without(self, ids: Collection[JobId]) -> EditStep | None:
        """The step, or None if its job is one of these."""
        return None if self.id in ids else self


@dataclass(frozen=True, slots=True)
class HoldStep:
    """Waiting jobs were held or released."""

    action: Action  # HOLD or RELEASE
    ids: tuple[JobId, ...]

    @property
    def undoing(self) -> HoldStep:
        """The step that undoes this one."""
        return HoldStep(Action.RELEASE if self.action is Action.HOLD else Action.HOLD, self.ids)

    @property
    def text(self) -> str:
        """Such as "Hold 3 videos", to follow "Undo"."""
        return f"{'Hold' if self.action is Action.HOLD else 'Release'} {videos_of_step(len(self.ids))}"

    def without(self, ids: Collection[JobId]) -> HoldStep | None:
        """The step without these jobs; None if it is about nothing else."""
        kept = tuple(id for id in self.ids if id not in ids)
        return HoldStep(self.action, kept) if kept else None


def order_step(ids: Sequence[JobId], before: Sequence[JobId], after: Sequence[JobId]) -> OrderStep | None:
    """The step that has made the queue `after` of `before`, both from the front; None if nothing has moved.

    Jobs that are in one of them only are left out: they have come or gone meanwhile.
    """
    in_both = set(before) & set(after)
    old, new = ([id for id in order if id in in_both] for order in (before, after))
    places = [place for place, (one, other) in enumerate(zip(old, new, strict=True)) if one != other]
    if not places:
        return None
    changed = slice(places[0], places[-1] + 1)
    return OrderStep(tuple(ids), tuple(old[changed]), tuple(new[changed]))
