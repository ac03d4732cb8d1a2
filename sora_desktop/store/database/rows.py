"""Converts jobs to rows of their table and back."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import partial
from typing import Any

from sora_desktop.domain.job import Job, JobId, Phase, Ready, Rendering, Saving, Trashed, phase_name, remote_id_of
from sora_desktop.domain.marks import Flag
from sora_desktop.domain.request import VideoRequest
from sora_desktop.domain.trash import before_trash
from sora_desktop.store import codec
from sora_desktop.store.errors import StoreError, UnreadableJob

#: Larger numbers are no lengths, sizes or percentages, and cannot be stored or computed with everywhere.
LARGEST_NUMBER = 2**53
#: Characters and decimal places of an amount.
_LONGEST_AMOUNT = 40
#: How a connection reads text: bytes that are not UTF-8 must not keep the other rows from being read.
LENIENT_TEXT = partial(str, encoding="utf-8", errors="surrogateescape")

#: Saves a new job. One that is saved already is left as it is.
INSERT_JOB = """
INSERT INTO job (id, created_at, changed_at, position, starred, on_hold, service, phase, details, request, words,
                 remote_id, clip_bytes, flag)
VALUES (:id, :created_at, :changed_at, :position, :starred, :on_hold, :service, :phase, :details, :request, :words,
        :remote_id, :clip_bytes, :flag)
ON CONFLICT (id) DO NOTHING
"""

#: Saves a changed job if its phase and remote id on disk are still the known ones; else changes no row.
UPDATE_JOB = """
UPDATE job SET
    changed_at = :changed_at, position = :position, starred = :starred, on_hold = :on_hold, service = :service,
    phase = :phase, details = :details, request = :request, words = :words,
    remote_id = coalesce(:remote_id, remote_id), clip_bytes = :clip_bytes, flag = :flag
WHERE id = :id AND phase = :known_phase AND (:known_remote_id IS NULL OR remote_id = :known_remote_id)
"""


def change_of(known: Job, changed: Job) -> dict[str, object]:
    """The parameters of `UPDATE_JOB`."""
    return row_of(changed) | {"known_phase": phase_name(known.phase), "known_remote_id": remote_id_of(known.phase)}


def row_of(job: Job) -> dict[str, object]:
    """The parameters of `INSERT_JOB`."""
    phase = before_trash(job).phase
    return {
        "id": job.id,
        "created_at": job.created_at,
        "changed_at": job.changed_at,
        "position": job.position,
        "starred": int(job.starred),
        "on_hold": int(job.on_hold),
        "service": job.service,
        "phase": phase_name(job.phase),
        "details": codec.to_text(job.phase),
        "request": codec.to_text(job.request),
        "words": job.request.prompt.lower(),
        "remote_id": remote_id_of(job.phase),
        "flag": str(job.flag),
        "clip_bytes": phase.clip.facts.size if isinstance(phase, Ready) else 0,
    }


def job_of(row: sqlite3.Row | Mapping[str, Any]) -> Job:
    """Raises UnreadableJob. Expects a connection that reads `LENIENT_TEXT`."""
    try:
        return _job_of(row)
    except (
        StoreError,
        TypeError,
        ValueError,
        AttributeError,
        ArithmeticError,
    ) as error:  # columns may have values of any type
        raise UnreadableJob(printable(row["id"]), printable(row["phase"]), str(error)) from error


def _job_of(row: sqlite3.Row | Mapping[str, Any]) -> Job:
    for name in ("id", "service", "phase"):
        row[name].encode()  # raises for bytes that are not UTF-8, and for a value that is no text
    for name in ("created_at", "changed_at"):
        if not 0 <= row[name] <= codec.LAST_MOMENT:
            raise ValueError(f"{name} is no time")
    if not math.isfinite(row["position"]):
        raise ValueError("position is not finite")
    request, phase = codec.request_from_text(row["request"]), codec.phase_from_text(row["phase"], row["details"])
    if any(abs(number) > LARGEST_NUMBER for number in _numbers(request, phase)):
        raise ValueError("a number is too large")
    return Job(
        JobId(row["id"]),
        request,
        phase,
        row["created_at"],
        row["changed_at"],
        row["position"],
        bool(int(row["starred"])),
        bool(int(row["on_hold"])),
        row["service"],
        Flag(row["flag"]),
    )


def _numbers(request: VideoRequest, phase: Phase) -> Iterator[float]:
    """The numbers that are computed with."""
    yield request.duration
    match phase:
        case Rendering(percent=percent):
            yield percent or 0
        case Saving(received=received, total=total):
            yield from (received, total or 0)
        case Ready(clip=clip):
            facts = clip.facts
            yield from (facts.seconds, facts.width, facts.height, facts.fps, facts.frames, facts.size)
        case Trashed(before=before):
            yield from _numbers(request, before)
        case _:
            pass


def amount_of(value: object) -> Decimal | None:
    """An amount of money in a column; None if there is none, or if it cannot be read."""
    if not isinstance(value, str) or len(value) > _LONGEST_AMOUNT:
        return None
    try:
        amount = Decimal(value)
    except ArithmeticError:
        return None
    exponent = amount.as_tuple().exponent
    if not isinstance(exponent, int) or not -_LONGEST_AMOUNT <= exponent <= _LONGEST_AMOUNT:  # text: not finite
        return None
    return amount if abs(amount) <= LARGEST_NUMBER else None


def price_of(value: object) -> Decimal | None:
    """A price in a column; None if there is none, or if it cannot be read."""
    price = amount_of(value)
    return price if price is not None and price >= 0 else None


def printable(value: object) -> str:
    """A column as text that can be printed and stored, whatever it holds."""
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    return "" if value is None else str(value).encode("utf-8", "replace").decode()
