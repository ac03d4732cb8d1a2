"""Rows of the list on their way to another place: their clips for other programs, and their ids for this one."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QMimeData, QUrl

from sora_desktop.domain.job import Job, JobId, Ready

#: MIME type of the ids, a line each.
_FORMAT = "application/x-sora-desktop-jobs"


def dragged_jobs(jobs: Iterable[Job]) -> QMimeData:
    """What is dragged of these jobs."""
    jobs, data = list(jobs), QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(job.phase.clip.file)) for job in jobs if isinstance(job.phase, Ready)])
    data.setData(_FORMAT, "\n".join(job.id for job in jobs).encode())
    return data


def jobs_in(data: QMimeData) -> tuple[JobId, ...]:
    """The jobs that are dragged; none if it is something else."""
    if not data.hasFormat(_FORMAT):
        return ()
    return tuple(JobId(line) for line in bytes(data.data(_FORMAT).data()).decode("utf-8", "replace").splitlines())
