"""Plays: asks for the pictures of the next tick, and shows them when it is due."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

from sora_desktop.domain.frames import FrameTimes
from sora_desktop.ui.player.asked_frames import MomentPictures
from sora_desktop.ui.player.play_clock import PlayClock, Timer
from sora_desktop.ui.player.play_range import Tick, next_tick

#: Seconds. After a longer stall, such as the sleep of the machine, playing goes on where it was.
_LONGEST_STALL = 1.0
#: After pictures that came late, those are asked for that are due after so many times what the late ones took, but not
#: later than so many seconds. With less, the next ones would be late as well as soon as decoding has no time to spare.
_LEAD, _LONGEST_LEAD = 2.0, 0.1


class Course(NamedTuple):
    """What is played."""

    tracks: Sequence[FrameTimes]
    bounds: tuple[int, int]  # start and end in microseconds
    loop: bool


class Ticker:
    """Late ticks are skipped and counted, never shown one after the other."""

    def __init__(
        self,
        now: Callable[[], float],
        timer: Callable[[Callable[[], None]], Timer],
        *,
        ask: Callable[[int], None],
        show: Callable[[int, MomentPictures], None],
        end: Callable[[], None],
        stalled: Callable[[], None],
    ) -> None:
        """`ask` asks for the pictures of a position, which are handed to `take`; `show` shows them there.

        `end` is called when the last frame has had its time, `stalled` when playing has stood still.
        """
        self.clock = PlayClock(now, timer, self._show_due)
        self._ask, self._show, self._end, self._stalled = ask, show, end, stalled
        self._course = Course((), (0, 0), False)
        self._rate = 1.0
        self._position = 0
        self._next: Tick | None = None
        self._ready: MomentPictures | None = None  # of the next tick, which is not due yet
        self._asked = 0.0  # when the pictures of the next tick were asked for, in seconds of the clock
        self._lead = 0.0  # seconds that the pictures of the next tick are given; 0 unless the last ones came late
        self.is_running = False
        self.shown = 0  # ticks
        self.missed = 0

    @property
    def position(self) -> int:
        """Microseconds in the clip that are reached now."""
        (start, end), position = self._course.bounds, self._position + self.clock.elapsed
        return position if position < end else start + (position - end) % (end - start)

    @property
    def direction(self) -> int:
        """In which frames are shown next: 1 or -1, and more for faster."""
        frame = min((max(times.end // times.frames, 1) for times in self._course.tracks), default=1)
        return round(math.copysign(max(math.ceil(self.clock.least / frame), 1), self._rate))

    def begin(self, course: Course, position: int, rate: float) -> None:
        """Play on from a position whose pictures are shown. A negative rate plays backward."""
        self.stop()
        self._course, self._position, self._rate = course, position, rate
        self.is_running = True
        self.clock.begin(abs(rate))
        self._plan()

    def stop(self) -> None:
        self.clock.stop()
        self.is_running, self._next, self._ready, self._lead = False, None, None, 0.0

    def change(self, course: Course) -> None:
        """Play something else from the next tick on."""
        self._course = course
        self._plan()

    def set_speed(self, rate: float) -> None:
        """Play faster or slower from now on, in the same direction."""
        self._rate = rate
        self.clock.set_speed(abs(rate))
        self.clock.wait()

    def take(self, pictures: MomentPictures, *, is_again: bool) -> bool:
        """Show pictures when they are due. `is_again`: they were there before. False if they are shown already."""
        if self._next is None or (is_again and self._ready is None):
            return False
        if self._ready is None:
            taken = self.clock.seconds - self._asked
            self._lead = min(_LEAD * taken, _LONGEST_LEAD) if self.clock.lateness > 0 else 0.0
        self._ready = pictures
        self._show_due()
        return True

    def _show_due(self) -> None:
        tick = self._next
        if not self.is_running:
            return
        if tick is None:
            self._end()
        elif self._ready is not None and self.clock.is_due:
            pictures, self._ready = self._ready, None
            self._position = tick.position
            self._show(tick.position, pictures)
            if self._next is tick:  # unless a receiver has moved the position
                self.clock.show()
                self._count()
                self._plan()

    def _count(self) -> None:
        """Count the pictures that are shown now: they are missed if the next ones are due already."""
        if self.clock.lateness > _LONGEST_STALL:
            self.clock.begin(abs(self._rate))
            self._stalled()
        following = self._tick_after(self._position)
        self.clock.advance(0 if following is None else following.after)
        is_late = following is not None and self.clock.lateness >= 0
        self.missed += is_late
        self.shown += not is_late

    def _plan(self) -> None:
        """Ask for the pictures of the next tick that can be reached in time. Those before it are missed."""
        self.clock.plan()
        tick = self._tick_after(self._position)
        while tick is not None:
            self.clock.advance(tick.after)
            following = self._tick_after(tick.position)
            if following is None or self.clock.lateness + self._lead < following.after / 1_000_000 / abs(self._rate):
                break
            self.missed += 1
            tick = following
        self._next, self._ready, self._asked = tick, None, self.clock.seconds
        if tick is not None:
            self._ask(tick.position)
        else:
            start, end = self._course.bounds
            self.clock.advance(max(self._position - start + 1 if self._rate < 0 else end - self._position, 0))
        self.clock.wait()

    def _tick_after(self, position: int) -> Tick | None:
        tracks, bounds, loop = self._course
        return next_tick(tracks, position, bounds, least=self.clock.least, backward=self._rate < 0, loop=loop)
