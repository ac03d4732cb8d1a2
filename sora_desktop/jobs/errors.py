"""Errors of commands."""

from __future__ import annotations


class CommandRejected(Exception):
    """The command no longer applies to the job. The message says why and can be shown to the user."""
