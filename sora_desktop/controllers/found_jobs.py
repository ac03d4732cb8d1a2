"""Finds jobs as the window shows them or, if it does not, as they are saved."""

from __future__ import annotations

from collections.abc import Iterable

from sora_desktop.domain.job import Job, JobId
from sora_desktop.engine.engine import Engine
from sora_desktop.state.job_list import JobList


def found_jobs(job_list: JobList, engine: Engine, ids: Iterable[JobId]) -> list[Job]:
    """Those of the jobs that exist, in the same order. Raises StoreError."""
    ids = tuple(ids)
    shown = job_list.find_all(ids)
    jobs = (shown.get(id) or engine.store.read(id) for id in ids)
    return [job for job in jobs if job is not None]
