"""Jobs as text and back, for the database and for messages between our own processes."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

import msgspec

from sora_desktop.domain import job as phases
from sora_desktop.domain.clip import Clip
from sora_desktop.domain.job import Job, JobId, Phase, phase_name
from sora_desktop.domain.request import VideoRequest
from sora_desktop.store.errors import StoreError

#: By class: names of fields, and what they are called on disk.
StoredFields: TypeAlias = Mapping[type[Any], Mapping[str, str]]

#: The phases by their names in the database. Names on disk stay as they are when a class or field is renamed.
_PHASES: dict[str, type[Any]] = {
    "waiting": phases.Waiting,
    "unconfirmed": phases.Unconfirmed,
    "rendering": phases.Rendering,
    "saving": phases.Saving,
    "unsaved": phases.Unsaved,
    "ready": phases.Ready,
    "failed": phases.Failed,
    "unwatched": phases.Abandoned,
    "removed": phases.Removed,
}
#: Fields whose name on disk is not their name here.
_STORED_FIELDS: StoredFields = {
    phases.Waiting: {"reason": "held"},
    phases.Unconfirmed: {"reason": "finding"},
    phases.Rendering: {"warning": "trouble"},
    Clip: {"warning": "remark"},
}


def _plain(value: object) -> object:
    if isinstance(value, Path):
        return str(value)
    raise TypeError(type(value))


def _special(kind: type[Any], value: Any) -> Any:
    if issubclass(kind, Path):
        return Path(value)
    raise TypeError(kind)


def to_text(value: object, stored_fields: StoredFields = _STORED_FIELDS) -> str:
    """Any of the domain's values as JSON."""
    if isinstance(value, VideoRequest):  # none of its fields has another name on disk
        return msgspec.json.encode(value, enc_hook=_plain).decode()
    plain = msgspec.to_builtins(value, enc_hook=_plain)
    return msgspec.json.encode(_with_stored_names(value, plain, stored_fields)).decode()


def request_from_text(text: str | bytes) -> VideoRequest:
    """Raises StoreProblem for text that is none."""
    request: VideoRequest = _read(text, VideoRequest)
    return request


def phase_from_text(name: str, text: str) -> Phase:
    """Raises StoreProblem for text that is none."""
    kind = _PHASES.get(name)
    if kind is None:
        raise StoreError(f"The library holds a job in a phase unknown to this version: {name}.")
    phase: Phase = _read(text, kind)
    return phase


class _JobText(msgspec.Struct):
    id: str
    request: VideoRequest
    phase: str
    details: msgspec.Raw
    created_at: float
    changed_at: float
    position: float
    starred: bool = False
    on_hold: bool = False
    service: str = ""


def job_to_text(job: Job) -> str:
    """A whole job as one line of JSON."""
    return msgspec.json.encode(
        _JobText(
            job.id,
            job.request,
            phase_name(job.phase),
            msgspec.Raw(to_text(job.phase).encode()),
            job.created_at,
            job.changed_at,
            job.position,
            job.starred,
            job.on_hold,
            job.service,
        ),
        enc_hook=_plain,
    ).decode()


def job_from_text(text: str) -> Job:
    """Raises StoreProblem for text that is none."""
    read: _JobText = _read(text, _JobText)
    return Job(
        JobId(read.id),
        read.request,
        phase_from_text(read.phase, bytes(read.details).decode()),
        read.created_at,
        read.changed_at,
        read.position,
        read.starred,
        read.on_hold,
        read.service,
    )


T = TypeVar("T")


def value_from_text(text: bytes, kind: type[T], stored_fields: StoredFields = _STORED_FIELDS) -> T:
    """A value of one of the small files. Raises msgspec.MsgspecError or UnicodeError."""
    plain = msgspec.json.decode(text)
    return msgspec.convert(_with_own_names(kind, plain, stored_fields), kind, dec_hook=_special)


def _read(text: str | bytes, kind: type[Any]) -> Any:
    try:
        if kind is VideoRequest or kind is _JobText:  # no field of theirs has another name on disk
            return msgspec.json.decode(text, type=kind, dec_hook=_special)
        return value_from_text(text if isinstance(text, bytes) else text.encode(), kind)
    except (msgspec.MsgspecError, UnicodeError) as error:
        raise StoreError(f"What was kept cannot be read: {error}.") from error


def _with_stored_names(value: object, plain: Any, stored_fields: StoredFields) -> Any:
    if not dataclasses.is_dataclass(value) or not isinstance(plain, dict):
        return plain
    names = stored_fields.get(type(value), {})
    return {
        names.get(field.name, field.name): _with_stored_names(
            getattr(value, field.name), plain[field.name], stored_fields
        )
        for field in dataclasses.fields(value)
    }


def _with_own_names(kind: type[Any], plain: Any, stored_fields: StoredFields) -> Any:
    if not isinstance(plain, dict):
        return plain
    names = {stored: own for own, stored in stored_fields.get(kind, {}).items()}
    renamed = {names.get(name, name): value for name, value in plain.items()}
    if kind is phases.Ready and "clip" in renamed:
        renamed["clip"] = _with_own_names(Clip, renamed["clip"], stored_fields)
    return renamed
