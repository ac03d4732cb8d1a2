"""Time from a key, a seek or a click until the right picture is painted: our player and mpv, in the same run."""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import threading
import time
from collections.abc import Iterable
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[2]))

from bench.decode_limits import decode_limits
from bench.figures import percentile
from bench.frame_clips import KIND_NAMES, ClipKind, chosen_kinds, make_clips
from bench.frame_timings import (
    SWEEP,
    SWEEPS,
    WARM,
    Player,
    lateness,
    scrub_positions,
    settle,
    time_to_open,
    times_to_seek,
    times_to_step,
    watched_frames,
)
from bench.mpv_player import MpvPlayer, mpv_player
from bench.own_player import OwnPlayer, own_player
from bench.virtual_display import managed_display

OPENINGS, STEPS, SEEKS = 10, 200, 20
#: Steps back of mpv, which may take two seconds for each: with 200 of them the three clips would take half an hour.
PEER_STEPS = 40
#: Pixels of the painted picture.
SIZE = (960, 540)
#: Percent of the frames that may be lost while playing backward.
MOST_LOST = 1.0
#: Milliseconds of a seek to the right frame, and exact pictures a second while scrubbing, by the lines of the clip.
SEEK_TARGET, SCRUB_TARGETS = 25.0, {720: 30.0, 1080: 20.0}
#: A seek to the exact pixels, as a multiple of mpv's.
SEEK_RATIO = 1.1


class Taken(NamedTuple):
    """Seconds that each player took, or a rate."""

    ours: list[float]
    peer: list[float]


class Report:
    """Prints the figures, and knows whether all targets were met."""

    def __init__(self) -> None:
        self.is_met = True

    def times(self, name: str, taken: Taken, targets: list[float], limit: str) -> None:
        """One line in milliseconds. The 90th percentile of ours must not exceed any of the targets, in milliseconds."""
        mine, theirs = (f"{_ms(each, 0.5):7.1f} {_ms(each, 0.9):7.1f}" if each else " " * 15 for each in taken)
        self._line(name, mine, theirs, _ms(taken.ours, 0.9) <= min(targets), f"≤ {min(targets):.1f}", limit)

    def rate(self, name: str, ours: float, peer: float | None, target: float, limit: str) -> None:
        """One line of something that must reach the target."""
        theirs = " " * 15 if peer is None else f"{peer:15.1f}"
        self._line(name, f"{ours:15.1f}", theirs, ours >= target, f"≥ {target:g}", limit)

    def _line(self, name: str, ours: str, peer: str, is_met: bool, target: str, limit: str) -> None:
        self.is_met &= is_met
        print(f"  {name:<34}{ours}   {peer}   {target:>9} {'met' if is_met else 'MISSED':<7} {limit}", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=Path, help="folder in which the clips are kept for the next run")
    parser.add_argument("--kind", action="append", choices=KIND_NAMES, help="measure only this clip")
    parser.add_argument("--steps", type=int, default=STEPS, help="steps of a held key, each way")
    parser.add_argument("--peer-steps", type=int, default=PEER_STEPS, help="steps back of mpv")
    parser.add_argument("--mpv-output", default="x11", help="mpv's --vo: x11 or gpu")
    chosen = parser.parse_args()
    report = Report()
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, ExitStack() as opened:
        ours = opened.enter_context(own_player(opened.enter_context(managed_display()), *SIZE))
        peer = opened.enter_context(mpv_player(opened.enter_context(managed_display()), *SIZE, chosen.mpv_output))
        print(f"{'milliseconds':<36}{'ours p50     p90':>15}   {'mpv p50     p90':>15}   {'target':>9}         limit")
        for kind in chosen_kinds(chosen.kind):
            (clip,) = make_clips(chosen.clips or Path(folder), kind)
            print(kind.name)
            _Measurement(ours, peer, clip, kind, report).run(chosen.steps, min(chosen.peer_steps, chosen.steps))
    return 0 if report.is_met else 1


class _Measurement:
    """All figures of one clip."""

    def __init__(self, ours: OwnPlayer, peer: MpvPlayer, clip: Path, kind: ClipKind, report: Report) -> None:
        self._ours, self._peer = ours, peer
        self._players: tuple[Player, Player] = (ours, peer)
        self._clip, self._kind, self._report = clip, kind, report
        self._limits = decode_limits(clip)
        self._frame_time = 1000 / kind.rate

    def run(self, steps: int, peer_steps: int) -> None:
        """Measure one after the other, ours and mpv alternately. `peer_steps`: of mpv's steps back."""
        self._measure_opening()
        self._measure_steps(steps, peer_steps)
        self._measure_reverse()
        self._measure_seeks()
        self._measure_scrubbing()

    def _measure_opening(self) -> None:
        """The first frame after a click, and seeks in the first two seconds after it."""
        opening, seeking = Taken([], []), Taken([], [])
        chances = random.Random(1), random.Random(1)
        for number in range(OPENINGS + 1):
            for side, player in enumerate(self._players):
                taken = time_to_open(player, self._clip, self._kind)
                began, found = time.perf_counter(), list[float]()
                for painted in times_to_seek(player, self._kind, chances[side]):
                    if time.perf_counter() - began > WARM and found:
                        break
                    found.append(painted.exact)
                if number:  # the first one is a warm-up
                    opening[side].append(taken)
                    seeking[side].extend(found)
        limit = f"open, decode one: {self._limits.first * 1000:.1f}"
        self._report.times("first frame", opening, [_ms(opening.peer, 0.9)], limit)
        self._report_exact_seeks("seek in the first 2 s, exact", seeking)

    def _report_exact_seeks(self, name: str, taken: Taken) -> None:
        limit = f"decode half a group: {self._limits.half_group * 1000:.0f}"
        self._report.times(name, taken, [SEEK_RATIO * _ms(taken.peer, 0.9)], limit)

    def _measure_steps(self, steps: int, peer_steps: int) -> None:
        forward = Taken(*(times_to_step(player, self._kind, steps, forward=True) for player in self._players))
        targets = [self._frame_time, _ms(forward.peer, 0.9)]
        self._report.times("step forward", forward, targets, f"decode one: {self._limits.frame * 1000:.1f}")
        counts = (steps, peer_steps)
        back = Taken(
            *(
                times_to_step(player, self._kind, count, forward=False)
                for player, count in zip(self._players, counts, strict=True)
            )
        )
        limit = "from the cache: 0" + (f"; mpv: {peer_steps} steps of {steps}" if peer_steps < steps else "")
        self._report.times("step back", back, [self._frame_time], limit)

    def _measure_reverse(self) -> None:
        """Playing backward from the end at normal speed, by our player alone."""
        last = self._kind.frames - 1
        settle(self._ours, last, self._kind)
        time.sleep(WARM)
        self._ours.screen.press("j")
        seen = watched_frames(self._ours, (self._kind.frames - 10) / self._kind.rate)
        self._ours.screen.press("k")
        found = lateness(seen, self._kind.rate, step=-1)
        limit = f"{found.missed} of {found.frames} frames lost; decoded: {1 / self._limits.frame:.0f} a second"
        self._report.times("1x reverse, lateness", Taken(found.late, []), [self._frame_time], limit)
        shown = 100 * (found.frames - found.missed) / found.frames
        self._report.rate("1x reverse, % of frames shown", shown, None, 100 - MOST_LOST, "")

    def _measure_seeks(self) -> None:
        """Random seeks, from two seconds after opening."""
        seeks = [times_to_seek(player, self._kind, random.Random(2)) for player in self._players]
        right, exact = Taken([], []), Taken([], [])
        for _ in range(SEEKS):
            for side, each in enumerate(seeks):
                painted = next(each)
                right[side].append(painted.right)
                exact[side].append(painted.exact)
        self._report.times("seek, right frame", right, [SEEK_TARGET], "from the cache or proxy: 0")
        self._report_exact_seeks("seek, exact", exact)

    def _measure_scrubbing(self) -> None:
        """Exact pictures a second while the pointer drags from one end to the other and back."""
        strip, screen = self._ours.strip, self._ours.screen
        left, middle = strip.x + 1, strip.y + strip.height // 2
        screen.move_pointer(left, middle)
        self._ours.paints()
        screen.press_button(is_down=True)
        began = time.perf_counter()
        for share in scrub_positions():
            screen.move_pointer(left + round(share * (strip.width - 2)), middle)
        seconds = time.perf_counter() - began
        paints = self._ours.paints()
        screen.move_pointer(left, middle)
        last = self._ours.picture.wait_for_exact(0, time.perf_counter()).exact * 1000
        screen.press_button(is_down=False)
        mine = _changes(paint.frame for paint in paints if paint.is_exact) / seconds
        small = _changes(paint.frame for paint in paints) / seconds - mine
        limit = (
            f"and {small:.0f} small ones, the last one exact after {last:.0f} ms; decoded: {1 / self._limits.frame:.0f}"
        )
        target = SCRUB_TARGETS[self._kind.height]
        self._report.rate("scrubbing, exact pictures a second", mine, self._scrubbed_by_peer() / seconds, target, limit)

    def _scrubbed_by_peer(self) -> int:
        """Pictures that mpv shows while the same positions are sought."""
        seen = list[tuple[float, int]]()
        watch = threading.Thread(target=lambda: seen.extend(watched_frames(self._peer, SWEEP * SWEEPS)))
        watch.start()
        for share in scrub_positions():
            self._peer.seek(round(share * (self._kind.frames - 1)), self._kind)
        watch.join()
        return len(seen)


def _changes(frames: Iterable[int]) -> int:
    return sum(one != other for one, other in pairwise(frames))


def _ms(taken: list[float], share: float) -> float:
    return percentile(taken, share) * 1000


if __name__ == "__main__":
    raise SystemExit(main())
