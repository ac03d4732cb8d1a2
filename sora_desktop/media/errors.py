"""The one failure of this room."""

from __future__ import annotations


class MediaError(Exception):
    """A file cannot be used. Its text is a sentence for a person."""
