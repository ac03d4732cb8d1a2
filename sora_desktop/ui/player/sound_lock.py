"""Keeps the sound of a clip with its pictures."""

from __future__ import annotations

from collections.abc import Callable

from sora_desktop.domain.frames import SoundRead
from sora_desktop.ui.player.frame_source import FrameSet
from sora_desktop.ui.player.play_clock import PlayClock
from sora_desktop.ui.player.sound import SoundPlayer, SoundSystem

#: Seconds between sound and pictures up to which the pictures follow. A device that is farther away counts wrong.
_LONGEST_DRIFT = 0.5
#: Share of that distance by which a tick is shifted, and the largest shift in seconds: nobody sees it.
_SHIFT, _LARGEST_SHIFT = 0.1, 0.002
#: Seconds of distance that are noticed: the sound was interrupted, and half of it is made up for at once. Devices count
#: in blocks of up to 40 ms.
_NOTICED, _LEAP = 0.06, 0.5


class SoundLock:
    """Plays one stream of sound at a time. The pictures follow it gently; without sound, they keep to the clock."""

    def __init__(self, clock: PlayClock, system: SoundSystem, interrupted: Callable[[], None]) -> None:
        """`interrupted` is called when there is a device again after a time without one: `start` plays on it."""
        self._clock = clock
        self._frames: FrameSet | None = None
        self._stream = 0
        self._began = 0.0  # seconds of the clock
        self.device = SoundPlayer(self._request, system)
        self.device.interrupted.connect(interrupted)

    def start(self, frames: FrameSet, clip: int, *, at: int, bounds: tuple[int, int], speed: float, loop: bool) -> None:
        """Play the sound of a clip from now on. `at` and `bounds` are microseconds of the clip."""
        self._frames = frames
        self._stream += 1
        self._began = self._clock.seconds
        first, last = bounds
        frames.start_sound(clip, self._stream, start=at, speed=speed, first=first, last=last if loop else None)
        self.device.start(self._stream, self._elapsed)

    def stop(self) -> None:
        """Be silent."""
        self.device.stop()
        self._frames = None

    def receive(self, read: SoundRead) -> None:
        self.device.receive(read)

    def follow(self) -> None:
        """Show the pictures a little earlier or later if the sound is not where they are."""
        heard = self.device.heard
        if heard is None:
            return
        ahead = heard - self._elapsed()
        if abs(ahead) > _LONGEST_DRIFT:
            return
        if abs(ahead) > _NOTICED:
            self._clock.shift(-ahead * _LEAP)
        else:
            self._clock.shift(-max(-_LARGEST_SHIFT, min(ahead * _SHIFT, _LARGEST_SHIFT)))

    def _elapsed(self) -> float:
        """Seconds for which the pictures have been playing since the stream began."""
        return self._clock.seconds - self._began

    def _request(self, stream: int, samples: int) -> None:
        if self._frames is not None:
            self._frames.read_sound(stream, samples)
