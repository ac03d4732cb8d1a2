"""Converts jobs to JSON and back, for the database and for messages between processes of this program."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias, TypeVar, get_args

import msgspec

from sora_desktop.domain import job as phases
from sora_desktop.domain.clip import Clip
from sora_desktop.domain.job import Job, JobId, Phase, phase_name
from sora_desktop.domain.marks import Flag
from sora_desktop.domain.request import VideoRequest
from sora_desktop.domain.service_config import ServiceConfig
from sora_desktop.store.errors import StoreError

#: The latest moment that every system can show, in unix seconds: the end of the year 2999.
LAST_MOMENT = 32_503_680_000.0
#: Ids of jobs become file names.
_ID = re.compile(r"[\w-]{1,64}", re.ASCII)
#: By class: the names of fields on disk, where they differ.
StoredFields: TypeAlias = Mapping[type[Any], Mapping[str, str]]

#: The phases by their names in the database. Names on disk stay the same when a class or field is renamed.
PHASES: dict[str, type[Any]] = {
    "waiting": phases.Waiting,
    "unconfirmed": phases.Unconfirmed,
    "rendering": phases.Rendering,
    "saving": phases.Saving,
    "unsaved": phases.Unsaved,
    "ready": phases.Ready,
    "failed": phases.Failed,
    "unwatched": phases.Abandoned,
    "cancelled": phases.Cancelled,
    "trashed": phases.Trashed,
    "removed": phases.Removed,
}
#: Those that a job in the Trash can have had before.
TRASHABLE_PHASES = {name: kind for name, kind in PHASES.items() if kind in get_args(phases.TrashablePhase)}
#: Fields that have another name on disk.
STORED_FIELDS: StoredFields = {
    phases.Waiting: {"reason": "held"},
    phases.Unconfirmed: {"reason": "finding"},
    phases.Rendering: {"warning": "trouble"},
    Clip: {"warning": "remark"},
}


def _encode_path(value: object) -> object:
    if isinstance(value, Path):
        return str(value)
    raise TypeError(type(value))


def _decode_path(kind: type[Any], value: Any) -> Any:
    if issubclass(kind, Path):
        if "\0" in value:
            raise ValueError("no file has a NUL in its name")
        return Path(value)
    raise TypeError(kind)


def to_text(value: object, stored_fields: StoredFields = STORED_FIELDS) -> str:
    """A value of the domain as JSON."""
    if isinstance(value, VideoRequest):  # faster: none of its fields has another name on disk
        return msgspec.json.encode(value, enc_hook=_encode_path).decode()
    if isinstance(value, phases.Trashed):
        details = msgspec.Raw(to_text(value.before, stored_fields).encode())
        text = _TrashedText(phase_name(value.before), details, value.before_changed_at)
        return msgspec.json.encode(text).decode()
    plain = msgspec.to_builtins(value, enc_hook=_encode_path)
    return msgspec.json.encode(_with_stored_names(value, plain, stored_fields)).decode()


def request_from_text(text: str | bytes) -> VideoRequest:
    """Raises StoreError for text that is not valid."""
    request: VideoRequest = _read(text, VideoRequest)
    return request


def phase_from_text(name: str, text: str) -> Phase:
    """Raises StoreError for text that is not valid."""
    kind = PHASES.get(name)
    if kind is None:
        raise StoreError(f"The library has a job in a phase that this version does not know: {name}.")
    if kind is phases.Trashed:
        return _trashed_from_text(text)
    phase: Phase = _read(text, kind)
    return phase


def _trashed_from_text(text: str) -> phases.Trashed:
    fields: _TrashedText = _read(text, _TrashedText)
    if fields.phase not in TRASHABLE_PHASES or not 0 <= fields.changed_at <= LAST_MOMENT:
        raise StoreError("Stored data cannot be read: a job in the Trash has no valid phase or time before.")
    before: phases.TrashablePhase = _read(bytes(fields.details), TRASHABLE_PHASES[fields.phase])
    return phases.Trashed(before, fields.changed_at)


class _TrashedText(msgspec.Struct):
    """A job in the Trash on disk. `phase`, `details` and `changed_at` are those of the job before."""

    phase: str
    details: msgspec.Raw
    changed_at: float


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
    flag: Flag = Flag.NONE


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
            job.flag,
        ),
        enc_hook=_encode_path,
    ).decode()


def job_from_text(text: str) -> Job:
    """Raises StoreError for text that is not valid."""
    fields: _JobText = _read(text, _JobText)
    times = (fields.created_at, fields.changed_at, fields.position)
    if not _ID.fullmatch(fields.id) or not all(0 <= time <= LAST_MOMENT for time in times):
        raise StoreError("Stored data cannot be read: a job has no valid id or time.")
    return Job(
        JobId(fields.id),
        fields.request,
        phase_from_text(fields.phase, bytes(fields.details).decode()),
        fields.created_at,
        fields.changed_at,
        fields.position,
        fields.starred,
        fields.on_hold,
        fields.service,
        fields.flag,
    )


T = TypeVar("T")


def value_from_text(text: bytes, kind: type[T], stored_fields: StoredFields = STORED_FIELDS) -> T:
    """A value from one of the small files. Raises msgspec.MsgspecError or UnicodeError."""
    try:
        plain = msgspec.json.decode(text)
        return msgspec.convert(_with_own_names(kind, plain, stored_fields), kind, dec_hook=_decode_path)
    except RecursionError as error:
        raise msgspec.DecodeError("the text is nested too deep") from error


def service_from_text(text: str) -> ServiceConfig:
    """The settings of a service from a message. Raises StoreError for text that is not valid."""
    config: ServiceConfig = _read(text, ServiceConfig)
    return config


def _read(text: str | bytes, kind: type[Any]) -> Any:
    try:
        if kind in (VideoRequest, _JobText, _TrashedText):  # faster: no field has another name on disk
            return msgspec.json.decode(text, type=kind, dec_hook=_decode_path)
        return value_from_text(text if isinstance(text, bytes) else text.encode(), kind)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise StoreError(f"Stored data cannot be read: {error}.") from error


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
