"""Four clips in frame lock: ticks shown in time, the same moment in all panes, and the time to flip."""

from __future__ import annotations

import argparse
import contextlib
import statistics
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path
from typing import cast

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[2]))

from bench.decode_limits import frames_a_second
from bench.figures import percentile, verdict
from bench.frame_clips import KIND_NAMES, STRIP_SHARE, ClipKind, chosen_kinds, make_clips
from bench.painted import LOOK, PictureOnScreen
from bench.virtual_display import managed_display
from bench.window_lines import ControlledWindow, controlled_window, facts_of
from bench.x_screen import Rectangle, Screen
from frame_numbers import decode_row

CLIPS, SECONDS, SAMPLES, FLIPS = 4, 30.0, 200, 40
#: Percent of the ticks that have to be shown in time.
TARGETS = {"720p24": 100.0, "1080p30": 99.0, "1080p60": 90.0}
#: Moments that the looks at the playing panes have to see at least: panes that stand still are in lock too.
MOMENTS = 50
#: Milliseconds from the key to the other clip's picture.
FLIP_TARGET = 16.0
#: Seconds until the clips are open and what is ahead is decoded, and until a key may follow another one.
_SETTLING, _PAUSE = 3.0, 0.1


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=Path, help="folder in which the clips are kept for the next run")
    parser.add_argument("--kind", action="append", choices=KIND_NAMES, help="measure only these clips")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="how long each kind of clip is played")
    chosen = parser.parse_args()
    met = True
    program = Path(__file__).with_name("compare_window.py")
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as folder,
        managed_display() as environ,
        contextlib.closing(Screen(environ["DISPLAY"])) as screen,
        controlled_window(program, environ) as window,
    ):
        for kind in chosen_kinds(chosen.kind):
            clips = make_clips(chosen.clips or Path(folder), kind, CLIPS)
            met = _measure(window, screen, clips, kind, chosen.seconds) and met
    return 0 if met else 1


def _measure(window: ControlledWindow, screen: Screen, clips: list[Path], kind: ClipKind, seconds: float) -> bool:
    limits = [frames_a_second(clips)]  # before the window decodes
    window.send("mode", "side_by_side")
    window.send("open", [str(clip) for clip in clips], [facts_of(clip, kind) for clip in clips])
    time.sleep(_SETTLING)
    places = [Rectangle(*map(int, each)) for each in window.ask("places")]
    name = f"{CLIPS} x {kind.name}"
    shown, missed, painted = _played(window, screen, places, seconds)
    rate = len(painted) / seconds
    found = f"{shown} ticks in time, {missed} missed, {rate:.1f} moments painted a second"
    met = verdict(
        f"{name}, % of ticks in time", 100 * shown / max(shown + missed, 1), TARGETS[kind.measure], at_most=False
    )
    longest = max((after - at for at, after in pairwise(painted)), default=seconds)
    print(f"  {found}; longest pause {longest * 1000:.0f} ms")
    met = _check_lock(window, screen, places, name) and met
    window.send("mode", "flip")
    time.sleep(1.0)
    (place, *_) = (Rectangle(*map(int, each)) for each in window.ask("places"))
    flips = [_time_to_flip(screen, PictureOnScreen(screen, place)) for _ in range(FLIPS)]
    print(f"  flip: median {statistics.median(flips) * 1000:.1f} ms, longest {max(flips) * 1000:.1f} ms")
    window.send("close")
    limits.append(frames_a_second(clips))
    found = " and ".join(f"{limit:.0f}" for limit in limits)
    print(f"  decoding alone, before and after: {found} frames a second; all clips need {CLIPS * kind.rate:g}")
    return verdict(f"{name}, flip, ms (p90)", percentile(flips, 0.9) * 1000, FLIP_TARGET, at_most=True) and met


def _played(
    window: ControlledWindow, screen: Screen, places: list[Rectangle], seconds: float
) -> tuple[int, int, list[float]]:
    """Play, looped: ticks shown in time and missed, and the times at which other frames were painted."""
    before = window.ask("ticks")
    screen.press("space")
    time.sleep(seconds)
    after = window.ask("ticks")
    screen.press("space")
    times, last = list[float](), list[int]()
    for at, frames in cast("list[tuple[float, list[int]]]", after[2]):
        if frames != last:
            times.append(at)
        last = frames
    shown, missed = (int(cast(float, after[which])) - int(cast(float, before[which])) for which in (0, 1))
    return shown, missed, times


def _check_lock(window: ControlledWindow, screen: Screen, places: list[Rectangle], name: str) -> bool:
    """Read all panes in one piece while the clips play: they must show the same frame."""
    left, top = min(place.x for place in places), min(place.y for place in places)
    right, bottom = (max(place.x + place.width for place in places), max(place.y + place.height for place in places))
    whole = Rectangle(left, top, right - left, bottom - top)
    time.sleep(_PAUSE)  # two keys in one millisecond are one that is held down
    screen.press("space")
    differing, moments = 0, set[int | None]()
    for _ in range(SAMPLES):
        pixels = screen.read(whole)
        frames = {_frame_in(pixels, whole, place) for place in places}
        differing += len(frames) != 1
        moments |= frames
        time.sleep(0.02)
    screen.press("space")
    is_moving = verdict(f"{name}, moments seen in {SAMPLES} looks", len(moments), MOMENTS, at_most=False)
    return verdict(f"{name}, looks with other frames", differing, 0, at_most=True) and is_moving and None not in moments


def _frame_in(pixels: bytes, whole: Rectangle, place: Rectangle) -> int | None:
    row = place.y - whole.y + place.height - place.height // STRIP_SHARE // 2
    start = (row * whole.width + place.x - whole.x) * 4
    return decode_row(pixels[start + 1 : start + place.width * 4 : 4])


def _time_to_flip(screen: Screen, picture: PictureOnScreen) -> float:
    """Seconds from the key until the pixels are others."""
    time.sleep(_PAUSE)
    before, began = picture.pixels(), time.perf_counter()
    screen.press("Tab")
    while picture.pixels() == before:
        if time.perf_counter() - began > 1.0:
            raise SystemExit("The key has not flipped the clips.")
        time.sleep(LOOK)
    return time.perf_counter() - began


if __name__ == "__main__":
    raise SystemExit(main())
