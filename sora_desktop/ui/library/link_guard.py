"""Decides which clicks on the links of rows count: one that spends has to be seen, and counts once."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from PySide6.QtCore import QPoint

from sora_desktop.domain.job import JobId
from sora_desktop.state.actions import PAID
from sora_desktop.state.row_text import RowLink

#: Pixels by which the pointer has moved on purpose.
MOVED = 4

#: Seconds in which a link that spends cannot be pressed after it has come under a pointer that rests, or a button that
#: does the same after it has come.
UNSEEN = 1.0


class PlacedLink(NamedTuple):
    """The link of one job's row."""

    id: JobId
    link: RowLink

    @property
    def spends(self) -> bool:
        return self.link.action in PAID


class LinkGuard:
    """Follows pointer, rows and clicks. A link of None: there is none at that place."""

    def __init__(self, now: Callable[[], float]) -> None:
        """`now` is in seconds of a clock that is never set."""
        self._now = now
        self._at_pointer: PlacedLink | None = None
        self._unseen_until = 0.0  # no link that spends can be pressed before
        self._pressed: PlacedLink | None = None
        #: Where a link that spends was followed last, until the pointer is moved: the next click asks for nothing.
        self._spent_at: QPoint | None = None

    def note_seen(self, link: PlacedLink | None) -> None:
        """The user has moved the pointer or the rows, and sees what is under the pointer."""
        self._at_pointer = link
        self._unseen_until = 0.0

    def note_change(self, link: PlacedLink | None) -> None:
        """The rows have changed under a pointer that rests."""
        if link != self._at_pointer:
            self._at_pointer = link
            self._unseen_until = self._now() + UNSEEN

    def leave(self) -> None:
        """The pointer has left the rows."""
        self._at_pointer = None

    def move(self, point: QPoint) -> None:
        """The pointer is at this point now."""
        if self._spent_at is not None and (point - self._spent_at).manhattanLength() > MOVED:
            self._spent_at = None

    def press(self, link: PlacedLink | None) -> None:
        """The left button was pressed."""
        unseen = self._spent_at is not None or self._now() < self._unseen_until
        self._pressed = None if link is not None and link.spends and unseen else link

    def cancel(self) -> None:
        """What was pressed is not followed: another button, or the second press of a double click."""
        self._pressed = None

    def release(self, link: PlacedLink | None, point: QPoint) -> bool:
        """The left button was released; True if the link is to be followed."""
        pressed, self._pressed = self._pressed, None
        if link is None or link != pressed:
            return False
        self._spent_at = point if link.spends else None
        return True
