"""The errors of this room. Their messages may be shown to the user."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sora_desktop.domain.job import Job


class StoreError(Exception):
    """Stored data or a disk cannot be used. The message says what to do."""


class ChangedElsewhere(StoreError):
    """Another program on the same data folder has changed the job: on disk it is as that program left it."""

    def __init__(
        self,
        message: str = "Another program has changed this video, so it was not changed here. Only one program may use a "
        "data folder: close both, and start one of them again.",
        own_job: Job | None = None,
    ) -> None:
        """`own_job`: the job that was added for an accepted create, because its own already has another task."""
        super().__init__(message)
        self.own_job = own_job


class SentElsewhere(ChangedElsewhere):
    """Another program on the same data folder has sent the job."""


class LockLost(StoreError):
    """The lock of the data folder is no longer this process's: another program may have taken it."""


class UnreadableJob(StoreError):
    """The row of one job cannot be read. It may be a paid job: never send it, and never write over it."""

    def __init__(self, id: str, phase: str, reason: str) -> None:
        """`id` and `phase` as they are in the row; `reason` is for the log."""
        super().__init__(
            f"Job {id} cannot be read by this version of Sora Desktop. It stays in the library and is not sent."
        )
        self.id = id
        self.phase = phase
        self.reason = reason
