"""The button below the state of a job without a clip. It does what the link in the job's row does."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple

from PySide6.QtCore import QEvent, QPoint, Signal
from PySide6.QtGui import QMouseEvent, QShowEvent
from PySide6.QtWidgets import QWidget

from sora_desktop.domain.job import Job
from sora_desktop.state.row_text import RowLink
from sora_desktop.ui.library.link_guard import UNSEEN, PlacedLink
from sora_desktop.ui.widgets.spend_button import SpendButton


class JobLink(NamedTuple):
    """What can be done with a job without a clip."""

    job: Job
    link: RowLink


class MessageLink(SpendButton):
    """If it spends, it has to be seen before it is pressed: a press at first was meant for what stood there before.

    A pointer that rests on it after that spends once.
    """

    followed = Signal(object, object, QPoint)  # Job, RowLink as shown, and where a menu about it belongs on the screen

    def __init__(self, view: QWidget, now: Callable[[], float] = time.monotonic) -> None:
        """`now` is in seconds of a clock that is never set."""
        super().__init__("", view)
        self._now = now
        self._offered: JobLink | None = None
        self._pressed: PlacedLink | None = None
        self._unseen_until = 0.0
        self._has_spent = False  # since the pointer has come
        self.setObjectName("messageLink")
        self.setAutoDefault(False)
        self.hide()
        self.pressed.connect(self._note_press)
        self.clicked.connect(lambda _: self._follow())

    def offer(self, offered: JobLink | None) -> None:
        """What the button does from now on. The caller shows and hides it."""
        before = self._placed
        self._offered = offered
        if offered is not None and self._placed != before:
            self.setText(offered.link.label.replace("&", "&&"))
            self._begin_to_be_seen()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._begin_to_be_seen()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if not self._has_spent:
            super().mousePressEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._has_spent = False

    @property
    def _placed(self) -> PlacedLink | None:
        return None if self._offered is None else PlacedLink(self._offered.job.id, self._offered.link)

    @property
    def _spends(self) -> bool:
        return self._placed is not None and self._placed.spends

    def _begin_to_be_seen(self) -> None:
        self._unseen_until = self._now() + UNSEEN
        self._has_spent = False

    def _note_press(self) -> None:
        is_seen = not self._spends or self._now() >= self._unseen_until
        self._pressed = self._placed if is_seen else None

    def _follow(self) -> None:
        pressed, self._pressed = self._pressed, None
        if self._offered is not None and pressed == self._placed:
            self._has_spent = self._spends and self.underMouse()
            self.followed.emit(*self._offered, self.mapToGlobal(self.rect().bottomLeft()))
