"""Playback shows exactly the requested frame, and the last frame stays."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import av
import pytest
from frame_numbers import frame_in
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtMultimedia import QVideoFrame
from pytestqt.qtbot import QtBot
from silence import silence

from sora_desktop.domain.clip import VideoFacts
from sora_desktop.ui.player.play_range import PlayRange, frame_at, milliseconds_of
from sora_desktop.ui.player.playback import Playback, PlaybackState


class ShownFrames:
    """Records the frames shown, by the numbers in their pictures, and the errors."""

    def __init__(self, playback: Playback) -> None:
        self.numbers: list[int | None] = []
        self.errors: list[str] = []
        playback.frame_shown.connect(self._add)
        playback.failed.connect(self.errors.append)

    def _add(self, frame: QVideoFrame) -> None:
        self.numbers.append(frame_in(frame.toImage()))


@pytest.fixture
def playback(qtbot: QtBot) -> Iterator[Playback]:
    playback = Playback()
    playback.set_muted(True)
    yield playback
    playback.close()
    playback.deleteLater()


@pytest.fixture
def shown(playback: Playback, clip_file: Path, clip_facts: VideoFacts, qtbot: QtBot) -> ShownFrames:
    shown = ShownFrames(playback)
    playback.open(clip_file, clip_facts)
    qtbot.waitUntil(lambda: shown.numbers == [0])
    return shown


def play_once_from(frame: int, playback: Playback, shown: ShownFrames, qtbot: QtBot) -> None:
    """Play without a loop, from a frame that is shown already."""
    playback.set_loop(False)
    playback.seek_frame(frame)
    qtbot.waitUntil(lambda: shown.numbers[-1] == frame)
    playback.play()


def test_an_opened_clip_is_paused_at_its_first_frame(playback: Playback, shown: ShownFrames) -> None:
    assert playback.state is PlaybackState.PAUSED
    assert playback.frame == 0


def test_a_clip_opens_at_the_frame_asked_for(
    playback: Playback, clip_file: Path, clip_facts: VideoFacts, qtbot: QtBot
) -> None:
    shown = ShownFrames(playback)
    playback.open(clip_file, clip_facts, 30)
    qtbot.waitUntil(lambda: shown.numbers == [30])
    assert playback.state is PlaybackState.PAUSED and playback.frame == 30
    playback.open(clip_file, clip_facts)
    qtbot.waitUntil(lambda: shown.numbers[-1] == 0)


def test_every_seek_shows_the_exact_frame(playback: Playback, shown: ShownFrames, qtbot: QtBot) -> None:
    for frame in (5, 47, 46, 1, 23, 24, 0):
        playback.seek_frame(frame)
        qtbot.waitUntil(partial(_shows, shown, playback, frame))


def _shows(shown: ShownFrames, playback: Playback, frame: int) -> bool:
    return shown.numbers[-1] == frame == playback.frame


def _delayed(clip: Path, file: Path, frames: int) -> Path:
    """The clip with sound that begins so many frames earlier than the pictures."""
    with av.open(str(clip)) as source, av.open(str(file), "w") as output:
        stream = output.add_stream_from_template(source.streams.video[0])
        sound = output.add_stream("aac", rate=44100)
        output.mux([*sound.encode(silence()), *sound.encode(None)])
        for packet in source.demux(video=0):
            if packet.pts is not None and packet.dts is not None:
                delay = round(frames / (24 * packet.time_base))
                packet.pts, packet.dts, packet.stream = packet.pts + delay, packet.dts + delay, stream
                output.mux(packet)
    return file


@pytest.mark.parametrize(("name", "frames"), [("late.mp4", 2), ("late.mkv", 11)])
def test_frames_count_from_the_first_one_although_it_is_not_at_the_start(
    playback: Playback, clip_file: Path, clip_facts: VideoFacts, qtbot: QtBot, tmp_path: Path, name: str, frames: int
) -> None:
    shown = ShownFrames(playback)
    playback.open(_delayed(clip_file, tmp_path / name, frames), clip_facts)
    qtbot.waitUntil(lambda: shown.numbers == [0] and playback.frame == 0)
    for frame in (47, 1, 46, 0):
        playback.seek_frame(frame)
        qtbot.waitUntil(partial(_shows, shown, playback, frame))


def test_steps_faster_than_the_decoder_all_count(playback: Playback, shown: ShownFrames, qtbot: QtBot) -> None:
    for _ in range(7):
        playback.step(1)
    qtbot.waitUntil(lambda: shown.numbers[-1] == 7)
    playback.step(-3)
    qtbot.waitUntil(lambda: shown.numbers[-1] == 4)


def test_steps_stop_at_both_ends(playback: Playback, shown: ShownFrames, qtbot: QtBot) -> None:
    playback.seek_frame(46)
    playback.step(5)
    qtbot.waitUntil(lambda: shown.numbers[-1] == 47)
    playback.step(-100)
    qtbot.waitUntil(lambda: shown.numbers[-1] == 0)


def test_playback_ends_at_the_last_frame(playback: Playback, shown: ShownFrames, qtbot: QtBot) -> None:
    playback.set_loop(False)
    playback.seek_frame(36)
    qtbot.waitUntil(lambda: shown.numbers[-1] == 36)
    states: list[PlaybackState] = []
    playback.state_changed.connect(states.append)
    playback.play()
    qtbot.waitUntil(lambda: states == [PlaybackState.PLAYING, PlaybackState.PAUSED])
    qtbot.waitUntil(lambda: shown.numbers[-1] == 47)
    assert None not in shown.numbers
    start = len(shown.numbers)
    playback.set_speed(0.25)
    playback.play()
    qtbot.waitUntil(lambda: any(frame in range(20) for frame in shown.numbers[start:]))
    assert states[2] is PlaybackState.PLAYING


def test_the_last_frame_is_shown_even_if_late_frames_were_dropped(
    playback: Playback, shown: ShownFrames, qtbot: QtBot
) -> None:
    play_once_from(36, playback, shown, qtbot)
    qtbot.waitUntil(lambda: playback.frame > 36)
    playback._sink.videoFrameChanged.disconnect(playback._on_frame)
    reconnect = partial(playback._sink.videoFrameChanged.connect, playback._on_frame)
    playback.state_changed.connect(lambda _: reconnect(), Qt.ConnectionType.SingleShotConnection)
    qtbot.waitUntil(lambda: shown.numbers[-1] == 47 == playback.frame)
    start = len(shown.numbers)
    playback.set_speed(0.25)
    playback.play()
    qtbot.waitUntil(lambda: any(frame in range(20) for frame in shown.numbers[start:]))


def test_pausing_at_the_end_stays_at_the_last_frame(playback: Playback, shown: ShownFrames, qtbot: QtBot) -> None:
    play_once_from(44, playback, shown, qtbot)
    qtbot.waitUntil(lambda: playback.state is PlaybackState.PAUSED and shown.numbers[-1] == 47)
    start = len(shown.numbers)
    playback.pause()
    assert playback._player.position() > milliseconds_of(46, 24)
    playback.step(-1)
    qtbot.waitUntil(lambda: shown.numbers[-1] == 46)
    assert set(shown.numbers[start:]) <= {46, 47}


def test_a_player_that_stopped_at_the_end_does_not_show_its_first_frame_on_the_way(
    playback: Playback, clip_file: Path, clip_facts: VideoFacts, qtbot: QtBot
) -> None:
    """On a busy machine that frame arrives before the seek begins."""
    frames: list[QVideoFrame] = []
    playback.frame_shown.connect(lambda frame: frames.append(QVideoFrame(frame)))
    shown = ShownFrames(playback)
    playback.open(clip_file, clip_facts)
    qtbot.waitUntil(lambda: shown.numbers == [0])
    for frame, expected in ((30, {30}), (0, {0})):
        start = len(shown.numbers)
        playback._player.stop()
        playback.step(frame - playback.frame)
        playback._on_frame(frames[0])
        qtbot.waitUntil(partial(_shows, shown, playback, frame))
        assert set(shown.numbers[start:]) == expected
    playback._player.stop()
    playback.step(30)
    playback.step(-1)
    start = len(shown.numbers)
    playback._on_frame(frames[0])
    assert shown.numbers[start:] == [], "the second step begins before the first one has ended"
    playback.open(clip_file, clip_facts)
    qtbot.waitUntil(lambda: shown.numbers[start : start + 1] == [0])


def test_a_loop_starts_again(playback: Playback, shown: ShownFrames, qtbot: QtBot) -> None:
    playback.set_loop(True)
    playback.seek_frame(42)
    qtbot.waitUntil(lambda: shown.numbers[-1] == 42)
    playback.play()
    qtbot.waitUntil(lambda: playback.frame < 20)
    assert playback.state is PlaybackState.PLAYING


@pytest.mark.parametrize("loop", [True, False])
def test_set_loop_applies_to_the_open_clip(
    playback: Playback, clip_file: Path, clip_facts: VideoFacts, qtbot: QtBot, loop: bool
) -> None:
    playback.set_loop(not loop)
    shown = ShownFrames(playback)
    playback.open(clip_file, clip_facts)
    qtbot.waitUntil(lambda: shown.numbers == [0])
    playback.set_loop(loop)
    playback.set_speed(4.0)
    playback.play()
    qtbot.waitUntil(lambda: playback.frame > 30)
    start = len(shown.numbers)
    qtbot.waitUntil(
        lambda: playback.state is PlaybackState.PAUSED or any(frame in range(20) for frame in shown.numbers[start:])
    )
    assert playback.state is (PlaybackState.PLAYING if loop else PlaybackState.PAUSED)


def test_playing_backward_shows_every_frame(playback: Playback, shown: ShownFrames, qtbot: QtBot) -> None:
    playback.seek_frame(30)
    qtbot.waitUntil(lambda: shown.numbers[-1] == 30)
    start = len(shown.numbers)
    states: list[PlaybackState] = []
    playback.state_changed.connect(states.append)
    playback.shuttle(forward=False)
    qtbot.waitUntil(lambda: playback.frame <= 24)
    playback.pause()
    assert states == [PlaybackState.PLAYING, PlaybackState.PAUSED]
    frames = shown.numbers[start:]
    assert frames == list(range(29, 29 - len(frames), -1))


def test_playing_backward_from_the_end_begins_at_the_last_frame(
    playback: Playback, shown: ShownFrames, qtbot: QtBot
) -> None:
    play_once_from(44, playback, shown, qtbot)
    qtbot.waitUntil(lambda: playback.state is PlaybackState.PAUSED and shown.numbers[-1] == 47)
    start = len(shown.numbers)
    playback.shuttle(forward=False)
    qtbot.waitUntil(lambda: playback.frame <= 42)
    playback.pause()
    frames = shown.numbers[start:]
    assert frames == list(range(46, 46 - len(frames), -1))


def test_a_range_is_repeated_or_ends_at_its_last_frame(playback: Playback, shown: ShownFrames, qtbot: QtBot) -> None:
    ranges: list[PlayRange] = []
    playback.range_changed.connect(ranges.append)
    playback.set_loop(True)
    for frame, set_bound in ((20, playback.set_range_start), (26, playback.set_range_end)):
        playback.seek_frame(frame)
        qtbot.waitUntil(partial(_shows, shown, playback, frame))
        set_bound()
    assert ranges == [PlayRange(20), PlayRange(20, 26)]
    start = len(shown.numbers)
    playback.play()
    qtbot.waitUntil(lambda: shown.numbers[start:].count(20) >= 2)
    playback.pause()
    assert set(shown.numbers[start:]) <= set(range(20, 27))
    playback.set_loop(False)
    playback.play()
    qtbot.waitUntil(lambda: playback.state is PlaybackState.PAUSED)
    qtbot.waitUntil(partial(_shows, shown, playback, 26))
    playback.clear_range()
    assert ranges[-1] == PlayRange()


def test_play_at_the_end_of_a_range_starts_it_again_although_its_last_frame_arrives_once_more(
    playback: Playback, shown: ShownFrames, qtbot: QtBot
) -> None:
    last_frames: list[QVideoFrame] = []
    playback.frame_shown.connect(lambda frame: last_frames.append(QVideoFrame(frame)))
    playback.set_loop(False)
    for frame, set_bound in ((20, playback.set_range_start), (26, playback.set_range_end)):
        playback.seek_frame(frame)
        qtbot.waitUntil(partial(_shows, shown, playback, frame))
        set_bound()
    start = len(shown.numbers)
    playback.play()
    playback._on_frame(last_frames[-1])
    assert playback.state is PlaybackState.PLAYING
    qtbot.waitUntil(lambda: playback.state is PlaybackState.PAUSED)
    qtbot.waitUntil(partial(_shows, shown, playback, 26))
    assert shown.numbers[start] in range(20, 26)


@pytest.mark.parametrize(
    ("before", "frame", "with_first", "with_last"),
    [
        (PlayRange(), 5, PlayRange(5), PlayRange(None, 5)),
        (PlayRange(2, 9), 5, PlayRange(5, 9), PlayRange(2, 5)),
        (PlayRange(2, 4), 5, PlayRange(5), PlayRange(2, 5)),
        (PlayRange(7, 9), 5, PlayRange(5, 9), PlayRange(None, 5)),
    ],
)
def test_the_bounds_of_a_range_never_cross(
    before: PlayRange, frame: int, with_first: PlayRange, with_last: PlayRange
) -> None:
    assert before.with_first(frame) == with_first
    assert before.with_last(frame) == with_last


def test_close_ends_the_playback(playback: Playback, clip_file: Path, clip_facts: VideoFacts, qtbot: QtBot) -> None:
    states: list[PlaybackState] = []
    playback.state_changed.connect(states.append)
    playback.open(clip_file, clip_facts)
    playback.close()
    assert states == [PlaybackState.PAUSED, PlaybackState.EMPTY]
    playback.play()
    playback.step(1)
    assert playback.state is PlaybackState.EMPTY


def test_a_file_that_is_not_a_video_is_reported(
    playback: Playback, tmp_path: Path, clip_facts: VideoFacts, qtbot: QtBot
) -> None:
    file = tmp_path / "broken.mp4"
    file.write_bytes(b"not a video" * 100)
    shown = ShownFrames(playback)
    playback.open(file, clip_facts)
    qtbot.waitUntil(lambda: bool(shown.errors))
    assert shown.errors[0].startswith("This clip cannot be played: ")


def test_another_clip_can_be_opened_while_one_plays(
    playback: Playback, shown: ShownFrames, clip_file: Path, clip_facts: VideoFacts, tmp_path: Path, qtbot: QtBot
) -> None:
    other = tmp_path / "other.mp4"
    shutil.copy(clip_file, other)
    playback.set_speed(2.0)
    playback.play()
    qtbot.waitUntil(lambda: playback.frame > 3)
    playback.open(other, clip_facts)
    qtbot.waitUntil(lambda: shown.numbers[-1] == 0)
    assert playback.state is PlaybackState.PAUSED
    assert playback.speed == 1.0


def test_a_frame_of_the_last_clip_that_comes_late_does_not_shift_the_numbers_of_the_next(
    playback: Playback, shown: ShownFrames, clip_file: Path, clip_facts: VideoFacts, tmp_path: Path, qtbot: QtBot
) -> None:
    last_frames: list[QVideoFrame] = []
    playback.frame_shown.connect(lambda frame: last_frames.append(QVideoFrame(frame)))
    playback.seek_frame(6)
    qtbot.waitUntil(partial(_shows, shown, playback, 6))
    other = tmp_path / "other.mp4"
    shutil.copy(clip_file, other)
    playback.open(other, clip_facts)
    playback._on_frame(last_frames[-1])  # was on its way from Qt's thread
    assert shown.numbers[-1] == 6 and shown.numbers.count(6) == 1
    qtbot.waitUntil(partial(_shows, shown, playback, 0))
    playback.seek_frame(6)
    qtbot.waitUntil(partial(_shows, shown, playback, 6))


@given(st.integers(0, 400), st.sampled_from([23.976, 24.0, 25.0, 29.97, 30.0, 50.0, 60.0]))
def test_the_seek_position_lies_inside_the_frame(frame: int, fps: float) -> None:
    position = milliseconds_of(frame, fps)
    assert frame * 1000 / fps <= position + 1 and position < (frame + 1) * 1000 / fps
    assert frame_at(round(frame * 1_000_000 / fps), fps) == frame
