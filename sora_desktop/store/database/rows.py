"""Converts jobs to rows of their table and back."""

from __future__ import annotations

import sqlite3

from sora_desktop.domain.job import Job, JobId, Ready, phase_name, remote_id_of
from sora_desktop.store import codec

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
    """Raises StoreError for a row that cannot be read."""
    return Job(
        JobId(row["id"]),
        codec.request_from_text(row["request"]),
        codec.phase_from_text(row["phase"], row["details"]),
        row["created_at"],
        row["changed_at"],
        row["position"],
        bool(row["starred"]),
        bool(row["on_hold"]),
        row["service"],
    )
