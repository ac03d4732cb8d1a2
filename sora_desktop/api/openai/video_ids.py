"""Finds the id of the new video in an answer to a create, also in one that is cut, damaged or has a wrong status."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import cast
from urllib.parse import unquote

from sora_desktop.api.errors import BadAnswer
from sora_desktop.api.http.answer import HttpAnswer, json_in, text_of
from sora_desktop.api.http.json_values import text_in
from sora_desktop.domain.job import RemoteId

#: Longest id that is accepted, in characters. Those of gateways contain the model's name.
_ID_LIMIT = 1000
#: Texts that stand for a missing id.
_NO_IDS = ("0", "null", "none", "nil", "undefined", "n/a", "-")
#: What the ledger keeps of a long answer: an id.
NOTABLE_IDS = re.compile(r"[\"']id[\"']\s*:", re.IGNORECASE)
_LINK = re.compile(r"/videos/([^/?#\s]+)/?(?:[?#]|$)")
#: Names of objects that can hold the new video, besides the answer itself.
_AROUND = ("data", "video", "job", "result", "response")
#: Fields that an object with the id of a video has, and an error or a request does not.
_OF_VIDEOS = ("object", "status", "progress", "created_at", "seconds", "size")
_DECODER = json.JSONDecoder()
_SPACE = re.compile(r"[\s,]*")
_COLON = re.compile(r"\s*:\s*")


def video_id_in(value: object) -> RemoteId | None:
    """A value as an id; None if it cannot be one."""
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        value = str(value)
    id = text_in(value)
    if not id or id.lower() in _NO_IDS or len(id) > _ID_LIMIT or not id.isprintable() or " " in id:
        return None
    return RemoteId(id)


def new_video_in(answer: HttpAnswer) -> RemoteId | None:
    """The id of the new video in an answer to a create, whatever else the answer says; None if it names none.

    Raises BadAnswer if it names several.
    """
    found = set(_ids_in(_content_of(answer)))
    if not found:
        links = (_LINK.search(answer.headers.get(name, "")) for name in ("Location", "Content-Location"))
        found = {id for link in links if link is not None and (id := video_id_in(unquote(link[1]))) is not None}
    if len(found) > 1:
        raise BadAnswer("The answer names several videos.")
    return found.pop() if found else None


def new_video_in_text(text: str) -> RemoteId | None:
    """The same for the text of an answer as the ledger keeps it, which may be cut; None also in case of doubt."""
    try:
        return new_video_in(HttpAnswer(0, {}, text.encode("utf-8", "replace")))
    except BadAnswer:
        return None


def _content_of(answer: HttpAnswer) -> object:
    content = json_in(answer.content)
    return content if content is not None else cut_object(text_of(answer.content))


def _ids_in(content: object) -> Iterator[RemoteId]:
    """The ids of the videos that the content is about."""
    around: list[object] = [content]
    if isinstance(content, Mapping):
        around += [content.get(name) for name in _AROUND]
    for value in around:
        for video in value if isinstance(value, list) else [value]:
            if isinstance(video, Mapping) and _is_of_video(video):
                id = video_id_in(video.get("id")) or video_id_in(video.get("video_id"))
                if id is not None:
                    yield id


def _is_of_video(fields: Mapping[str, object]) -> bool:
    """True if the fields are those of a video; those of a cut answer may be its first one alone."""
    kind = text_in(fields.get("object")).lower()
    if kind:
        return kind.startswith("video") and kind != "video.deleted"
    if isinstance(fields.get("status"), int):  # of HTTP: an error, whose id is that of the call
        return False
    return any(name in fields for name in _OF_VIDEOS) or set(fields) <= {"id", "video_id"}


def cut_object(text: str) -> dict[str, object] | None:
    """The fields of a JSON object that ends early, as far as they are whole; None if the text is no object."""
    text = text.lstrip()
    if not text.startswith("{"):
        return None
    fields: dict[str, object] = {}
    place = _end(_SPACE, text, 1)
    try:
        while place < len(text):
            name, place = _DECODER.raw_decode(text, place)
            colon = _COLON.match(text, place)
            if colon is None or not isinstance(name, str):
                break
            value, place = _DECODER.raw_decode(text, colon.end())
            if isinstance(value, int | float) and place >= len(text):
                break  # the number may go on
            fields[name] = cast(object, value)
            place = _end(_SPACE, text, place)
    except (ValueError, RecursionError):
        pass
    return fields


def _end(pattern: re.Pattern[str], text: str, place: int) -> int:
    found = pattern.match(text, place)
    return place if found is None else found.end()
