"""The error of this room."""

from __future__ import annotations


class MediaError(Exception):
    """A file cannot be used. The message may be shown to the user."""
