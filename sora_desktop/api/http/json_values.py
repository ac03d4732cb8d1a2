"""Picks values out of JSON whatever their type; nothing here raises."""

from __future__ import annotations

import math
from collections.abc import Mapping

#: Longest text of the service's that is shown to a person, in characters.
TEXT_LIMIT = 500
_REASONS = ("error", "error_message", "failure_reason", "msg", "message", "reason")
_POLICY = ("content_policy", "content policy", "moderation", "unsafe")


def number_in(value: object) -> float | None:
    """A finite number, be it written as one or as text."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def text_in(value: object) -> str:
    """A text that can be stored and sent, without blanks round it; empty for anything else."""
    return value.encode("utf-8", "replace").decode().strip() if isinstance(value, str) else ""


def word_in(value: object) -> str:
    """A code as text, such as "4001" or "content_policy_violation"; empty when it is neither number nor text."""
    number = number_in(value)
    if number is not None and abs(number) < 1e15:
        return f"{int(number)}" if number == int(number) else f"{number}"
    return text_in(value)[:100]


def first_of(data: object, names: tuple[str, ...]) -> object:
    """The first of these fields that is there and not null."""
    if not isinstance(data, Mapping):
        return None
    return next((data[name] for name in names if data.get(name) is not None), None)


def reason_in(answer: Mapping[str, object]) -> str:
    """What an answer or a failed task gives as its reason, in one line; empty when it gives none."""
    texts: list[str] = []
    for name in _REASONS:
        found = answer.get(name)
        if isinstance(found, Mapping):
            found = first_of(found, ("message", "msg", "code"))
        line = " ".join("".join(c if c.isprintable() else " " for c in text_in(found)).split())
        if line and line.lower() not in ("success", "ok"):
            texts.append(line[:TEXT_LIMIT])
    # a sentence says more to a person than a code word
    return next((text for text in texts if " " in text), texts[0] if texts else "")


def is_policy(text: str) -> bool:
    """True for the words by which the service refuses what a prompt asks for."""
    lowered = text.lower()
    return any(word in lowered for word in _POLICY)
