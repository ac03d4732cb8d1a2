"""Tells screen readers how a video ended."""

from __future__ import annotations

from sora_desktop.controllers.panels import Panels
from sora_desktop.domain.job import Job, Ready
from sora_desktop.state.clip_text import title_of
from sora_desktop.state.desktop_text import is_worth_telling
from sora_desktop.ui.widgets.announcement import announce


class SpokenEnds:
    """Announces each end once. Progress is in the row of the video, and not announced: it changes all the time."""

    def __init__(self, panels: Panels) -> None:
        self._panels = panels

    def job_changed(self, before: Job | None, job: Job) -> None:
        """Announce that a clip is ready or that the user is needed. For a job that the list has, and no toast tells of.

        `before`: the job as it was shown until now.
        """
        if is_worth_telling(before, job):
            end = "Clip is ready" if isinstance(job.phase, Ready) else self._panels.job_list.text_of(job).text
            announce(self._panels.window, f"{end}. {title_of(job)}")
