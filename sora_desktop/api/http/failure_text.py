"""What servers say in an answer without success, in all the forms that they use."""

from __future__ import annotations

from collections.abc import Mapping

from sora_desktop.api.http.answer import json_in
from sora_desktop.api.http.json_values import first_of, text_in

#: Longest text of a server that is shown to the user, in characters.
_TEXT_LIMIT = 500
#: Fields that hold why, most telling first.
_REASONS = ("error", "detail", "message", "msg", "error_message", "reason")
#: Longest text of a server beside a sentence of the program's own, in characters.
_SHORT = 120


def said_in(status: int | None, answer: str) -> str:
    """What a kept answer without success says, such as "HTTP 500: Out of memory", in one short line.

    `status`: of HTTP; None if no answer came. Empty then, and for a status of success.
    """
    if status is None or status < 300:
        return ""
    data = json_in(answer.encode("utf-8", "replace"))
    text = failure_reason(data)
    if not text and not isinstance(data, Mapping | list):
        text = "a web page" if answer.lstrip().startswith("<") else _line(answer)
    text = text if len(text) <= _SHORT else f"{text[: _SHORT - 1].rstrip()}…"
    return f"HTTP {status}: {text}" if text else f"HTTP {status}"


def failure_reason(data: object) -> str:
    """Why a request was refused or a video failed, in one line; empty if the data does not say."""
    if isinstance(data, str):
        return _line(data)
    if not isinstance(data, Mapping):
        return ""
    for name in _REASONS:
        found = data.get(name)
        if isinstance(found, Mapping):
            text = _line(_behind_proxy(text_in(first_of(found, ("message", "msg", "detail", "code", "type")))))
        elif isinstance(found, list):  # of FastAPI's validation
            text = _line("; ".join(filter(None, map(_validation, found[:5]))))
        else:
            text = _line(text_in(found))
        if text:
            return text
    return ""


def _validation(entry: object) -> str:
    """One complaint of FastAPI's validation, such as "seconds: Input should be a valid integer"."""
    if not isinstance(entry, Mapping):
        return text_in(entry)
    place = entry.get("loc")
    names = [str(part) for part in place if part != "body"] if isinstance(place, list) else []
    message = text_in(first_of(entry, ("msg", "message", "type")))
    return f"{'.'.join(names)}: {message}" if names and message else message


def _behind_proxy(text: str) -> str:
    """What the engine said in an error of LiteLLM, which wraps it; any other text as it is."""
    if not text.startswith("litellm."):
        return text
    _, found, rest = text.partition("Exception - ")
    said = rest.partition("\n\nLiteLLM: ")[0]
    data = json_in(said.encode("utf-8", "replace"))
    inner = failure_reason(data) if isinstance(data, Mapping) else said
    return inner if found and inner else text


def _line(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:_TEXT_LIMIT]
