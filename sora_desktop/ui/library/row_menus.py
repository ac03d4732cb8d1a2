"""What keys and the context menu do to one or more rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QPoint
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QWidget

from sora_desktop.domain.job import Job, JobId
from sora_desktop.state.actions import PAID, Action, JobAction, OfferedAction, RetryOn
from sora_desktop.state.job_list import JobList
from sora_desktop.state.retry_on import RetryTarget, retry_targets, retry_title
from sora_desktop.ui.library.job_menu import job_menu


class RowMenus:
    """Offers what can be done to rows at the moment at which the user asks for it."""

    def __init__(
        self,
        parent: QWidget,
        jobs: JobList,
        request: Callable[[JobAction, tuple[JobId, ...]], object],
        key_for: Callable[[Action], QKeySequence],
    ) -> None:
        """`request` receives each action that the user chooses, and the jobs that it is for. `key_for`: its key."""
        self._parent = parent
        self._jobs = jobs
        self._request = request
        self._key_for = key_for

    def request_first(self, jobs: Sequence[Job], actions: Sequence[Action]) -> None:
        """Request the first of the actions that all of the jobs offer, if they offer one."""
        offered = {each.action for each in self._jobs.actions_for(jobs)}
        for action in actions:
            if action in offered:
                self._request(action, _ids(jobs))
                return

    def open(self, jobs: Sequence[Job], place: QPoint) -> None:
        """Open the menu of these jobs at a place on the screen."""
        first = jobs[0]
        menu = job_menu(
            self._parent,
            self._jobs.actions_for(jobs),
            retry_targets(first, self._jobs.services) if len(jobs) == 1 else (),
            retry_title(first),
            lambda offered: self._request_offered(offered, jobs, place),
            lambda target: self._request_retry(target, first, place),
            self._key_for,
        )
        menu.popup(place)

    def _request_offered(self, offered: OfferedAction, jobs: Sequence[Job], place: QPoint) -> None:
        """Do what the menu said. If jobs or price have changed while it was open, show what it says now."""
        current = [self._jobs.find(job.id) or job for job in jobs]
        if offered.action not in PAID or offered in self._jobs.actions_for(current):
            self._request(offered.action, _ids(jobs))
        else:
            self.open(current, place)

    def _request_retry(self, target: RetryTarget, job: Job, place: QPoint) -> None:
        """The same for a service of the menu."""
        current = self._jobs.find(job.id) or job
        if target in retry_targets(current, self._jobs.services):
            self._request(RetryOn(target.service), (job.id,))
        else:
            self.open([current], place)


def _ids(jobs: Sequence[Job]) -> tuple[JobId, ...]:
    return tuple(job.id for job in jobs)
