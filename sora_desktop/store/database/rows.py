"""Converts jobs to rows of their table and back."""

from __future__ import annotations

import math
import sqlite3
from decimal import Decimal
from functools import partial

from sora_desktop.domain.job import Job, JobId, Ready, phase_name, remote_id_of
from sora_desktop.store import codec
from sora_desktop.store.errors import StoreError, UnreadableJob

#: How a connection reads text: bytes that are not UTF-8 must not keep the other rows from being read.
LENIENT_TEXT = partial(str, encoding="utf-8", errors="surrogateescape")

UPSERT_JOB = """
INSERT INTO job (id, created_at, changed_at, position, starred, on_hold, service, phase, details, request, words,
                 remote_id, clip_bytes)
VALUES (:id, :created_at, :changed_at, :position, :starred, :on_hold, :service, :phase, :details, :request, :words,
        :remote_id, :clip_bytes)
ON CONFLICT (id) DO UPDATE SET
    changed_at = excluded.changed_at, position = excluded.position, starred = excluded.starred,
    on_hold = excluded.on_hold, service = excluded.service, phase = excluded.phase, details = excluded.details,
    request = excluded.request, words = excluded.words, remote_id = coalesce(excluded.remote_id, remote_id),
    clip_bytes = excluded.clip_bytes
"""


def row_of(job: Job) -> dict[str, object]:
    """The parameters of `UPSERT_JOB`."""
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
        "clip_bytes": job.phase.clip.facts.size if isinstance(job.phase, Ready) else 0,
    }


def job_of(row: sqlite3.Row) -> Job:
    """Raises UnreadableJob. Expects a connection that reads `LENIENT_TEXT`."""
    try:
        return _job_of(row)
    except (StoreError, TypeError, ValueError, AttributeError) as error:  # columns may have values of any type
        raise UnreadableJob(printable(row["id"]), printable(row["phase"]), str(error)) from error


def _job_of(row: sqlite3.Row) -> Job:
    for name in ("id", "service", "phase"):
        row[name].encode()  # raises for bytes that are not UTF-8, and for a value that is no text
    for name in ("created_at", "changed_at"):
        if not 0 <= row[name] <= codec.LAST_MOMENT:
            raise ValueError(f"{name} is no time")
    if not math.isfinite(row["position"]):
        raise ValueError("position is not finite")
    return Job(
        JobId(row["id"]),
        codec.request_from_text(row["request"]),
        codec.phase_from_text(row["phase"], row["details"]),
        row["created_at"],
        row["changed_at"],
        row["position"],
        bool(int(row["starred"])),
        bool(int(row["on_hold"])),
        row["service"],
    )


def amount_of(value: object) -> Decimal | None:
    """An amount of money in a column; None if there is none, or if it cannot be read."""
    try:
        amount = Decimal(value) if isinstance(value, str) else None
    except ArithmeticError:
        return None
    return amount if amount is not None and amount.is_finite() else None


def printable(value: object) -> str:
    """A column as text that can be printed and stored, whatever it holds."""
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    return "" if value is None else str(value).encode("utf-8", "replace").decode()
