"""Finds the id of the new task in an answer to a create, wherever the service put it.

A field counts by its name: `task_id` in any spelling, or the `id` of an object named `task`. Ids of requests, traces
and users have other names. A plain `id` counts only where it is documented.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator, Mapping
from typing import TypeAlias

from sora_desktop.api.errors import BadAnswer
from sora_desktop.api.http.answer import HttpAnswer, json_in, text_of
from sora_desktop.api.http.json_values import number_in
from sora_desktop.domain.job import RemoteId

#: Longest id that is accepted, in characters.
ID_LIMIT = 300
#: How deep in an answer a field can be.
_DEPTH_LIMIT = 6
#: Texts that stand for a missing id.
_NO_IDS = ("0", "null", "none", "nil", "undefined", "n/a", "-")
#: A field in damaged JSON. A text without its closing quote and a number that may go on are cut, and do not match.
_FIELD = re.compile(r'"task[_-]?id"\s*:\s*(?:("(?:[^"\\\x00-\x1f]|\\.)*")|(\d+)(?=\s*[,}\]]))', re.IGNORECASE)
#: A word that is an id in a text for humans: digits among letters, but no date, no size and no model.
ID_WORD = r"(?!\d{4}-\d\d-\d\d|\d+x\d+|sora)(?=(?:[^\W\d]*\d){2})(?=\d*[^\W\d]|\d{8})[\w-]{6,}"
#: An id in such a text. After `task_id`, an id has a digit, unlike the words in "task_id: required" and "task_limit".
MENTION = re.compile(
    r"task[ _-]?id\W{1,6}(?=[\w.-]*\d)[\w.-]{3,}|\btask_(?=[a-z]*\d)[0-9a-z]{3,}"
    r"|<(?:\w+:)?task[_-]?id\b[^<>]*>\s*[^\s<]"
    r"|/(?:tasks?|generations?)/(?=[^/?#\s\"'<>]*\d)[^/?#\s\"'<>]{3,}"
    r"|\b(?:task|video|generation|job)s?\W{1,3}(?:(?:ids?|no|number|named|is|was|created|accepted|queued|submitted|started"
    rf"|already|exists|running|as|with)\W{{1,3}}){{0,4}}{ID_WORD}",
    re.IGNORECASE,
)
#: What the ledger keeps of a long answer: a text that may name a task, or a plain id.
NOTABLE = re.compile(rf"{MENTION.pattern}|task[ _-]?ids?\b|[\"']id[\"']\s*[:=]", re.IGNORECASE)
_LINK = re.compile(r"/tasks/([^/?#\s]+)(?:/?(?:[?#]|$)|/(?:status|result)\b)")

#: The ids at one depth of an answer, with the names of the objects around each.
_Found: TypeAlias = list[tuple[tuple[str, ...], RemoteId]]


def id_in(value: object) -> RemoteId | None:
    """A value as an id; None if it cannot be one."""
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        value = str(value)
    if not isinstance(value, str):
        return None
    id = value.encode("utf-8", "replace").decode().strip()
    if not id or id.lower() in _NO_IDS or len(id) > ID_LIMIT or not id.isprintable():
        return None
    return RemoteId(id)


def documented_id_in(data: object) -> RemoteId | None:
    """The id of the task that `data` of the envelope is about; None if it has none."""
    if not isinstance(data, Mapping):
        return None
    return next((id for id in (id_in(data.get(name)) for name in ("task_id", "taskId", "id")) if id is not None), None)


def new_task_in(answer: HttpAnswer) -> RemoteId | None:
    """The id of the new task in an answer to a create, whatever else the answer says; None if it names none.

    Raises BadAnswer if it mentions a task, or several, so that the new one cannot be told for certain.
    """
    content = json_in(answer.content)
    if isinstance(content, Mapping) and number_in(content.get("code")) == 200 and answer.status < 400:
        found = documented_id_in(content.get("data"))
        if found is not None:
            return found
    text = text_of(answer.content + answer.surplus)
    found = _id_in_json(content) if isinstance(content, dict | list) else _id_in_text(text)
    found = found or _id_in_headers(answer.headers)
    if found is None and mentions_task(text):
        raise BadAnswer("The answer mentions a task that cannot be identified.")
    return found


def mentions_task(text: str) -> bool:
    """True if a text for humans, or one that was escaped or quoted, seems to name a task."""
    return MENTION.search(html.unescape(text.replace("\\", ""))) is not None


def new_task_in_text(text: str) -> RemoteId | None:
    """The same for the text of an answer as the ledger keeps it, which may be cut; None also in case of doubt."""
    try:
        return new_task_in(HttpAnswer(0, {}, text.encode("utf-8", "replace")))
    except BadAnswer:
        return None


def _id_in_json(content: object) -> RemoteId | None:
    """The id at the least depth. Raises BadAnswer for several."""
    level: list[tuple[tuple[str, ...], object]] = [((), content)]
    for _ in range(_DEPTH_LIMIT):
        found = [pair for path, value in level for pair in _fields_of(path, value)]
        if found:
            return _only(found)
        level = [pair for path, value in level for pair in _values_in(path, value)]
    return None


def _fields_of(path: tuple[str, ...], value: object) -> _Found:
    if not isinstance(value, Mapping):
        return []
    names = [name for name in value if plain_name(name) == "taskid"]
    if path and path[-1] in ("task", "taskid"):
        names += [name for name in value if plain_name(name) == "id"]
    ids = ((path, id_in(value[name])) for name in names)
    return [(where, id) for where, id in ids if id is not None]


def _values_in(path: tuple[str, ...], value: object) -> Iterator[tuple[tuple[str, ...], object]]:
    if isinstance(value, Mapping):
        yield from (((*path, plain_name(name)), each) for name, each in value.items())
    elif isinstance(value, list):
        yield from ((path, each) for each in value)
    elif isinstance(value, str) and value.lstrip().startswith("{"):  # an answer that a proxy has quoted
        yield from _values_in(path, json_in(value.encode("utf-8", "replace")))


def _only(found: _Found) -> RemoteId:
    ids = {id for _, id in found}
    if len(ids) > 1:  # the documented place decides
        ids = {id for path, id in found if path[:1] == ("data",)}
    if len(ids) != 1:
        raise BadAnswer("The answer names several tasks.")
    return ids.pop()


def _id_in_text(text: str) -> RemoteId | None:
    values = [json.loads(quoted or number) for quoted, number in _fields_in(html.unescape(text))]
    ids = {id for id in map(id_in, values) if id is not None}
    if len(ids) > 1:
        raise BadAnswer("The answer names several tasks.")
    return ids.pop() if ids else None


def _fields_in(text: str) -> Iterator[tuple[str, str]]:
    for found in _FIELD.finditer(text):
        try:
            json.loads(found[1] or found[2])
        except ValueError:  # an invalid escape
            continue
        yield found[1], found[2]


def _id_in_headers(headers: Mapping[str, str]) -> RemoteId | None:
    """The id in a header of its own, else in a link. Raises BadAnswer for several."""
    values = (value for name, value in headers.items() if plain_name(name).endswith("taskid"))
    found = {id for value in values for id in map(id_in, value.split(",")) if id is not None}
    if not found:
        links = (_LINK.search(value) for name, value in headers.items() if plain_name(name).endswith("location"))
        found = {id for link in links if link is not None and (id := id_in(link[1])) is not None}
    if len(found) > 1:
        raise BadAnswer("The answer names several tasks.")
    return found.pop() if found else None


def plain_name(name: object) -> str:
    """A field's name in lower case, without what separates its words."""
    return re.sub(r"[\W_]", "", str(name)).lower()
