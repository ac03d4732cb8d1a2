"""How far a rendering may go, so that its clip grows while its time passes and a stop finds it unfinished."""

from __future__ import annotations

import math
import threading


class RenderPace:
    """Shared by the thread that renders and by what lets it go on or stops it."""

    def __init__(self, allowed: float = math.inf) -> None:
        """`allowed`: the number of pictures that may be rendered for now."""
        self._changed = threading.Condition()
        self._allowed = allowed
        self._is_stopped = False
        self._rendered = 0

    @property
    def rendered(self) -> int:
        """Pictures that are in the clip so far."""
        return self._rendered

    @property
    def is_stopped(self) -> bool:
        """Whether nothing more is rendered."""
        return self._is_stopped

    def allow(self, pictures: float) -> None:
        """Let that many pictures be rendered in all."""
        with self._changed:
            self._allowed = pictures
            self._changed.notify_all()

    def stop(self) -> None:
        """Let the thread end before its next picture."""
        with self._changed:
            self._is_stopped = True
            self._changed.notify_all()

    def is_due(self, number: int) -> bool:
        """Whether `admits` returns at once."""
        return self._is_stopped or number < self._allowed

    def admits(self, number: int) -> bool:
        """Wait until the picture of that number, from 0, may be rendered. False: it is stopped."""
        with self._changed:
            self._rendered = number
            self._changed.wait_for(lambda: self.is_due(number))
            return not self._is_stopped
