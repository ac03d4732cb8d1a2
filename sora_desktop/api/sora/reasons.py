"""Reads why the service refused a request or a task failed."""

from __future__ import annotations

from collections.abc import Mapping

from sora_desktop.api.http.json_values import first_of, text_in

#: Longest text of the service that is shown to the user, in characters.
TEXT_LIMIT = 500
_FIELDS = ("error", "error_message", "failure_reason", "msg", "message", "reason")
_POLICY_WORDS = ("content_policy", "content policy", "moderation", "unsafe")


def reason_in(data: Mapping[str, object]) -> str:
    """The reason that an answer or a failed task gives, in one line; empty if it gives none."""
    texts: list[str] = []
    for name in _FIELDS:
        found = data.get(name)
        if isinstance(found, Mapping):
            found = first_of(found, ("message", "msg", "code"))
        line = " ".join("".join(c if c.isprintable() else " " for c in text_in(found)).split())
        if line and line.lower() not in ("success", "ok"):
            texts.append(line[:TEXT_LIMIT])
    # a sentence tells the user more than a code
    return next((text for text in texts if " " in text), texts[0] if texts else "")


def is_policy(text: str) -> bool:
    """True if the text contains a word by which the service rejects the content of a prompt."""
    lowered = text.lower()
    return any(word in lowered for word in _POLICY_WORDS)
