"""The button below the state of a job without a clip. It does what the link in the job's row does."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from sora_desktop.domain.job import Job
from sora_desktop.state.actions import PAID
from sora_desktop.state.row_text import RowLink
from sora_desktop.ui.actions.action_table import row_id
from sora_desktop.ui.library.link_guard import UNSEEN
from sora_desktop.ui.widgets.spend_button import SpendButton


class MessageLink(SpendButton):
    """Hidden while it is for no job.

    If it spends, a press does nothing at first after it has come or changed: it was meant for what stood there before.
    """

    followed = Signal(object, object)  # Job, RowLink as shown

    def __init__(self, view: QWidget, now: Callable[[], float] = time.monotonic) -> None:
        """`now` is in seconds of a clock that is never set."""
        super().__init__("", view)
        self._now = now
        self._shown: tuple[Job, RowLink] | None = None
        self._unseen_until = 0.0
        self.setObjectName("messageLink")
        self.setAutoDefault(False)
        self.hide()
        self.clicked.connect(lambda _: self._follow())

    def show_link(self, job: Job, link: RowLink | None) -> None:
        """Show what is offered for a job; None, or a link that leaves a choice to the user: nothing."""
        if link is None or link.action is None:
            self.clear()
            return
        before, self._shown = self._shown, (job, link)
        if before is None or (before[0].id, before[1]) != (job.id, link):
            self._unseen_until = self._now() + UNSEEN if link.action in PAID else 0.0
            self.setText(link.label.replace("&", "&&"))
            self.setProperty("action", row_id(link.action))

    def clear(self) -> None:
        """Be for no job."""
        self._shown = None

    @property
    def is_for_job(self) -> bool:
        return self._shown is not None

    def _follow(self) -> None:
        if self._shown is not None and self._now() >= self._unseen_until:
            self.followed.emit(*self._shown)
