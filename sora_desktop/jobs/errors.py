"""What a verb may answer instead of doing anything."""

from __future__ import annotations


class CommandRejected(Exception):
    """A verb no longer applies. The message says why and may be shown as it stands."""
