"""Finds jobs whose JSON is valid but lacks a field or has a value of another type, as after a damaged byte.

SQLite checks this in C, without Python's lock; decoding each row would delay every start.
"""

from __future__ import annotations

import dataclasses
import sqlite3
import types
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, Union, get_args, get_origin, get_type_hints

from sora_desktop.domain.request import VideoRequest
from sora_desktop.store.codec import PHASES, STORED_FIELDS

#: JSON types, as SQLite calls them, by the type of a field.
_JSON_TYPES: dict[object, tuple[str, ...]] = {
    str: ("text",),
    Path: ("text",),
    int: ("integer",),
    float: ("integer", "real"),
    bool: ("true", "false"),
}

#: The types of a class's fields. Evaluating them is most of the work, and some classes are fields of several others.
_hints: Callable[..., dict[str, Any]] = cache(get_type_hints)


def unreadable_jobs(connection: sqlite3.Connection) -> int:
    """The number of jobs that cannot be decoded. Expects valid JSON. Raises sqlite3.Error."""
    return sum(connection.execute(query).fetchone()[0] for query in _queries())


@cache
def _queries() -> tuple[str, ...]:
    queries = [f"SELECT count(*) FROM job WHERE {' OR '.join(_conditions(VideoRequest, 'request', '$'))}"]
    for name, phase in PHASES.items():
        if conditions := list(_conditions(phase, "details", "$")):
            queries.append(f"SELECT count(*) FROM job WHERE phase = '{name}' AND ({' OR '.join(conditions)})")
    return tuple(queries)  # a phase that is not listed is no damage: a newer version may have written it


def _conditions(kind: type[Any], column: str, path: str) -> Iterator[str]:
    """SQL conditions that hold for a row in which the object at `path` does not decode to `kind`."""
    hints, names = _hints(kind), STORED_FIELDS.get(kind, {})
    for field in dataclasses.fields(kind):
        place = f"{path}.{names.get(field.name, field.name)}"
        found = f"coalesce(json_type({column}, '{place}'), 'missing')"
        optional = field.default is not dataclasses.MISSING or field.default_factory is not dataclasses.MISSING
        kinds = get_args(hints[field.name]) if _is_union(hints[field.name]) else (hints[field.name],)
        allowed = ["missing"] if optional else []
        for each in kinds:
            if each is type(None):
                allowed.append("null")
            elif dataclasses.is_dataclass(each):
                allowed.append("object")
            else:
                allowed += _JSON_TYPES.get(getattr(each, "__supertype__", each), ())
        if not set(allowed) <= {"missing", "null"}:
            types_allowed = ", ".join(f"'{name}'" for name in allowed)
            yield f"{found} NOT IN ({types_allowed})"
        for each in kinds:
            if isinstance(each, type) and dataclasses.is_dataclass(each) and not _has_tuples(each):
                inner = " OR ".join(_conditions(each, column, place))
                yield f"({found} = 'object' AND ({inner}))"


def _is_union(hint: object) -> bool:
    return get_origin(hint) in (Union, types.UnionType)


def _has_tuples(kind: type[Any]) -> bool:
    """True for a value that is shown and never written, such as a forecast."""
    return any(get_origin(hint) is tuple for hint in _hints(kind).values())
