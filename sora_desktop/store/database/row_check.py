"""Finds rows that this version cannot read: written by a newer version, edited by hand, or with a damaged byte.

SQLite looks for them in C, without Python's lock; decoding each row would delay every start.
"""

from __future__ import annotations

import dataclasses
import sqlite3
import types
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, Union, get_args, get_origin, get_type_hints

from sora_desktop.domain.job import Trashed
from sora_desktop.domain.ledger import Outcome
from sora_desktop.domain.marks import Flag
from sora_desktop.domain.request import VideoRequest
from sora_desktop.store.codec import PHASES, STORED_FIELDS, TRASHABLE_PHASES
from sora_desktop.store.database.rows import amount_of, job_of, price_of
from sora_desktop.store.errors import UnreadableJob

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


#: The columns of a job with text.
_TEXT_COLUMNS = ("id", "service", "phase", "details", "request", "words", "remote_id")
#: Jobs whose text is checked in one step, so that a large library needs little memory.
_JOBS_AT_ONCE = 1000


def unreadable_jobs(connection: sqlite3.Connection) -> list[UnreadableJob]:
    """The jobs that cannot be read. Expects a connection that reads `LENIENT_TEXT`. Raises sqlite3.Error."""
    suspects = {row[0] for query in _queries() for row in connection.execute(query)} | _not_text(connection)
    found = []
    for rowid in sorted(suspects):
        try:
            job_of(connection.execute("SELECT * FROM job WHERE rowid = ?", (rowid,)).fetchone())
        except UnreadableJob as error:
            found.append(error)
    return found


def unreadable_attempts(connection: sqlite3.Connection) -> int:
    """The number of attempts that cannot be read in full. Raises sqlite3.Error."""
    outcomes = ", ".join(f"'{outcome}'" for outcome in Outcome)
    amounts = {"price": price_of, "balance_before": amount_of, "balance_after": amount_of}
    wrong = f"outcome NOT IN ({outcomes}) OR typeof(sent_at) <> 'real'"
    plain = "{0} GLOB '[0-9]*' AND {0} NOT GLOB '*[^0-9.]*' AND {0} NOT GLOB '*.*.*' AND length({0}) <= 15"
    unusual = " OR ".join(f"({name} IS NOT NULL AND NOT ({plain.format(name)}))" for name in amounts)
    # the text as bytes: it need not be UTF-8
    columns = ", ".join(f"CAST({name} AS BLOB)" for name in amounts)
    rows = connection.execute(f"SELECT {wrong}, {columns} FROM attempt WHERE {wrong} OR {unusual}")
    return sum(
        is_wrong
        or any(
            value is not None and read(value.decode("utf-8", "replace")) is None
            for value, read in zip(values, amounts.values(), strict=True)
        )
        for is_wrong, *values in rows
    )


@cache
def _queries() -> tuple[str, ...]:
    """Queries for the rows that may be unreadable: `job_of` decides."""
    names = ", ".join(f"'{name}'" for name in PHASES)
    numbers = ("created_at", "changed_at", "position")
    flags = ", ".join(f"'{flag}'" for flag in Flag)
    times = [f"typeof({name}) <> 'real' OR abs({name}) > 3e10 OR {name} < 0" for name in numbers]
    queries = [
        f"SELECT rowid FROM job WHERE NOT json_valid(request) OR NOT json_valid(details) OR phase NOT IN ({names})"
        f" OR {' OR '.join(times)}"
        " OR typeof(id) <> 'text' OR typeof(service) <> 'text'"
        " OR typeof(starred) <> 'integer' OR typeof(on_hold) <> 'integer'"
        f" OR flag NOT IN ({flags})",
        f"SELECT rowid FROM job WHERE {_of_valid('request', _conditions(VideoRequest, 'request', '$'))}",
    ]
    for name, phase in PHASES.items():
        wrong = _of_valid("details", _trashed() if phase is Trashed else _conditions(phase, "details", "$"))
        queries.append(f"SELECT rowid FROM job WHERE phase = '{name}' AND {wrong}")
    return tuple(queries)


def _trashed() -> Iterator[str]:
    """Conditions that hold for a job in the Trash of which the phase before cannot be read."""
    names = ", ".join(f"'{name}'" for name in TRASHABLE_PHASES)
    yield f"coalesce(json_extract(details, '$.phase'), '') NOT IN ({names})"
    yield "coalesce(json_type(details, '$.changed_at'), '') NOT IN ('integer', 'real')"
    yield "json_extract(details, '$.changed_at') NOT BETWEEN 0 AND 3e10"  # `job_of` looks closer
    yield "coalesce(json_type(details, '$.details'), '') <> 'object'"
    for name, phase in TRASHABLE_PHASES.items():
        inner = " OR ".join(_conditions(phase, "details", "$.details"))
        yield f"(json_extract(details, '$.phase') = '{name}' AND ({inner}))"


def _of_valid(column: str, conditions: Iterable[str]) -> str:
    """One of the conditions holds. On text that is not JSON, SQLite would refuse the whole query."""
    either = " OR ".join((f"json_type({column}) <> 'object'", *conditions))
    return f"CASE WHEN json_valid({column}) THEN {either} ELSE 0 END"


def _not_text(connection: sqlite3.Connection) -> set[int]:
    """The rows of jobs near bytes that are not UTF-8."""
    found: set[int] = set()
    columns = ", ".join(f"group_concat({column}, ' ')" for column in _TEXT_COLUMNS)
    last = connection.execute("SELECT coalesce(max(rowid), 0) FROM job").fetchone()[0]
    lenient, connection.text_factory = connection.text_factory, str  # which fails at such bytes
    try:
        for first in range(1, last + 1, _JOBS_AT_ONCE):  # each step waits for Python's lock: one a row would be slow
            block = (first, first + _JOBS_AT_ONCE - 1)
            try:
                connection.execute(f"SELECT {columns} FROM job WHERE rowid BETWEEN ? AND ?", block).fetchone()
            except sqlite3.OperationalError:
                rows = connection.execute("SELECT rowid FROM job WHERE rowid BETWEEN ? AND ?", block)
                found.update(row[0] for row in rows)
    finally:
        connection.text_factory = lenient
    return found


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
        if field.type in ("int", "float"):  # `job_of` looks closer
            yield f"json_extract({column}, '{place}') > 9e15"
        for each in kinds:
            if isinstance(each, type) and dataclasses.is_dataclass(each) and not _has_tuples(each):
                inner = " OR ".join(_conditions(each, column, place))
                yield f"({found} = 'object' AND ({inner}))"


def _is_union(hint: object) -> bool:
    return get_origin(hint) in (Union, types.UnionType)


def _has_tuples(kind: type[Any]) -> bool:
    """True for a value that is shown and never written, such as a forecast."""
    return any(get_origin(hint) is tuple for hint in _hints(kind).values())
