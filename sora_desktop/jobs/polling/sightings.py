"""Tells what it means that a service without a daily limit does not know a task that it has accepted."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from sora_desktop.api.service import TaskReport, TaskState

#: Answers in a row that a place does not know a task, and seconds over which they must be spread, after which the
#: place has forgotten it. A random one of four replicas says so twenty times in a row once in 300 times: where
#: replicas have been noticed, more is needed.
MISSING_LIMIT, MISSING_SECONDS = 20, 60.0
MISSING_LIMIT_MIXED, MISSING_SECONDS_MIXED = 60, 180.0
#: Answers in a row after which the user is told.
MISSING_SHOWN = 3
#: Seconds until the next poll of a task that is missing.
MISSING_PAUSE = 2.0
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

    missing: int = 0  # in a row, until now
    missing_since: float = 0.0  # tick
    #: The last changes between known (True) and not known.
    changes: deque[bool] = field(default_factory=lambda: deque(maxlen=3))

    def note(self, known: bool, tick: float) -> None:
        """A poll was answered."""
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
        return self.missing >= limit and tick - self.missing_since >= seconds


def forgotten(sightings: Sightings, tick: float) -> TaskReport:
    """The end of a task that the service has forgotten."""
    minutes = max(round((tick - sightings.missing_since) / 60), 1)
    reason = (
        "The engine forgot this video: it was restarted, or has deleted it. It did not know it "
        f"{sightings.missing} times in {minutes} min. Retry renders the video again."
    )
    return TaskReport(TaskState.FAILED, reason=reason, code=FORGOTTEN)
