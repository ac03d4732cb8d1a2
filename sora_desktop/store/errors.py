"""The errors of this room. Their messages may be shown to the user."""

from __future__ import annotations


class StoreError(Exception):
    """Stored data or a disk cannot be used. The message says what to do."""


class SentElsewhere(StoreError):
    """Another program on the same data folder has sent the job."""
