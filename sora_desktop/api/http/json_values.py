"""Reads values from JSON of unknown shape. Nothing here raises."""

from __future__ import annotations

import math
from collections.abc import Mapping

#: Longest code that is kept, in characters.
CODE_LIMIT = 100


def number_in(value: object) -> float | None:
    """A finite number, or None. Accepts numbers written as text."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def text_in(value: object) -> str:
    """A text that can be stored and sent, without surrounding spaces; empty for any other value."""
    return value.encode("utf-8", "replace").decode().strip() if isinstance(value, str) else ""


def code_in(value: object) -> str:
    """A code as text, such as "4001" or "content_policy_violation"; empty if it is neither number nor text."""
    number = number_in(value)
    if number is not None and abs(number) < 1e15:
        return f"{int(number)}" if number == int(number) else f"{number}"
    return text_in(value)[:CODE_LIMIT]


def first_of(data: object, names: tuple[str, ...]) -> object:
    """The value of the first of these fields that exists and is not null, or None."""
    if not isinstance(data, Mapping):
        return None
    return next((data[name] for name in names if data.get(name) is not None), None)
