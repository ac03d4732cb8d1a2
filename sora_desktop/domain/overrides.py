"""Environment variables that count instead of what the user enters in Settings."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class Override(NamedTuple):
    """A variable that is set."""

    variable: str
    subject: str  # what it sets, as messages name it, such as "API key"

    @property
    def text(self) -> str:
        """A sentence for the user."""
        return f"{self.variable} is set in the environment, and counts instead of Settings."


def with_overrides(message: str, overrides: Iterable[Override]) -> str:
    """The message. If it is advice about the first service in Settings, it names the variables that count instead."""
    if "in Settings" not in message or "in Settings › Services" in message:
        return message
    return " ".join([message, *(one.text for one in overrides if one.subject in message)])
