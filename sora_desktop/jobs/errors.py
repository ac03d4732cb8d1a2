"""Errors of commands."""

from __future__ import annotations

from collections.abc import Sequence

from sora_desktop.domain.job import Job


class CommandRejected(Exception):
    """The command no longer applies to a job. The message says why and can be shown to the user."""

    def __init__(self, message: str, changed: Sequence[Job] = ()) -> None:
        """`changed`: the other jobs, which the command has changed."""
        super().__init__(message)
        self.changed = list(changed)
