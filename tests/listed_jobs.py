"""The actions on jobs of parts that are tested without a list."""

from __future__ import annotations

from in_memory_library import InMemoryLibrary
from PySide6.QtCore import QObject

from sora_desktop.api.sora.capabilities import CAPABILITIES
from sora_desktop.domain.job import Job
from sora_desktop.state.job_list import JobList
from sora_desktop.ui.actions.job_actions import JobActions


def job_actions(parent: QObject, *jobs: Job) -> JobActions:
    """Actions on jobs, without selected rows."""
    return JobActions(parent, JobList(InMemoryLibrary(jobs), CAPABILITIES))
