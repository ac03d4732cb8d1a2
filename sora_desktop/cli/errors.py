"""Errors of the command line."""

from __future__ import annotations


class BadRequest(Exception):
    """The command cannot be carried out, and nothing was sent. The message is shown to the user."""


class Interrupted(Exception):
    """The user has ended the command. The message says what is kept."""
