"""Rows that this version cannot read. They stay in the database as they are, and everything else goes on."""

from __future__ import annotations

import logging

from sora_desktop.domain.library import DONE_PHASES, FAILED_PHASES, HIDDEN_PHASES, TRASH_PHASES
from sora_desktop.store.errors import UnreadableJob

log = logging.getLogger(__name__)

#: Phases of jobs that will not cost or bring anything more. Every other one, an unknown one too, is unfinished.
_FINISHED = (*DONE_PHASES, *FAILED_PHASES, "unwatched", *TRASH_PHASES, *HIDDEN_PHASES)
#: Ids that are named in a warning; the log has them all.
_IDS_NAMED = 5


class SetAside:
    """The unreadable rows that were met since the start."""

    def __init__(self) -> None:
        self._jobs: dict[str, UnreadableJob] = {}
        #: Attempts that cannot be read in full. Each counts as possibly charged.
        self.attempts = 0

    @property
    def ids(self) -> list[str]:
        """The ids of the jobs, as far as they are text."""
        return list(self._jobs)

    @property
    def is_unfinished(self) -> bool:
        """True if one of the jobs may be waiting, or may be paid for and not finished."""
        return any(job.phase not in _FINISHED for job in self._jobs.values())

    def add(self, job: UnreadableJob) -> None:
        """Set a job aside; it is logged once."""
        if job.id not in self._jobs:
            log.error("job %s in phase %s cannot be read: %s", job.id, job.phase, job.reason)
            self._jobs[job.id] = job

    @property
    def warning(self) -> str:
        """What the user should know; empty if every row was readable."""
        sentences = []
        if self._jobs:
            ids = ", ".join(self.ids[:_IDS_NAMED]) + (" and others" if len(self._jobs) > _IDS_NAMED else "")
            one = len(self._jobs) == 1
            sentences.append(
                f"{count_of_jobs(len(self._jobs))} cannot be read by this version and {'was' if one else 'were'} set "
                f"aside: {ids}. {'It stays' if one else 'They stay'} in the library unchanged and "
                f"{'is' if one else 'are'} not sent. If a newer version of Sora Desktop wrote "
                f"{'it' if one else 'them'}, install that version. Otherwise look for the video at the service before "
                "you request it again: it may have been accepted there."
            )
        if self.attempts:
            entries = "1 entry" if self.attempts == 1 else f"{self.attempts} entries"
            count = "counts" if self.attempts == 1 else "count"
            sentences.append(
                f"{entries} in the ledger cannot be read in full and {count} as requests that may have been carried "
                "out. Compare with the list or the balance at the service."
            )
        return " ".join(sentences)


def count_of_jobs(number: int) -> str:
    """The number with its noun."""
    return "1 job" if number == 1 else f"{number} jobs"
