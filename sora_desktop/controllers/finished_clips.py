"""Tells the user that a clip is finished while another one is open."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from sora_desktop.controllers.panels import Panels
from sora_desktop.domain.job import Job, JobId, Ready, Trashed
from sora_desktop.state.clip_text import title_of
from sora_desktop.state.toasts import Toast, ToastAction

_KEY = "finished"


class FinishedClips:
    """Shows one toast for the clips that were finished since the last such toast went."""

    def __init__(self, panels: Panels, poster_of: Callable[[Job], Path | None], play: Callable[[Job], None]) -> None:
        """`poster_of` returns the file of a poster, or None while there is none. `play` opens and plays a clip."""
        self._panels = panels
        self._poster_of = poster_of
        self._play = play
        self._jobs: list[Job] = []  # those that the toast on screen counts, the latest last

    def job_changed(self, before: Job | None, job: Job) -> bool:
        """Show the toast if the job has just been finished; True if so. `before`: the job as it was shown until now."""
        if not isinstance(job.phase, Ready) or before is None or isinstance(before.phase, Ready | Trashed):
            return False
        shown = self._panels.player.job
        if shown is not None and shown.id == job.id:
            return False
        if self._panels.toasts.find(_KEY) is None:
            self._jobs.clear()
        self._jobs.append(job)
        self._panels.toasts.show(finished_toast(self._jobs, self._poster_of(job), self._play))
        return True

    def clip_opened(self, id: JobId) -> None:
        """Close the toast if it is about this clip alone."""
        toast = self._panels.toasts.find(_KEY)
        if toast is not None and [job.id for job in self._jobs] == [id]:
            self._panels.toasts.close(toast)

    def refresh_picture(self, id: JobId) -> None:
        """Add the poster that was just made to the toast of its clip."""
        toast = self._panels.toasts.find(_KEY)
        if toast is not None and toast.picture is None and self._jobs and self._jobs[-1].id == id:
            self._panels.toasts.show(toast._replace(picture=self._poster_of(self._jobs[-1])))


def finished_toast(jobs: list[Job], picture: Path | None, play: Callable[[Job], None]) -> Toast:
    """The toast for these clips, the latest last."""
    latest = jobs[-1]
    several = len(jobs) > 1
    text = f"{len(jobs)} clips are ready" if several else "Clip is ready"
    action = ToastAction("Play latest" if several else "Play", lambda: play(latest))
    return Toast(text, title_of(latest), action, picture, _KEY)
