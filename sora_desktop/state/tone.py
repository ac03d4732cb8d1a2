"""The tones in which texts and marks are shown."""

from __future__ import annotations

from enum import StrEnum


class Tone(StrEnum):
    """A color token of the theme."""

    TEXT = "text"
    ACCENT = "accent"
    OK = "ok"
    MUTED = "muted"
    WARN = "warn"
    ERROR = "error"
