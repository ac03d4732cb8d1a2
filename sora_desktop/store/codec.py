"""Jobs as text and back, for the database and for messages between our own processes."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

import msgspec

from sora_desktop.domain import job as phases
from sora_desktop.domain.job import Job, JobId, Phase, phase_name
from sora_desktop.domain.request import VideoRequest
from sora_desktop.store.errors import StoreProblem

_KINDS: dict[str, type[Any]] = {
    kind.__name__.lower(): kind
    for kind in (
        phases.Waiting,
        phases.Unconfirmed,
        phases.Rendering,
        phases.Saving,
        phases.Unsaved,
        phases.Ready,
        phases.Failed,
        phases.Unwatched,
        phases.Removed,
    )
}


def _plain(value: object) -> object:
    if isinstance(value, Path):
        return str(value)
    raise TypeError(type(value))


def _special(kind: type[Any], value: Any) -> Any:
    if issubclass(kind, Path):
        return Path(value)
    raise TypeError(kind)


def to_text(value: object) -> str:
    """Any of the domain's values as JSON."""
    return msgspec.json.encode(value, enc_hook=_plain).decode()


def request_from_text(text: str | bytes) -> VideoRequest:
    """Raises StoreProblem for text that is none."""
    request: VideoRequest = _read(text, VideoRequest)
    return request


def phase_from_text(name: str, text: str) -> Phase:
    """Raises StoreProblem for text that is none."""
    kind = _KINDS.get(name)
    if kind is None:
        raise StoreProblem(f"The library holds a job in a phase unknown to this version: {name}.")
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
    return to_text(
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
        )
    )


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


def read_settings_value(text: bytes, kind: type[T]) -> T:
    """A value of one of the small files. Raises msgspec.MsgspecError or UnicodeError."""
    value: T = msgspec.json.decode(text, type=kind, dec_hook=_special)
    return value


def _read(text: str | bytes, kind: type[Any]) -> Any:
    try:
        return msgspec.json.decode(text, type=kind, dec_hook=_special)
    except (msgspec.MsgspecError, UnicodeError) as error:
        raise StoreProblem(f"What was kept cannot be read: {error}.") from error
