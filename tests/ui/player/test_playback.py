"""Playing: the frame on the screen is the frame that was asked for, and the last one stays."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from clips import frame_in
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtMultimedia import QVideoFrame
from pytestqt.qtbot import QtBot

from sora_desktop.domain.clip import VideoFacts
from sora_desktop.ui.player.playback import Marks, Playback, State, frame_at, milliseconds_of, next_shuttle


class Screen:
    """Remembers which frames were shown, by the numbers in their pictures."""

    def __init__(self, playback: Playback) -> None:
        self.frames: list[int | None] = []
        self.troubles: list[str] = []
        playback.frame_shown.connect(self._see)
        playback.failed.connect(self.troubles.append)

    def _see(self, frame: QVideoFrame) -> None:
        self.frames.append(frame_in(frame.toImage()))


@pytest.fixture
def playback(qtbot: QtBot) -> Iterator[Playback]:
    playback = Playback()
    playback.set_muted(True)
    yield playback
    playback.close()
    playback.deleteLater()


@pytest.fixture
def screen(playback: Playback, clip_file: Path, clip_facts: VideoFacts, qtbot: QtBot) -> Screen:
    screen = Screen(playback)
    playback.open(clip_file, clip_facts)
    qtbot.waitUntil(lambda: screen.frames == [0])
    return screen


def test_an_opened_clip_shows_its_first_frame_and_waits(playback: Playback, screen: Screen) -> None:
    assert playback.state is State.PAUSED
    assert playback.frame == 0


def test_every_frame_sought_is_the_frame_shown(playback: Playback, screen: Screen, qtbot: QtBot) -> None:
    for wanted in (5, 47, 46, 1, 23, 24, 0):
        playback.seek_frame(wanted)
        qtbot.waitUntil(partial(_shows, screen, playback, wanted))


def _shows(screen: Screen, playback: Playback, frame: int) -> bool:
    return screen.frames[-1] == frame == playback.frame


def test_steps_taken_faster_than_they_are_shown_all_count(playback: Playback, screen: Screen, qtbot: QtBot) -> None:
    for _ in range(7):
        playback.step(1)
    qtbot.waitUntil(lambda: screen.frames[-1] == 7)
    playback.step(-3)
    qtbot.waitUntil(lambda: screen.frames[-1] == 4)


def test_steps_end_at_the_ends(playback: Playback, screen: Screen, qtbot: QtBot) -> None:
    playback.seek_frame(46)
    playback.step(5)
    qtbot.waitUntil(lambda: screen.frames[-1] == 47)
    playback.step(-100)
    qtbot.waitUntil(lambda: screen.frames[-1] == 0)


def test_playing_moves_and_stays_on_the_last_frame(playback: Playback, screen: Screen, qtbot: QtBot) -> None:
    playback.set_loop(False)
    playback.seek_frame(36)
    qtbot.waitUntil(lambda: screen.frames[-1] == 36)
    states: list[State] = []
    playback.state_changed.connect(states.append)
    playback.play()
    qtbot.waitUntil(lambda: states == [State.PLAYING, State.PAUSED])
    qtbot.waitUntil(lambda: screen.frames[-1] == 47)
    assert None not in screen.frames
    begun = len(screen.frames)
    playback.set_speed(0.25)
    playback.play()
    qtbot.waitUntil(lambda: any(frame in range(20) for frame in screen.frames[begun:]))
    assert states[2] is State.PLAYING


def test_a_machine_that_skips_the_last_pictures_shows_the_last_one_all_the_same(
    playback: Playback, screen: Screen, qtbot: QtBot
) -> None:
    playback.set_loop(False)
    playback.seek_frame(36)
    qtbot.waitUntil(lambda: screen.frames[-1] == 36)
    playback.play()
    qtbot.waitUntil(lambda: playback.frame > 36)
    playback._sink.videoFrameChanged.disconnect(playback._take_frame)
    see_again = partial(playback._sink.videoFrameChanged.connect, playback._take_frame)
    playback.state_changed.connect(lambda _: see_again(), Qt.ConnectionType.SingleShotConnection)
    qtbot.waitUntil(lambda: screen.frames[-1] == 47 == playback.frame)
    begun = len(screen.frames)
    playback.set_speed(0.25)
    playback.play()
    qtbot.waitUntil(lambda: any(frame in range(20) for frame in screen.frames[begun:]))


def test_a_loop_begins_again(playback: Playback, screen: Screen, qtbot: QtBot) -> None:
    playback.set_loop(True)
    playback.seek_frame(42)
    qtbot.waitUntil(lambda: screen.frames[-1] == 42)
    playback.play()
    qtbot.waitUntil(lambda: playback.frame < 20)
    assert playback.state is State.PLAYING


@pytest.mark.parametrize("loop", [True, False])
def test_the_loop_is_changed_for_the_clip_that_is_open(
    playback: Playback, clip_file: Path, clip_facts: VideoFacts, qtbot: QtBot, loop: bool
) -> None:
    playback.set_loop(not loop)
    screen = Screen(playback)
    playback.open(clip_file, clip_facts)
    qtbot.waitUntil(lambda: screen.frames == [0])
    playback.set_loop(loop)
    playback.set_speed(4.0)
    playback.play()
    qtbot.waitUntil(lambda: playback.frame > 30)
    begun = len(screen.frames)
    qtbot.waitUntil(
        lambda: playback.state is State.PAUSED or any(frame in range(20) for frame in screen.frames[begun:])
    )
    assert playback.state is (State.PLAYING if loop else State.PAUSED)


def test_backwards_goes_frame_by_frame(playback: Playback, screen: Screen, qtbot: QtBot) -> None:
    playback.seek_frame(30)
    qtbot.waitUntil(lambda: screen.frames[-1] == 30)
    begun = len(screen.frames)
    states: list[State] = []
    playback.state_changed.connect(states.append)
    playback.shuttle(forward=False)
    qtbot.waitUntil(lambda: playback.frame <= 24)
    playback.pause()
    assert states == [State.PLAYING, State.PAUSED]
    shown = screen.frames[begun:]
    assert shown == list(range(29, 29 - len(shown), -1))


def test_a_stretch_is_played_round_and_round(playback: Playback, screen: Screen, qtbot: QtBot) -> None:
    marks: list[Marks] = []
    playback.marks_changed.connect(marks.append)
    playback.set_loop(True)
    for frame, mark in ((20, playback.mark_first), (26, playback.mark_last)):
        playback.seek_frame(frame)
        qtbot.waitUntil(partial(_shows, screen, playback, frame))
        mark()
    assert marks == [Marks(20), Marks(20, 26)]
    begun = len(screen.frames)
    playback.play()
    qtbot.waitUntil(lambda: screen.frames[begun:].count(20) >= 2)
    playback.pause()
    assert set(screen.frames[begun:]) <= set(range(20, 27))
    playback.set_loop(False)
    playback.play()
    qtbot.waitUntil(lambda: playback.state is State.PAUSED)
    qtbot.waitUntil(partial(_shows, screen, playback, 26))
    playback.clear_marks()
    assert marks[-1] == Marks()


@pytest.mark.parametrize(
    ("marks", "frame", "begun", "ended"),
    [
        (Marks(), 5, Marks(5), Marks(None, 5)),
        (Marks(2, 9), 5, Marks(5, 9), Marks(2, 5)),
        (Marks(2, 4), 5, Marks(5), Marks(2, 5)),
        (Marks(7, 9), 5, Marks(5, 9), Marks(None, 5)),
    ],
)
def test_marks_never_cross(marks: Marks, frame: int, begun: Marks, ended: Marks) -> None:
    assert marks.with_first(frame) == begun
    assert marks.with_last(frame) == ended


def test_closing_lets_go_of_the_file(playback: Playback, clip_file: Path, clip_facts: VideoFacts, qtbot: QtBot) -> None:
    states: list[State] = []
    playback.state_changed.connect(states.append)
    playback.open(clip_file, clip_facts)
    playback.close()
    assert states == [State.PAUSED, State.EMPTY]
    playback.play()
    playback.step(1)
    assert playback.state is State.EMPTY


def test_a_file_that_is_no_video_is_said(
    playback: Playback, tmp_path: Path, clip_facts: VideoFacts, qtbot: QtBot
) -> None:
    file = tmp_path / "broken.mp4"
    file.write_bytes(b"nothing that moves" * 100)
    screen = Screen(playback)
    playback.open(file, clip_facts)
    qtbot.waitUntil(lambda: bool(screen.troubles))
    assert screen.troubles[0].startswith("This clip cannot be played: ")


def test_another_clip_can_be_opened_while_one_plays(
    playback: Playback, screen: Screen, clip_file: Path, clip_facts: VideoFacts, tmp_path: Path, qtbot: QtBot
) -> None:
    other = tmp_path / "other.mp4"
    shutil.copy(clip_file, other)
    playback.set_speed(2.0)
    playback.play()
    qtbot.waitUntil(lambda: playback.frame > 3)
    playback.open(other, clip_facts)
    qtbot.waitUntil(lambda: screen.frames[-1] == 0)
    assert playback.state is State.PAUSED
    assert playback.speed == 1.0


@given(st.integers(0, 400), st.sampled_from([23.976, 24.0, 25.0, 29.97, 30.0, 50.0, 60.0]))
def test_the_place_sought_lies_inside_the_frame(frame: int, fps: float) -> None:
    place = milliseconds_of(frame, fps)
    assert frame * 1000 / fps <= place + 1 and place < (frame + 1) * 1000 / fps
    assert frame_at(round(frame * 1_000_000 / fps), fps) == frame


@pytest.mark.parametrize(
    ("speed", "forward", "following"),
    [
        (0.0, True, 1.0),
        (1.0, True, 2.0),
        (2.0, True, 4.0),
        (4.0, True, 4.0),
        (4.0, False, -1.0),
        (-1.0, False, -2.0),
        (-4.0, False, -4.0),
        (-2.0, True, 1.0),
        (0.5, True, 1.0),
    ],
)
def test_what_another_press_of_j_or_l_does(speed: float, forward: bool, following: float) -> None:
    assert next_shuttle(speed, forward) == following
