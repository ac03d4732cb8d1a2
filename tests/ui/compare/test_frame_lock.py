"""Clips of different rates and lengths in frame lock: at every paint, all panes show the frame of the same moment.

The clips are read by the real frame reader. What was painted is read from the pictures, in which the frames have their
numbers; when each frame is due is known from how the clips were made. 5 seconds are played; as many as the variable
COMPARE_SECONDS says, if there is one.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import pytest
from av.video.frame import VideoFrame
from builders import a_job, video_facts
from frame_numbers import frame_in
from listed_jobs import job_actions
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QPaintEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot
from waiting import wait_until

from sora_desktop.api.sora.capabilities import CAPABILITIES
from sora_desktop.controllers.frame_readers import FrameReaders
from sora_desktop.domain.clip import Clip
from sora_desktop.domain.job import Ready
from sora_desktop.sandbox.frame_strip import encode_row
from sora_desktop.state.compare_view import compare_view
from sora_desktop.state.differences import ComparedJob
from sora_desktop.state.job_services import JobService
from sora_desktop.ui.compare.compare_actions import CompareActions
from sora_desktop.ui.compare.compare_panel import ComparePanel
from sora_desktop.ui.compare.compare_stage import CompareStage
from sora_desktop.ui.compare.stage_places import Mode
from sora_desktop.ui.player.player_actions import PlayerActions
from sora_desktop.ui.player.player_keys import PlayerCommand
from sora_desktop.ui.theme import Theme

#: Of playing, in all.
SECONDS = float(os.environ.get("COMPARE_SECONDS", "5"))
#: What is played once forward and once backward, and a loop of an eighth of it several times.
LENGTH = SECONDS * 0.4
WIDTH, HEIGHT = 640, 360
SERVICE = JobService("Sora 2 Video API", CAPABILITIES)


@dataclass(frozen=True)
class Film:
    """When the frames of a clip are due, in parts of a second."""

    rate: int
    length: float  # seconds
    durations: Sequence[int] = (1,)  # of each frame in turn

    @property
    def pts(self) -> list[int]:
        times, at = list[int](), 0
        while at < round(self.length * self.rate):
            times.append(at)
            at += self.durations[len(times) % len(self.durations)]
        return times

    @property
    def starts(self) -> list[int]:
        """Microseconds."""
        return [round(Fraction(at * 1_000_000, self.rate)) for at in self.pts]

    def write(self, file: Path) -> None:
        """Gray pictures, with their numbers in the lowest quarter. One key frame, and frames in another order."""
        with av.open(str(file), "w") as out:
            stream = out.add_stream("libx264", rate=self.rate, options={"preset": "veryfast", "bf": "3"})
            stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
            stream.codec_context.gop_size, stream.codec_context.thread_count = 250, 1
            for number, at in enumerate(self.pts):
                picture = VideoFrame(WIDTH, HEIGHT, "gray8")
                strip = HEIGHT // 4
                gray = bytes([60 + number % 120]) * WIDTH * (HEIGHT - strip)
                picture.planes[0].update(gray + encode_row(number, WIDTH) * strip)
                picture = picture.reformat(format="yuv420p")
                picture.pts, picture.time_base = at, Fraction(1, self.rate)
                out.mux(stream.encode(picture))
            out.mux(stream.encode(None))


FILMS = (Film(24, LENGTH * 0.8), Film(30, LENGTH), Film(60, LENGTH * 0.5), Film(24, LENGTH * 0.9, (1, 3, 1, 5)))


def moments(nudges: Sequence[int]) -> dict[tuple[int | None, ...], int]:
    """When each combination of frames is due first, in microseconds. A clip that has ended stays at its last frame."""
    found: dict[tuple[int | None, ...], int] = {}
    for moment in sorted({start for film in FILMS for start in film.starts}):
        frames = [sum(start <= moment for start in film.starts) - 1 for film in FILMS]
        nudged = zip(frames, nudges, FILMS, strict=True)
        found.setdefault(tuple(min(max(frame + by, 0), len(film.pts) - 1) for frame, by, film in nudged), moment)
    return found


class Lock:
    """A panel with the clips, and what is painted."""

    def __init__(self, files: Sequence[Path], theme: Theme, readers: FrameReaders, window: QWidget) -> None:
        self.actions = CompareActions(window)
        self.player_actions = PlayerActions(window, job_actions(window))
        self.player_actions.show_state(is_open=True)
        self.panel = ComparePanel(theme, lambda _: (), lambda _: None, readers.open, self.player_actions, self.actions)
        self.panel.setParent(window)
        self.panel.resize(window.size())
        self.painted: list[tuple[int | None, ...]] = []
        self._moments = moments((0, 0, 0, 0))
        facts = [video_facts(frames=len(film.pts), width=WIDTH, height=HEIGHT) for film in FILMS]
        jobs = [
            a_job(Ready(Clip(file, each)), number)
            for number, (file, each) in enumerate(zip(files, facts, strict=True), start=1)
        ]
        self.panel.show_view(compare_view([ComparedJob(job, SERVICE) for job in jobs], [""] * len(jobs)))

    def run(self, *commands: PlayerCommand) -> None:
        for command in commands:
            self.player_actions[command].trigger()

    def show(self, *frames: int) -> None:
        """Wait until these frames are painted."""
        wait_until(lambda: self.painted[-1:] == [frames], sleep=_work, seen=f"painted: {self.painted[-3:]}")

    def nudge(self, pane: int, by: int, nudges: Sequence[int]) -> None:
        """Nudge a clip, which leads to these nudges, and judge what is painted by them from then on."""
        self.panel.choose(pane)
        self._moments = moments(nudges)
        for _ in range(abs(by)):
            (self.actions.nudge_forward if by > 0 else self.actions.nudge_back).trigger()
        wait_until(lambda: self.painted[-1] in self._moments, sleep=_work, seen=f"painted: {self.painted[-3:]}")
        self.painted = self.painted[-1:]

    def seen(self) -> list[int]:
        """The moments painted since the last time, each of which all panes showed. Microseconds."""
        wrong = [frames for frames in self.painted if frames not in self._moments]
        assert not wrong, f"{len(wrong)} of {len(self.painted)} paints are of no moment, such as {wrong[:5]}"
        seen = [self._moments[frames] for frames in self.painted]
        self.painted = self.painted[-1:]
        return seen

    def play_to_end(self) -> list[int]:
        """The moments of playing, which has begun, until it stops by itself."""
        wait_until(lambda: not self.panel.is_playing, sleep=_work, seen=f"painted: {self.painted[-3:]}")
        QTest.qWait(50)  # the last paint
        return self.seen()


def _work(seconds: float) -> None:
    QTest.qWait(round(seconds * 1000))


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("locked")
    for number, film in enumerate(FILMS):
        film.write(folder / f"{number}.mp4")
    return [folder / f"{number}.mp4" for number in range(len(FILMS))]


@pytest.fixture
def lock(files: list[Path], theme: Theme, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lock]:
    readers, window = FrameReaders(), QWidget()
    qtbot.addWidget(window)
    window.resize(988, 830)
    lock = Lock(files, theme, readers, window)
    paint = CompareStage.paintEvent

    def paint_and_read(stage: CompareStage, event: QPaintEvent) -> None:
        paint(stage, event)
        images = [shown.image for shown in stage.images]
        if None not in images:
            lock.painted.append(tuple(None if image is None else frame_in(image) for image in images))

    monkeypatch.setattr(CompareStage, "paintEvent", paint_and_read)
    window.show()
    lock.show(0, 0, 0, 0)
    yield lock
    lock.panel.close_clips()
    readers.close()


@pytest.mark.slow
def test_at_every_paint_all_panes_show_the_same_moment(lock: Lock) -> None:
    lock.panel.set_loop(False)
    end = max(start for film in FILMS for start in film.starts)
    many = int(LENGTH * 5)  # moments, of 60 a second and more: a busy machine shows fewer

    lock.run(PlayerCommand.PLAY_PAUSE)
    forward = lock.play_to_end()
    assert forward == sorted(forward) and len(set(forward)) > many and forward[-1] == end

    lock.run(PlayerCommand.SHUTTLE_BACK)
    backward = lock.play_to_end()
    assert backward == sorted(backward, reverse=True) and len(set(backward)) > many and backward[-1] == 0

    for pane, steps in ((0, 12), (2, 9), (3, 5), (1, -8), (2, -14)):
        lock.panel.choose(pane)
        starts = FILMS[pane].starts
        at = sum(start <= lock.seen()[-1] for start in starts) - 1
        for _ in range(abs(steps)):
            at += 1 if steps > 0 else -1
            lock.run(PlayerCommand.FRAME_FORWARD if steps > 0 else PlayerCommand.FRAME_BACK)
            expected = tuple(sum(start <= starts[at] for start in film.starts) - 1 for film in FILMS)
            lock.show(*expected)
        assert len(set(lock.seen())) > abs(steps)

    _loop(lock)
    _scrub(lock)
    lock.actions.modes[Mode.DIFFERENCE].trigger()
    lock.nudge(1, 2, (0, 2, 0, 0))
    lock.nudge(2, -3, (0, 2, -3, 0))
    _loop(lock)
    _scrub(lock)


def _loop(lock: Lock) -> None:
    """Play an eighth of the length several times, faster and with the sound of another clip in the end."""
    lock.panel.choose(0)
    lock.run(PlayerCommand.CLEAR_RANGE, PlayerCommand.JUMP_TO_START)
    starts, frames = FILMS[0].starts, max(int(LENGTH / 8 * FILMS[0].rate), 4)
    wait_until(lambda: lock.painted[-1][0] == 0, sleep=_work)
    for _ in range(3):
        lock.run(PlayerCommand.FRAME_FORWARD)
    wait_until(lambda: lock.painted[-1][0] == 3, sleep=_work)
    lock.run(PlayerCommand.RANGE_START)
    for _ in range(frames - 1):
        lock.run(PlayerCommand.FRAME_FORWARD)
    wait_until(lambda: lock.painted[-1][0] == 2 + frames, sleep=_work)
    lock.run(PlayerCommand.RANGE_END)
    lock.panel.set_loop(True)
    lock.seen()
    lock.run(PlayerCommand.PLAY_PAUSE)
    wait_until(lambda: _wraps(lock.painted) == 1, sleep=_work, seen=f"painted: {lock.painted[-20:]}")
    lock.panel.choose(2)  # another clip is heard, and all play faster
    lock.run(PlayerCommand.DOUBLE_SPEED)
    wait_until(lambda: _wraps(lock.painted) == 3, sleep=_work, seen=f"painted: {lock.painted[-20:]}")
    lock.run(PlayerCommand.PLAY_PAUSE, PlayerCommand.NORMAL_SPEED)
    QTest.qWait(50)
    seen = lock.seen()
    assert starts[3] <= min(seen) and max(seen) < starts[3 + frames]
    lock.panel.set_loop(False)


def _wraps(painted: Sequence[tuple[int | None, ...]]) -> int:
    """How often the first clip went back."""
    frames = [frames[0] or 0 for frames in painted]
    return sum(after < before for before, after in pairwise(frames))


def _scrub(lock: Lock) -> None:
    """Drag the playhead over the filmstrip and back."""
    lock.panel.choose(1)
    strip = lock.panel.findChild(QWidget, "scrubBar")
    assert isinstance(strip, QWidget)
    lock.seen()
    middle = strip.height() // 2
    places = [*range(10, strip.width() - 10, 17), *range(strip.width() - 30, 30, -41)]
    QTest.mousePress(strip, Qt.MouseButton.LeftButton, pos=QPoint(10, middle))
    for place in places:
        QTest.mouseMove(strip, QPoint(place, middle))
        QTest.qWait(5)
    QTest.mouseRelease(strip, Qt.MouseButton.LeftButton, pos=QPoint(places[-1], middle))
    stage = lock.panel.findChild(CompareStage)
    assert stage is not None
    wait_until(lambda: all(shown.picture is not None and shown.picture.is_exact for shown in stage.images), sleep=_work)
    QTest.qWait(50)
    assert len(set(lock.seen())) > 5
