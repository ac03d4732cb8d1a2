"""Changes the marks of a job."""

from __future__ import annotations

from dataclasses import replace

from sora_desktop.domain.job import Job, Ready, Removed, Trashed
from sora_desktop.domain.marks import MarkEdit


def marked(job: Job, edit: MarkEdit) -> Job | None:
    """The job with changed marks; None if they stay as they are.

    Marks stay in the Trash: none of the tabs where they count shows the job. Only a clip is picked or rejected.
    """
    if isinstance(job.phase, Trashed | Removed):
        return None
    starred, flag = edit.applied(job.marks)
    changed = replace(job, starred=starred, flag=flag if isinstance(job.phase, Ready) else job.flag)
    return None if changed == job else changed
