"""Tells a plain refusal from an answer that also shows signs of a task, which may have been charged."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator, Mapping

from sora_desktop.api.http.answer import ANSWER_LIMIT, HttpAnswer, is_text, text_of
from sora_desktop.api.http.json_values import number_in, text_in
from sora_desktop.api.sora.task_ids import ID_WORD, id_in, mentions_task, plain_name

#: How deep a refusal is read. A deeper one is not plain.
_DEPTH_LIMIT = 20
#: Names of what holds the result of a call.
_RESULTS = ("data", "result", "results", "response", "output", "payload")
#: Names of a task, and of ids that are a task's wherever they are.
_TASKS = ("task", "video", "generation", "job", "prediction", "render", "creation")
_TASK_LISTS = tuple(f"{name}s" for name in _TASKS)
_TASK_IDS = tuple(f"{name}id" for name in _TASKS)
_ID_NAME = re.compile(r"(?:^|[\W_])[iI][dD]s?$|[a-z0-9]I[dD]s?$|^[ug]uid$")
#: What has an id and is no task.
_OTHERS = (
    *("request", "req", "trace", "span", "ray", "correlation", "log", "event", "error", "user", "account", "key"),
    *("org", "organization", "team", "project", "client", "session", "plan", "subscription", "product", "model"),
)
#: States of a task that was accepted, and those of one that has failed, which an answer can have as a whole.
_ACCEPTED = (
    *("pending", "queued", "submitted", "accepted", "created", "starting", "started", "processing", "in_progress"),
    *("running", "rendering", "generating", "completed", "complete", "succeeded", "success", "successful", "done"),
    *("finished", "ready", "ok"),
)
#: Names of money that was taken.
_CHARGES = ("charged", "creditsused", "creditscharged", "creditsdeducted", "creditsconsumed", "deducted")
_FAILED = ("failed", "cancelled", "canceled", "expired", "deleted")
_SUCCESS_MESSAGES = ("success", "successful", "succeeded", "ok", "accepted", "created", "queued", "submitted")
#: A plain id in a text that is no JSON. A page of HTML has ids of elements.
_PLAIN_ID = re.compile(r"""(?:["']id["']\s*[:=]|<id>|(?:^|&)id=)\s*["']?[\w.-]*\d""", re.IGNORECASE)
_STATE = re.compile(rf"""\b(?:status|state)["']?\s*[:=>]\s*["']?(?:{"|".join(_ACCEPTED)})\b""", re.IGNORECASE)
_WORD = re.compile(ID_WORD)
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
#: Shortest word that is taken for encoded content, if an answer is nothing else.
_ENCODED = 24


def doubt_about(refusal: HttpAnswer) -> str:
    """Why a refusal cannot be believed, as a sentence; empty if it is a plain one.

    A plain refusal is whole and readable, agrees with its status, and holds no data of a task.
    """
    if refusal.surplus.strip():
        return "More bytes came after the end of the answer."
    if len(refusal.content) >= ANSWER_LIMIT:
        return "The answer is too long to be read whole."
    if refusal.unread or not is_text(refusal.content):
        return "The answer cannot be read."
    if any(_names_task(name, value) for name, value in refusal.headers.items()):
        return "The answer's headers mention a task."
    text = text_of(refusal.content).strip()
    if text[:1] not in ("{", "[", '"'):
        plain = html.unescape(text)
        found = mentions_task(text) or _PLAIN_ID.search(plain) or _STATE.search(plain) or _is_no_message(text)
        return "The answer mentions a task." if found else ""
    content = _parsed(text)
    if content is None or isinstance(content, list):
        return "The answer cannot be read."
    if isinstance(content, Mapping) and _contradicts(refusal.status, content):
        return "The answer contradicts itself."
    if isinstance(content, str) and _is_no_message(content):
        return "The answer mentions a task."
    return "The answer has data of a task." if mentions_task(text) or _has_task(content) else ""


def _is_no_message(text: str) -> bool:
    """True if the text is one word that can be an id, or something encoded."""
    return _WORD.fullmatch(text) is not None or (len(text.split()) == 1 and len(text) >= _ENCODED and text[0] != "<")


def _parsed(text: str) -> object:
    """The text as JSON; None if it is none, or if it has a field twice."""

    def fields(pairs: list[tuple[str, object]]) -> dict[str, object]:
        found = dict(pairs)
        if len(found) < len(pairs):
            raise ValueError
        return found

    try:
        found: object = json.loads(text, object_pairs_hook=fields)
    except (ValueError, RecursionError):
        return None
    return found


def _contradicts(status: int, envelope: Mapping[str, object]) -> bool:
    """True if the status or a field also says that the request was accepted."""
    if (status != 200 and status < 400) or envelope.get("success") is True or envelope.get("ok") is True:
        return True
    if any(_is_success(envelope.get(name)) for name in ("code", "status", "statusCode", "status_code")):
        return True
    messages = (text_in(envelope.get(name)).lower().rstrip(".!") for name in ("msg", "message", "code"))
    return any(text in _SUCCESS_MESSAGES for text in messages)


def _is_success(code: object) -> bool:
    number = number_in(code)
    return number is not None and 200 <= number < 300


def _has_task(content: object) -> bool:
    """True if there are fields of a task, at any depth, or an answer that is too deep to be read."""
    level: list[tuple[tuple[str, ...], str, object]] = [((), "", content)]
    for _ in range(_DEPTH_LIMIT):
        if not level:
            return False
        if any(_shows_task(path, name, value) for path, name, value in level):
            return True
        level = [inner for path, name, value in level for inner in _fields_of(path, name, value)]
    return True


def _fields_of(path: tuple[str, ...], name: str, value: object) -> Iterator[tuple[tuple[str, ...], str, object]]:
    """The values in a value, with the plain names around each, and its own name. Elements have their list's name."""
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "[", '"'):  # an answer that a proxy has quoted
        parsed = _parsed(value)
        if parsed is not None:
            yield path, name, parsed
    around = (*path, plain_name(name)) if name else path
    if isinstance(value, Mapping):
        yield from ((around, str(inner), each) for inner, each in value.items())
    elif isinstance(value, list):
        yield from ((path, name, each) for each in value)


def _shows_task(path: tuple[str, ...], name: str, value: object) -> bool:
    plain = plain_name(name)
    in_result = any(each in _RESULTS for each in path)
    if plain.endswith(_TASK_IDS) or plain in _TASKS:
        return _may_be_id(value, needs_digit=False)
    if plain in _TASK_LISTS or plain.endswith(tuple(f"{each}s" for each in _TASK_IDS)):
        return isinstance(value, str) and _may_be_id(value)
    if plain in ("status", "state", "taskstatus"):
        words = _ACCEPTED + _FAILED if in_result else _ACCEPTED
        return text_in(value).lower().replace(" ", "_").replace("-", "_") in words
    if plain == "progress":
        return number_in(str(value).rstrip("% ")) is not None
    if plain in ("videourl", "videourls", "thumbnailurl"):
        return bool(text_in(value))
    if plain in _CHARGES:
        return (number_in(value) or 0.0) > 0
    if plain in _RESULTS and not path:
        return _may_be_id(value)
    if isinstance(value, str) and any(each in plain for each in _TASKS) and _WORD.fullmatch(value.strip()):
        return True
    if in_result and plain in ("createdat", "queueposition", "eta"):
        return bool(value)
    if in_result and plain == "code":
        return _is_success(value)
    if in_result and isinstance(value, str) and _UUID.fullmatch(value.strip()):
        return not plain.removesuffix("id").endswith(_OTHERS)
    if not _ID_NAME.search(name):
        return False
    whose = plain.removesuffix("s").removesuffix("id") or (path[-1] if path else "")
    if whose.endswith(_OTHERS):
        return False
    of_task = bool(path) and path[-1] in _TASKS + _TASK_LISTS
    return (in_result or of_task or (plain == "id" and not path)) and _may_be_id(value)


def _may_be_id(value: object, *, needs_digit: bool = True) -> bool:
    """True for a number, and for a word, which may need a digit."""
    if isinstance(value, str):  # also one that is too long, or has odd characters
        is_word = len(value.split()) == 1 and id_in(value[:10]) is not None
        return is_word and (not needs_digit or any(c.isdigit() for c in value))
    return isinstance(value, int | float) and not isinstance(value, bool) and value > 0


def _names_task(name: str, value: str) -> bool:
    plain = plain_name(name)
    if mentions_task(value) or (plain.endswith(_TASK_IDS) and _may_be_id(value)):
        return True
    return "task" in plain and re.search(r"(?=\S*[^\W\d])(?=\S*\d)\S{4,}|\d{7,}", value) is not None
