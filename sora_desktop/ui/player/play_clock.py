"""When the next tick of playing is due."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil
from typing import Protocol

from PySide6.QtCore import Qt, QTimer

#: Seconds between two ticks at least: no screen shows more. A faster clip, or speed, shows fewer of its frames.
SHORTEST = 0.015
#: Seconds by which a tick may come early.
_EARLY = 0.0005


class Timer(Protocol):
    """Calls a function once after a time."""

    def start(self, seconds: float) -> None:
        """Start again if it runs."""

    def stop(self) -> None: ...


class QtTimer:
    """A timer of the window's thread."""

    def __init__(self, call: Callable[[], None]) -> None:
        self._timer = QTimer()
        self._timer.setSingleShot(True)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(call)

    def start(self, seconds: float) -> None:
        self._timer.start(max(ceil((seconds - _EARLY) * 1000), 0))

    def stop(self) -> None:
        self._timer.stop()


class PlayClock:
    """The moment at which the picture shown was due, and the one at which the next will be. In seconds of the clock."""

    def __init__(
        self, now: Callable[[], float], timer: Callable[[Callable[[], None]], Timer], due: Callable[[], None]
    ) -> None:
        """`due` is called when the next tick is due after `wait`."""
        self._now = now
        self._timer = timer(due)
        self._speed = 1.0
        self._shown = self._due = now()
        self._shifted = 0.0

    @property
    def seconds(self) -> float:
        """Seconds of the clock, minus what was shifted."""
        return self._now() - self._shifted

    def begin(self, speed: float) -> None:
        """The picture shown is due now. `speed` is positive."""
        self._speed = speed
        self._shown = self._due = self._now()

    def stop(self) -> None:
        self._timer.stop()

    def set_speed(self, speed: float) -> None:
        """What is left until the next tick takes more or less time from now on."""
        now = self._now()
        factor = self._speed / speed
        self._speed = speed
        self._shown, self._due = now - (now - self._shown) * factor, now + (self._due - now) * factor

    def plan(self) -> None:
        """Plan the next tick from the picture shown."""
        self._due = self._shown

    def advance(self, microseconds: int) -> None:
        """The next tick is so much later in the clip."""
        self._due += microseconds / 1_000_000 / self._speed

    def show(self) -> None:
        """The picture that was due is shown."""
        self._shown = self._due

    def shift(self, seconds: float) -> None:
        """Show everything so much later."""
        self._shown += seconds
        self._due += seconds
        self._shifted += seconds

    def wait(self) -> None:
        """Call when the next tick is due."""
        self._timer.start(max(self._due - self._now(), 0.0))

    @property
    def is_due(self) -> bool:
        return self._now() >= self._due - _EARLY

    @property
    def lateness(self) -> float:
        """Seconds since the next tick was due; negative before."""
        return self._now() - self._due

    @property
    def elapsed(self) -> int:
        """Microseconds that have been played since the picture shown was due."""
        return max(round((self._now() - self._shown) * self._speed * 1_000_000), 0)

    @property
    def least(self) -> int:
        """Microseconds of the clip from one tick to the next, at least."""
        return round(SHORTEST * self._speed * 1_000_000)
