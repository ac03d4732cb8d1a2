"""Playback shows the frame of the moment: exactly when paused, and in time when playing."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pytest
from decoding_frames import DecodingFrames
from fake_frames import FakeClock, FakeFrames, FakeOutput, FakeOutputs, times_of
from hypothesis import given
from hypothesis import strategies as st
from pytestqt.qtbot import QtBot

from sora_desktop.domain.frames import FrameTimes, Picture, ReadClip
from sora_desktop.ui.player import sound
from sora_desktop.ui.player.play_range import Jump, PlayRange, next_tick, timeline_of
from sora_desktop.ui.player.playback import Playback, PlaybackState

FRAME = 1 / 24  # seconds


class Rig:
    """A playback of scripted clips. `moments` are the frames shown, with the seconds since `mark`."""

    def __init__(self, *times: FrameTimes, output: FakeOutput | None = None, has_sound: bool = True) -> None:
        self.clock = FakeClock()
        self.source = FakeFrames(self.clock, *(times or (times_of(240, 24),)), has_sound=has_sound)
        self.output = output
        self.playback = Playback(self.source, now=self.clock.now, timer=self.clock.timer, sound=output)
        self.moments: list[tuple[float, tuple[int | None, ...]]] = []
        self.states: list[PlaybackState] = []
        self.errors: list[tuple[int, str]] = []
        self._mark = self.clock.time
        self.playback.pictures_shown.connect(self._add)
        self.playback.state_changed.connect(self.states.append)
        self.playback.failed.connect(lambda clip, message: self.errors.append((clip, message)))

    def open(self, clips: int = 1, **where: int) -> None:
        self.playback.open([ReadClip(Path(f"{n}.mp4")) for n in range(clips)], **where)
        self.wait(0.01)
        self.mark()

    def wait(self, seconds: float) -> None:
        self.clock.advance(seconds)

    def mark(self) -> None:
        self.moments.clear()
        self._mark = self.clock.time

    @property
    def frames(self) -> list[int | None]:
        """Of the first clip."""
        return [frames[0] for _, frames in self.moments]

    @property
    def asked(self) -> list[tuple[int, ...]]:
        return [request.frames for request in self.source.sets[-1].shown]

    def _add(self, pictures: Sequence[Picture | None]) -> None:
        shown = tuple(None if picture is None else picture.frame for picture in pictures)
        self.moments.append((round(self.clock.time - self._mark, 4), shown))


@pytest.fixture
def rig(qtbot: QtBot) -> Rig:
    rig = Rig()
    rig.open()
    return rig


def test_a_clip_opens_paused_at_the_frame_asked_for(rig: Rig) -> None:
    rig.playback.open([ReadClip(Path("a.mp4"))], frame=30)
    rig.wait(0.01)
    assert rig.frames == [30] and rig.playback.frame == 30 and rig.playback.state is PlaybackState.PAUSED
    assert rig.playback.seconds == 1.25


def test_every_frame_is_shown_when_it_is_due(rig: Rig) -> None:
    rig.playback.play()
    rig.wait(2.001)
    assert rig.frames == list(range(1, 49))
    assert all(abs(at - frame * FRAME) < 0.001 for at, (frame,) in rig.moments if frame is not None)
    assert (rig.playback.ticks_shown, rig.playback.ticks_missed) == (48, 0)


def test_playing_backward_shows_every_frame_when_it_is_due(rig: Rig) -> None:
    rig.playback.seek(30)
    rig.wait(0.01)
    rig.mark()
    rig.playback.shuttle(forward=False)
    rig.wait(1.01)
    assert rig.frames == list(range(29, 5, -1))
    assert all(abs(at - (30 - frame) * FRAME) < 0.001 for at, (frame,) in rig.moments if frame is not None)
    rig.playback.pause()
    rig.wait(0.01)
    assert rig.playback.frame == 6 == rig.frames[-1]


def test_late_frames_are_skipped_and_counted_and_do_not_delay_the_next_ones(rig: Rig) -> None:
    rig.playback.play()
    rig.wait(3.5 * FRAME)
    rig.source.delay = 3.3 * FRAME
    rig.wait(1.2 * FRAME)  # the frame that is asked for now comes late
    rig.source.delay = 0.002
    rig.mark()
    rig.wait(10 * FRAME)
    frames = [frame for frame in rig.frames if frame is not None]
    assert frames[0] == 5 and frames[1] > 6 and frames[1:] == list(range(frames[1], frames[-1] + 1))
    assert rig.playback.ticks_missed == frames[1] - 5
    assert frames[-1] == 14


def test_a_decoder_that_is_too_slow_shows_what_it_can_at_the_right_time(rig: Rig) -> None:
    rig.source.delay = 0.1
    rig.playback.play()
    rig.wait(5.0)
    last_at, (last,) = rig.moments[-1]
    assert last is not None and abs(last - last_at * 24) < 4 and len(rig.moments) > 40


def ticks_in_time(load: float, *, seconds: int, stopped_after: int | None = None) -> list[float]:
    """Share of the ticks in each second, of 60 frames. `load`: the part of a frame's time that decoding it takes.

    After one of the seconds nothing is decoded for 0.3 s.
    """
    clock = FakeClock()
    source = DecodingFrames(clock, 60 * (seconds + 2), 60, load / 60)
    playback = Playback(source, now=clock.now, timer=clock.timer)
    playback.open([ReadClip(Path("a.mp4"))])
    clock.advance(0.05)
    playback.play()
    shares = []
    for second in range(seconds):
        if second == stopped_after:
            source.stop(0.3)
        before = playback.ticks_shown
        clock.advance(1.0)
        shares.append((playback.ticks_shown - before) / 60)
    return shares


@pytest.mark.parametrize(("load", "least"), [(0.8, 0.5), (1.0, 0.3)])
def test_a_decoder_without_time_to_spare_is_soon_in_time_again_after_a_stall(
    qtbot: QtBot, load: float, least: float
) -> None:
    before, stalled, *after = ticks_in_time(load, seconds=4, stopped_after=1)
    assert before == 1.0 and stalled >= least and after == [1.0, 1.0]


@pytest.mark.parametrize(("load", "least"), [(1.1, 0.6), (1.3, 0.33)])
def test_a_decoder_that_cannot_keep_up_shows_a_part_of_the_frames_in_time(
    qtbot: QtBot, load: float, least: float
) -> None:
    """Asked for each frame after one that came late, it would give all of them late."""
    assert sum(ticks_in_time(load, seconds=4)) / 4 > least


def test_after_a_long_stall_it_goes_on_where_it_was(rig: Rig) -> None:
    rig.playback.play()
    rig.wait(0.5)
    frame = rig.playback.frame
    rig.clock.time += 3605.0  # no multiple of the clip's 10 s
    rig.mark()
    rig.wait(2 * FRAME)
    assert rig.frames and all(each is not None and each <= frame + 4 for each in rig.frames)
    assert rig.playback.ticks_missed <= 1
    _, again = rig.source.sets[-1].sounds
    assert isinstance(again["start"], int)
    assert abs(again["start"] / 1e6 - frame * FRAME) < 2 * FRAME, "the sound goes on where the pictures do"


def test_pause_stays_at_the_frame_shown_although_the_next_one_is_there(rig: Rig) -> None:
    rig.playback.play()
    rig.wait(4.5 * FRAME)
    rig.playback.pause()
    rig.wait(1.0)
    assert rig.playback.frame == 4 and set(rig.frames[4:]) <= {4}
    rig.source.sets[-1].send([4])  # in another size
    assert rig.frames[-1] == 4


def test_steps_faster_than_the_decoder_all_count(rig: Rig) -> None:
    for _ in range(7):
        rig.playback.step(1)
    rig.wait(0.1)
    assert rig.playback.frame == 7
    assert rig.source.sets[-1].shown[-1].direction == 1
    rig.playback.step(-3)
    rig.wait(0.1)
    assert rig.frames[-1] == 4 and rig.source.sets[-1].shown[-1].direction == -1
    rig.playback.step(-100)
    rig.playback.step(1000)
    rig.wait(0.1)
    assert rig.frames[-1] == 239


def test_the_number_shown_is_that_of_the_picture_shown(rig: Rig) -> None:
    rig.source.delay = 0.1
    rig.playback.seek(100)
    assert rig.playback.frame == 0 and rig.playback.seconds == 0.0
    rig.wait(0.2)
    assert rig.playback.frame == 100


def test_while_scrubbing_every_picture_that_arrives_is_shown_and_the_last_position_wins(rig: Rig) -> None:
    rig.source.delay = 0.02
    for frame in range(10, 200, 10):
        rig.playback.seek(frame)
        rig.wait(0.008)
    rig.wait(0.1)
    assert rig.frames[-1] == 190 and 5 < len(rig.frames) < 12 and rig.frames == sorted(rig.frames, key=lambda n: n or 0)
    assert all(request.is_scrub for request in rig.source.sets[-1].shown[1:])
    rig.source.sets[-1].send([190])  # the exact picture
    assert rig.frames[-2:] == [190, 190]


def test_a_picture_from_before_a_seek_is_not_shown_after_it(rig: Rig) -> None:
    rig.playback.play()
    rig.wait(1.0)
    rig.playback.seek(200)
    rig.mark()
    rig.source.sets[-1].send([25])
    assert rig.frames == []
    rig.wait(5 * FRAME)
    assert rig.frames[:3] == [200, 201, 202] and rig.playback.is_playing


def test_the_end_of_a_clip_that_is_not_looped(rig: Rig) -> None:
    rig.playback.set_loop(False)
    rig.playback.seek(236)
    rig.wait(0.01)
    rig.playback.play()
    rig.wait(1.0)
    assert rig.states[-1] is PlaybackState.PAUSED and rig.playback.frame == 239
    rig.playback.play()
    rig.wait(2 * FRAME)
    assert rig.frames[-1] in (1, 2), "it starts again"
    rig.playback.pause()
    rig.playback.seek(2)
    rig.wait(0.01)
    rig.playback.shuttle(forward=False)
    rig.wait(1.0)
    assert not rig.playback.is_playing and rig.playback.frame == 0


@pytest.mark.parametrize("forward", [True, False])
def test_a_range_is_looped_without_a_gap(rig: Rig, forward: bool) -> None:
    for frame, set_bound in ((20, rig.playback.set_range_start), (25, rig.playback.set_range_end)):
        rig.playback.seek(frame)
        rig.wait(0.01)
        set_bound()
    rig.playback.seek(22)
    rig.wait(0.01)
    rig.mark()
    rig.playback.shuttle(forward=forward)
    rig.wait(15.5 * FRAME)
    loop = [23, 24, 25, 20, 21, 22] if forward else [21, 20, 25, 24, 23, 22]
    assert rig.frames == (loop * 3)[:15]
    assert all(abs(at - (place + 1) * FRAME) < 0.001 for place, (at, _) in enumerate(rig.moments))
    assert rig.source.sets[-1].loops == ((20, 25),)
    rig.playback.set_loop(False)
    rig.wait(FRAME)
    assert not rig.source.sets[-1].loops


def test_playing_at_the_last_frame_of_a_range_or_outside_of_it_begins_where_the_range_does(rig: Rig) -> None:
    rig.playback.set_loop(False)
    rig.playback.set_range(PlayRange(1_000_000, 2_000_000))
    for frame, first, forward in ((47, 24, True), (46, 47, True), (100, 24, True), (100, 47, False), (3, 47, False)):
        rig.playback.seek(frame)
        rig.wait(0.01)
        rig.mark()
        rig.playback.shuttle(forward=forward)
        rig.wait(1.5 * FRAME)
        assert rig.frames[0] == first
        rig.playback.pause()
        rig.wait(0.01)


def test_a_range_set_while_playing_holds_at_once(rig: Rig) -> None:
    rig.playback.play()
    rig.wait(10.5 * FRAME)
    rig.playback.set_range_end()
    rig.wait(FRAME)
    assert rig.frames[-2:] == [10, 0]
    rig.playback.clear_range()
    rig.playback.set_range(PlayRange(5_000_000, 6_000_000))
    rig.playback.pause()
    rig.wait(0.01)
    rig.playback.play()
    rig.wait(0.01)
    assert rig.frames[-1] == 120


def test_jumps_lead_to_the_marks(rig: Rig) -> None:
    rig.playback.set_range(PlayRange(1_000_000, 2_000_000))
    for to, frame in ((Jump.END, 239), (Jump.RANGE_START, 24), (Jump.RANGE_END, 47), (Jump.START, 0)):
        rig.playback.jump(to)
        rig.wait(0.01)
        assert rig.playback.frame == frame


@pytest.mark.parametrize(
    ("presses", "forward", "frames"), [(1, True, 24), (3, True, 96), (4, True, 192), (4, False, 192)]
)
def test_the_shuttle_keeps_its_speed(rig: Rig, presses: int, forward: bool, frames: int) -> None:
    if not forward:
        rig.playback.seek(239)
        rig.wait(0.01)
    for _ in range(presses):
        rig.playback.shuttle(forward=forward)
    rig.mark()
    rig.wait(1.0)
    assert abs(abs(rig.playback.frame - (0 if forward else 239)) - frames) <= 3
    assert rig.playback.ticks_missed == 0 and len(rig.moments) <= 67, "no more than a screen shows"
    assert abs(rig.playback.speed) == 2 ** (presses - 1)
    rig.playback.pause()
    assert rig.playback.speed == 1.0


def test_a_speed_that_changes_while_a_frame_is_shown(rig: Rig) -> None:
    rig.playback.set_speed(0.1)
    rig.playback.play()
    for _ in range(30):  # a key that is held down
        rig.wait(0.1)
        rig.playback.set_speed(0.1)
    assert rig.playback.frame == 7
    rig.playback.set_speed(9.0)
    assert rig.playback.speed == 4.0


def test_the_slow_first_picture_of_a_clip_that_shall_play(qtbot: QtBot) -> None:
    rig = Rig()
    rig.source.delay = 0.5
    rig.playback.open([ReadClip(Path("a.mp4"))])
    rig.playback.play()
    assert rig.playback.is_playing
    rig.wait(1.05)
    rig.source.delay = 0.002
    rig.mark()
    rig.wait(1.5)
    assert rig.frames[:3] == [1, 2, 3] or rig.frames[:2] == [0, 1]


def test_nothing_of_a_closed_clip_arrives(rig: Rig) -> None:
    rig.playback.step(1)
    rig.playback.close()
    rig.wait(1.0)
    assert rig.frames == [] and rig.source.sets[0].is_closed
    assert rig.states == [PlaybackState.PAUSED, PlaybackState.EMPTY]
    rig.playback.play()
    rig.playback.step(1)
    assert rig.playback.state is PlaybackState.EMPTY


def test_a_clip_that_cannot_be_read_says_so(qtbot: QtBot) -> None:
    rig = Rig()
    rig.source.failing = {0}
    rig.open()
    assert rig.errors == [(0, "It cannot be read.")]
    rig.playback.play()
    assert not rig.playback.is_playing


def test_clips_of_several_rates_and_lengths_show_the_same_moment(qtbot: QtBot) -> None:
    tracks = (times_of(240, 24), times_of(150, 30), times_of(300, 60))
    rig = Rig(*tracks)
    rig.open(3)
    rig.playback.play()
    rig.wait(7.0)
    for at, frames in rig.moments:
        for times, frame in zip(tracks, frames, strict=True):
            exact = {times.frame_at(round((at + early) * 1e6)) for early in (-0.001, 0, 0.0055)}
            assert frame in exact, (at, frames)
    assert rig.playback.ticks_missed == 0 and rig.moments[-1][1][1:] == (149, 299)
    rig.playback.set_current(1)
    rig.playback.pause()
    rig.playback.step(-1000)
    rig.wait(0.01)
    rig.playback.step(3)
    rig.wait(0.01)
    assert rig.moments[-1][1] == (2, 3, 6)
    rig.playback.nudge(2, -1)
    rig.wait(0.01)
    assert rig.moments[-1][1] == (2, 3, 5)
    rig.playback.step(1000)
    rig.wait(0.01)
    assert rig.moments[-1][1] == (239, 149, 298), "steps go on behind the end of the current clip"
    rig.playback.nudge(2, 3)
    rig.wait(0.01)
    assert rig.moments[-1][1] == (239, 149, 299), "a nudge does not lead behind the end"
    rig.playback.nudge(2, -6)
    rig.playback.step(-1000)
    rig.wait(0.01)
    assert rig.moments[-1][1] == (0, 0, 0), "nor before the beginning"


def test_a_clip_of_several_that_cannot_be_read_does_not_stop_the_others(qtbot: QtBot) -> None:
    rig = Rig(times_of(48, 24), times_of(48, 24))
    rig.source.failing = {1}
    rig.open(2)
    rig.playback.play()
    rig.wait(1.01)
    assert rig.moments[-1][1] == (24, None) and rig.errors == [(1, "It cannot be read.")]


def test_the_sound_starts_where_the_pictures_are_and_repeats_with_them(qtbot: QtBot) -> None:
    rig = Rig(output=FakeOutput(FakeClock()))
    output = rig.output = FakeOutput(rig.clock)
    rig.playback = Playback(rig.source, now=rig.clock.now, timer=rig.clock.timer, sound=output)
    rig.playback.open([ReadClip(Path("a.mp4"))], frame=48)
    rig.wait(0.01)
    rig.playback.set_range(PlayRange(1_000_000, 4_000_000))
    rig.playback.set_volume(0.4)
    rig.playback.play()
    (sound,) = rig.source.sets[-1].sounds
    assert sound["start"] == 2_000_000 and (sound["first"], sound["last"]) == (1_000_000, 4_000_000)
    qtbot.waitUntil(partial(_plays, rig.clock, output))
    rig.playback.set_muted(True)
    assert output.volumes[0] == 0.4 and output.volumes[-1] == 0.0
    rig.playback.set_speed(2.0)
    assert rig.source.sets[-1].sounds[-1]["speed"] == 2.0
    rig.playback.pause()
    assert output.is_closed
    rig.playback.shuttle(forward=False)
    assert len(rig.source.sets[-1].sounds) == 2, "backward, there is silence"


def test_a_device_that_is_unplugged_is_silent_and_the_next_one_plays_on(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sound, "_PAUSE", 1)
    monkeypatch.setattr(sound, "_LONG_PAUSE", 5)
    clock = FakeClock()
    source, outputs = FakeFrames(clock, times_of(240, 24)), [FakeOutput(clock), FakeOutput(clock)]
    system = FakeOutputs(*outputs)
    playback = Playback(source, now=clock.now, timer=clock.timer, sound=system)
    playback.open([ReadClip(Path("a.mp4"))])
    clock.advance(0.01)
    playback.play()
    for output in outputs:
        qtbot.waitUntil(partial(_plays, clock, output))
        output.is_unplugged = True
    qtbot.waitUntil(partial(_is_closed, clock, outputs[1]))
    before = playback.frame
    clock.advance(1.0)
    assert playback.frame == before + 24, "pictures go on by the clock"
    qtbot.waitUntil(lambda: system.reports[-1:] == [False])
    found = FakeOutput(clock)
    system.left.append(found)
    qtbot.waitUntil(partial(_plays, clock, found))
    qtbot.waitUntil(lambda: _plays(clock, found) and system.reports[-1])


def _plays(clock: FakeClock, output: FakeOutput) -> bool:
    clock.advance(0.01)
    return output.written > 0


def _is_closed(clock: FakeClock, output: FakeOutput) -> bool:
    clock.advance(0.01)
    return output.is_closed


@pytest.mark.parametrize("rate", [0.98, 1.02])
def test_the_pictures_follow_a_device_that_is_late_and_counts_otherwise(qtbot: QtBot, rate: float) -> None:
    clock = FakeClock()
    output = FakeOutput(clock, late=0.15, pace=rate)
    source = FakeFrames(clock, times_of(24 * 60, 24))
    playback = Playback(source, now=clock.now, timer=clock.timer, sound=output)
    playback.open([ReadClip(Path("a.mp4"))])
    clock.advance(0.01)
    playback.play()
    qtbot.waitUntil(partial(_plays, clock, output))
    output.written += 192_000 * 60  # no need to feed it
    clock.advance(30.0)
    assert abs(playback.seconds - output.played()) < 0.06
    assert playback.ticks_missed == 0
    output.stand_still(0.4)
    clock.advance(0.7)
    assert abs(playback.seconds - output.played()) < 0.1, "a break in the sound is made up for at once"


@pytest.mark.parametrize(
    ("before", "with_start", "with_end"),
    [
        (PlayRange(), PlayRange(50), PlayRange(None, 60)),
        (PlayRange(20, 100), PlayRange(50, 100), PlayRange(20, 60)),
        (PlayRange(20, 50), PlayRange(50), PlayRange(20, 60)),
        (PlayRange(70, 100), PlayRange(50, 100), PlayRange(None, 60)),
    ],
)
def test_the_bounds_of_a_range_never_cross(before: PlayRange, with_start: PlayRange, with_end: PlayRange) -> None:
    assert before.with_start(50, 60) == with_start
    assert before.with_end(50, 60) == with_end


def test_a_range_that_was_set_in_a_longer_clip_lies_within_a_shorter_one() -> None:
    assert PlayRange(20, 100).within(60) == (20, 60)
    assert PlayRange(80, 100).within(60) == (59, 60), "never empty"


_track = st.lists(st.integers(1, 200_000), min_size=1, max_size=40).map(
    lambda lengths: FrameTimes(tuple(sum(lengths[:n]) for n in range(len(lengths))), sum(lengths))
)


@given(st.lists(_track, min_size=1, max_size=3), st.booleans())
def test_ticks_pass_every_change_once_and_in_time(tracks: list[FrameTimes], backward: bool) -> None:
    """Whatever the lengths of frames: each frame is shown within 5 ms of its time, and a loop takes its length."""
    end = max(times.end for times in tracks)
    position = passed = end - 1 if backward else 0
    passed, seen = 0, {(n, times.frame_at(position)) for n, times in enumerate(tracks)}
    while True:
        tick = next_tick(tracks, position, (0, end), least=1, backward=backward, loop=True)
        assert tick is not None and tick.after > 0
        passed += tick.after
        if passed >= end:
            break
        assert tick.position == position + (-tick.after if backward else tick.after)
        position = tick.position
        seen |= {(n, times.frame_at(position)) for n, times in enumerate(tracks)}
    assert passed == end
    if len(tracks) == 1:
        assert seen == {(0, frame) for frame in range(tracks[0].frames)}


def test_frames_that_change_almost_together_are_shown_by_one_tick() -> None:
    tracks, bounds = [FrameTimes((0, 40_000), 80_000), FrameTimes((0, 43_000), 86_000)], (0, 86_000)
    assert next_tick(tracks, 0, bounds, least=1, backward=False, loop=False) == (43_000, 43_000)
    assert next_tick(tracks, 79_999, bounds, least=1, backward=True, loop=False) == (39_999, 40_000)


def test_the_timeline_goes_on_with_the_longest_clip() -> None:
    short, long = times_of(2, 2), times_of(8, 4)
    assert timeline_of(short, [short, long]) == FrameTimes(
        (0, 500_000, 1_000_000, 1_250_000, 1_500_000, 1_750_000), 2_000_000
    )
    assert timeline_of(long, [short, long]) is long
