"""Tells from the pixels on the screen which frame of a clip a program has painted, and when."""

from __future__ import annotations

import time
from dataclasses import dataclass

from bench.frame_clips import STRIP_SHARE
from bench.x_screen import Rectangle, Screen
from frame_numbers import decode_row

#: Seconds between two looks, and those without a change after which a picture is the final one.
LOOK, STILL = 0.0005, 0.25
#: Seconds after which a picture counts as lost.
LIMIT = 6.0
#: Bands of the picture that are compared to tell a blurred picture from the exact one, and their rows.
_BANDS, _BAND_ROWS = 4, 4


class LostPicture(Exception):
    """A picture that was asked for has not come."""


@dataclass(frozen=True, slots=True)
class Painted:
    """Seconds after a moment."""

    right: float  # until the wanted frame was on the screen
    exact: float  # until its last change: a picture from the scrub proxy is replaced by the exact one


class PictureOnScreen:
    """The part of the screen in which a program paints the whole picture of a clip."""

    def __init__(self, screen: Screen, place: Rectangle) -> None:
        self._screen = screen
        row = place.y + place.height - place.height // STRIP_SHARE // 2
        self._strip = Rectangle(place.x, row, place.width, 1)
        self._bands = [
            Rectangle(place.x, place.y + place.height * (2 * band + 1) // (2 * _BANDS), place.width, _BAND_ROWS)
            for band in range(_BANDS)
        ]

    def frame(self) -> int | None:
        """The number of the frame on the screen, if one can be read."""
        return decode_row(self._screen.read(self._strip)[1::4])  # green is close to the luma

    def wait_for(self, frame: int, since: float) -> float:
        """Seconds from `since` until that frame is on the screen. Raises LostPicture if it does not come."""
        while True:
            seen, now = self.frame(), time.perf_counter()
            if seen == frame:
                return now - since
            if now - since > LIMIT:
                raise LostPicture(f"Frame {frame} was not painted within {LIMIT:g} s: frame {seen} is on the screen.")
            time.sleep(LOOK)

    def wait_for_exact(self, frame: int, since: float) -> Painted:
        """As `wait_for`, and until the pixels of that frame no longer change."""
        right = self.wait_for(frame, since)
        changed, before = time.perf_counter(), self.pixels()
        while (now := time.perf_counter()) - changed < STILL:
            pixels = self.pixels()
            if pixels != before:
                changed, before = now, pixels
            time.sleep(LOOK)
        if self.frame() != frame:
            raise LostPicture(f"Frame {frame} was replaced by frame {self.frame()}.")
        return Painted(right, max(right, changed - since))

    def pixels(self) -> bytes:
        """Some rows of the picture."""
        return b"".join(self._screen.read(band) for band in self._bands)
