"""The errors of this room."""

from __future__ import annotations


class MediaError(Exception):
    """A file cannot be used. The message may be shown to the user."""


class PassingMediaError(MediaError):
    """A file was not used for a reason outside of it, such as a full disk: a later try may succeed."""
