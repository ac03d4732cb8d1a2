"""What is measured of a player: seconds from a key, a seek or a click until the right picture is on the screen."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from bench.frame_clips import ClipKind
from bench.painted import LOOK, LostPicture, Painted, PictureOnScreen

#: Seconds after opening from which on seeks count as late ones.
WARM = 2.0
#: Seconds between two keys while one is held down.
KEY_REPEAT = 1 / 30
#: Seconds that mpv needs after it has painted a picture: it ignores a key that comes sooner.
_AFTER_PICTURE = 0.005
#: Pointer positions a second while scrubbing, and seconds from one end of the clip to the other.
_POSITIONS, SWEEP = 125, 2.0
SWEEPS = 2
_TRIES = 3


class Player(Protocol):
    """A player that can be measured. It is paused."""

    @property
    def picture(self) -> PictureOnScreen:
        """What it has painted."""

    def open(self, clip: Path, kind: ClipKind) -> None:
        """Begin to open a clip."""

    def seek(self, frame: int, kind: ClipKind) -> None:
        """Begin an exact seek."""

    def step_forward(self) -> None:
        """Press the key."""

    def step_back(self) -> None:
        """Press the key."""


@dataclass(frozen=True, slots=True)
class Lateness:
    """How regularly frames came that were due one after the other."""

    late: list[float]  # seconds of each frame after the first one, compared with an even pace
    missed: int  # frames that never came
    frames: int


def settle(player: Player, frame: int, kind: ClipKind) -> None:
    """Seek until the frame is on the screen. mpv sometimes does not paint it: it is asked again then."""
    for _ in range(_TRIES):
        player.seek(frame, kind)
        with suppress(LostPicture):
            player.picture.wait_for_exact(frame, time.perf_counter())
            return
    raise SystemExit(f"{type(player).__name__} does not paint frame {frame}.")


def time_to_open(player: Player, clip: Path, kind: ClipKind) -> float:
    """Seconds until the first frame is painted. Another frame has to be on the screen before."""
    away = kind.frames // 3
    if player.picture.frame() == 0:
        player.seek(away, kind)
        settle(player, away, kind)
    began = time.perf_counter()
    player.open(clip, kind)
    return player.picture.wait_for(0, began)


def times_to_step(player: Player, kind: ClipKind, steps: int, *, forward: bool) -> list[float]:
    """Seconds from each key to its picture, of a key held down.

    Keys repeat at an even pace; those that come before the picture of the one before are left out.
    """
    first = (kind.frames - steps) // 2 if forward else (kind.frames + steps) // 2
    settle(player, first, kind)
    time.sleep(WARM)
    taken = []
    for number in range(1, steps + 1):
        began, frame = time.perf_counter(), first + number if forward else first - number
        player.step_forward() if forward else player.step_back()
        try:
            taken.append(player.picture.wait_for(frame, began))
        except LostPicture as lost:
            print(f"  {type(player).__name__}, step: {lost}")
            settle(player, frame, kind)
        passed = time.perf_counter() - began + _AFTER_PICTURE
        time.sleep(KEY_REPEAT - passed % KEY_REPEAT + _AFTER_PICTURE)
    return taken


def times_to_seek(player: Player, kind: ClipKind, chance: random.Random) -> Iterator[Painted]:
    """Endless random seeks, each begun after the one before has ended."""
    before = None
    while True:
        frame = chance.randrange(kind.frames)
        if frame == before:
            continue
        before, began = frame, time.perf_counter()
        player.seek(frame, kind)
        try:
            found = player.picture.wait_for_exact(frame, began)
        except LostPicture as lost:
            print(f"  {type(player).__name__}, seek: {lost}")
            settle(player, frame, kind)
        else:
            yield found


def scrub_positions() -> Iterator[float]:
    """Where the pointer is, from 0 to 1 and back, each at its time."""
    began, length = time.perf_counter(), SWEEP * SWEEPS
    for number in range(int(length * _POSITIONS)):
        time.sleep(max(0.0, began + number / _POSITIONS - time.perf_counter()))
        share = number / _POSITIONS / SWEEP % 2
        yield share if share < 1 else 2 - share


def watched_frames(player: Player, seconds: float) -> list[tuple[float, int]]:
    """When each frame that comes was first seen."""
    seen = list[tuple[float, int]]()
    end = time.perf_counter() + seconds
    while (now := time.perf_counter()) < end:
        frame = player.picture.frame()
        if frame is not None and (not seen or seen[-1][1] != frame):
            seen.append((now, frame))
        time.sleep(LOOK)
    return seen


def lateness(seen: list[tuple[float, int]], rate: float, *, step: int) -> Lateness:
    """Compares frames with an even pace: `step` is 1 forward and -1 backward."""
    first = seen[0][1]
    places = [(at, (frame - first) * step) for at, frame in seen]
    offsets = [at - place / rate for at, place in places]
    frames = places[-1][1] + 1
    return Lateness([offset - min(offsets) for offset in offsets], frames - len(places), frames)
