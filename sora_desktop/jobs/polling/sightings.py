"""Tells what it means that a service without a daily limit does not know a task that it has accepted."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from sora_desktop.api.service import TaskReport, TaskState

#: Answers in a row that a place does not know a task, and seconds over which they must be spread, after which the
#: place has forgotten it. Where several engines have been noticed, more is needed.
MISSING_LIMIT, MISSING_SECONDS = 20, 60.0
MISSING_LIMIT_MIXED, MISSING_SECONDS_MIXED = 120, 180.0
#: Where none have been noticed, the answers must be so unlikely to come from several engines, of at most so many, each
#: of which answers as often as the others.
GREATEST_CHANCE, MOST_ENGINES = 1e-5, 8
#: Answers in a row after which the user is told.
MISSING_SHOWN = 3
#: Seconds until the next poll of a task that is missing, at least and at most. Each pause is random: two tasks that are
#: polled in turn could each meet the other one's engine for ever.
MISSING_PAUSES = 1.0, 3.0
#: Code of a job whose task the service has forgotten.
FORGOTTEN = "forgotten"
#: Shown once for each service.
SEVERAL_ENGINES = (
    "This address is several engines without a common memory: some answers say that they do not know this video. Add "
    "the address of each engine as its own URL."
)


@dataclass
class Sightings:
    """Whether a place knew a task, poll by poll."""

    known_first: int = 0  # answers that it is known, before the first one that it is not
    missing: int = 0  # in a row, until now
    missing_since: float = 0.0  # tick
    #: The last changes between known (True) and not known.
    changes: deque[bool] = field(default_factory=lambda: deque(maxlen=3))

    def note(self, known: bool, tick: float) -> None:
        """A poll was answered."""
        if known and False not in self.changes:
            self.known_first += 1
        if not self.changes or self.changes[-1] is not known:
            self.changes.append(known)
        if known:
            self.missing = 0
        else:
            self.missing_since = self.missing_since if self.missing else tick
            self.missing += 1

    @property
    def is_mixed(self) -> bool:
        """True if the task was known, then not, then known again: different engines have answered."""
        return list(self.changes) == [True, False, True]

    def is_forgotten(self, tick: float, *, mixed: bool) -> bool:
        """True if the task is missing for good. `mixed`: several engines answer at this place."""
        limit, seconds = (MISSING_LIMIT_MIXED, MISSING_SECONDS_MIXED) if mixed else (MISSING_LIMIT, MISSING_SECONDS)
        if self.missing < limit or tick - self.missing_since < seconds:
            return False
        return mixed or chance_of_several_engines(self.known_first, self.missing) <= GREATEST_CHANCE


def chance_of_several_engines(known: int, missing: int) -> float:
    """The chance that a task that one of several engines has is known so many times, then missing so many times.

    Each engine answers as often as the others, in no order. With the number of engines that makes it greatest.
    """
    return max((1 / engines) ** known * (1 - 1 / engines) ** missing for engines in range(2, MOST_ENGINES + 1))


def forgotten(sightings: Sightings, tick: float) -> TaskReport:
    """The end of a task that the service has forgotten."""
    minutes = max(round((tick - sightings.missing_since) / 60), 1)
    reason = (
        "The engine forgot this video: it was restarted, or has deleted it. It did not know it "
        f"{sightings.missing} times in {minutes} min. Retry renders the video again."
    )
    return TaskReport(TaskState.FAILED, reason=reason, code=FORGOTTEN)
