"""What can be wrong with what is kept on disk, in sentences for a person."""

from __future__ import annotations


class StoreError(Exception):
    """Something on this disk stands in the way. The message says what to do and may be shown as it stands."""


class SentElsewhere(StoreError):
    """Another program on the same data folder has taken the job further."""
