"""The errors of this room. Their messages may be shown to the user."""

from __future__ import annotations


class StoreError(Exception):
    """Stored data or a disk cannot be used. The message says what to do."""


class SentElsewhere(StoreError):
    """Another program on the same data folder has sent the job."""


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
