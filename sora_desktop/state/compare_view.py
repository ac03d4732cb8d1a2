"""What the compare panel shows: its panes, and what differs among their clips."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from sora_desktop.domain.clip import Clip
from sora_desktop.domain.job import Job, JobId, Ready
from sora_desktop.domain.trash import before_trash
from sora_desktop.state.actions import FEWEST_COMPARED, MOST_COMPARED
from sora_desktop.state.differences import LETTERS, ComparedJob, Differences, differences_between
from sora_desktop.state.row_text import length_text


@dataclass(frozen=True, slots=True)
class PaneView:
    """One clip and what stands above it."""

    job: Job
    letter: str
    headline: str
    short_headline: str  # where there is little room
    length: str  # such as "0:10"
    message: str = ""  # why there is no picture; empty if there is one

    @property
    def name(self) -> str:
        """For screen readers, such as "A: Take 1, 0:10"."""
        return f"{self.letter}: {self.headline}, {self.length}"

    @property
    def clip(self) -> Clip | None:
        """The clip; None if the job has none any more."""
        phase = before_trash(self.job).phase
        return phase.clip if isinstance(phase, Ready) else None


@dataclass(frozen=True, slots=True)
class CompareView:
    """Two to four clips, in the order of their letters."""

    panes: tuple[PaneView, ...] = ()
    differences: Differences = field(default_factory=Differences)

    @property
    def letters(self) -> dict[JobId, str]:
        return {pane.job.id: pane.letter for pane in self.panes}

    def pane_of(self, id: JobId) -> int | None:
        """The number of the pane that shows the job; None if there is none."""
        return next((number for number, pane in enumerate(self.panes) if pane.job.id == id), None)


def compare_view(
    jobs: Sequence[ComparedJob], messages: Sequence[str], names: Mapping[JobId, str] = MappingProxyType({})
) -> CompareView:
    """The view of these jobs.

    `messages`: why each has no picture; empty where it has one. `names`: what stands above a clip in place of which
    take it is or what was changed.
    """
    differences = differences_between(jobs)
    panes = [
        PaneView(
            one.job,
            letter,
            names.get(one.job.id, headline),
            names.get(one.job.id, short),
            length_text(before_trash(one.job)),
            message,
        )
        for one, letter, headline, short, message in zip(
            jobs, LETTERS, differences.headlines, differences.short_headlines, messages, strict=False
        )
    ]
    return CompareView(tuple(panes), differences)


def why_not_compared(jobs: Sequence[Job]) -> str:
    """Why these jobs cannot be compared, as a sentence for the user; empty if they can."""
    if any(not isinstance(job.phase, Ready) for job in jobs):
        return "Only finished videos can be compared. Select two to four of them."
    if len(jobs) > MOST_COMPARED:
        return f"{len(jobs)} videos cannot be compared at once, at most four can. Choose two to four of them."
    if len(jobs) < FEWEST_COMPARED:
        return "This video has no other takes. Select two to four videos to compare them."
    return ""


def clips_with_dropped(shown: Sequence[Job], dropped: Sequence[Job]) -> list[Job]:
    """What is compared when rows are dropped where clips are shown: several by themselves, one beside those shown."""
    if len(dropped) > 1:
        return list(dropped)
    return [*shown, *(job for job in dropped if job.id not in {each.id for each in shown})]


def keep_text(view: CompareView, current: int) -> str:
    """The words on the button that picks one clip and rejects the others, such as "Keep A, reject B"."""
    if len(view.panes) < FEWEST_COMPARED:
        return "Keep this"
    others = [pane.letter for number, pane in enumerate(view.panes) if number != current]
    return f"Keep {view.panes[current].letter}, reject {others[0] if len(others) == 1 else 'others'}"
