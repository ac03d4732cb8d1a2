"""A clip whose frames Qt cannot show is shown as single frames that are decoded elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import av
import pytest
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from builders import a_job
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QGuiApplication, QImage, QKeyEvent
from PySide6.QtMultimedia import QMediaPlayer
from pytestqt.qtbot import QtBot

from sora_desktop.api.sora.capabilities import CAPABILITIES
from sora_desktop.domain.clip import Clip, VideoFacts
from sora_desktop.domain.job import Job, Ready
from sora_desktop.media.videos import facts_of
from sora_desktop.state.clip_text import facts_shown
from sora_desktop.ui.player import playback as playback_module
from sora_desktop.ui.player.playback import Playback, PlaybackState
from sora_desktop.ui.player.player_panel import PlayerPanel
from sora_desktop.ui.player.stills import Still, Stills
from sora_desktop.ui.player.video_view import VideoView
from sora_desktop.ui.theme import Theme

CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


def clip_of(file: Path, codec: str, pixels: str, *, sound: bool = False) -> Path:
    """A clip of 24 frames, which are black."""
    with av.open(str(file), "w") as output:
        stream = output.add_stream(codec, rate=24)
        assert isinstance(stream, VideoStream)
        stream.width, stream.height, stream.pix_fmt = 160, 96, pixels
        tone = output.add_stream("aac", rate=44100) if sound else None
        for place in range(24):
            frame = VideoFrame(160, 96, "rgb24").reformat(format=pixels)
            frame.pts = place
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
        for place in range(44 if tone is not None else 0):
            samples = av.AudioFrame(format="fltp", layout="stereo", samples=1024)
            for plane in samples.planes:
                plane.update(bytes(plane.buffer_size))
            samples.sample_rate, samples.pts = 44100, place * 1024
            assert tone is not None
            output.mux(tone.encode(samples))
        if tone is not None:
            output.mux(tone.encode(None))
    return file


@pytest.fixture(scope="module")
def ten_bit_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Offscreen, there is no graphics card, and Qt makes no pictures of its frames."""
    return clip_of(tmp_path_factory.mktemp("clips") / "ten.mp4", "libx264", "yuv420p10le")


@pytest.fixture(scope="module")
def av1_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Qt has no decoder for it."""
    return clip_of(tmp_path_factory.mktemp("clips") / "av1.mp4", "libsvtav1", "yuv420p")


@pytest.fixture(scope="module")
def av1_clip_with_sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Paused, Qt sends neither a frame of it nor a word."""
    return clip_of(tmp_path_factory.mktemp("clips") / "sound.mp4", "libsvtav1", "yuv420p", sound=True)


class Needs:
    """Records the stills that a playback needs, what it says, and what it shows by itself."""

    def __init__(self, playback: Playback) -> None:
        self.stills: list[int] = []
        self.messages: list[str] = []
        self.shown = 0
        playback.still_needed.connect(self.stills.append)
        playback.decoder_missing.connect(self.messages.append)
        playback.failed.connect(self.messages.append)
        playback.frame_shown.connect(self._count)

    def _count(self, _: object) -> None:
        self.shown += 1


@pytest.fixture(autouse=True)
def short_wait(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Do not wait long for the first frame of a clip without a decoder."""
    if "ten_bit_clip" not in request.fixturenames:
        monkeypatch.setattr(playback_module, "NO_FRAME_AFTER", 20)


@pytest.fixture
def playback(qtbot: QtBot) -> Iterator[Playback]:
    playback = Playback()
    playback.set_muted(True)
    yield playback
    playback.close()
    playback.deleteLater()


def test_frames_without_a_picture_are_needed_as_stills(playback: Playback, ten_bit_clip: Path, qtbot: QtBot) -> None:
    needs = Needs(playback)
    playback.open(ten_bit_clip, facts_of(ten_bit_clip))
    qtbot.waitUntil(lambda: needs.stills == [0])
    playback.seek_frame(7)
    qtbot.waitUntil(lambda: needs.stills[-1] == 7 == playback.frame)
    assert (needs.shown, needs.messages) == (0, [])


def test_without_a_decoder_every_frame_can_be_looked_at(playback: Playback, av1_clip: Path, qtbot: QtBot) -> None:
    needs = Needs(playback)
    playback.set_loop(True)
    playback.open(av1_clip, facts_of(av1_clip))
    qtbot.waitUntil(lambda: needs.stills == [0])
    assert len(needs.messages) == 1 and "av1" in needs.messages[0] and "Show in folder" in needs.messages[0]
    playback.seek_frame(7)
    playback.step(1)
    playback.step(-3)
    playback.seek_frame(99)
    assert needs.stills == [0, 7, 8, 5, 23]
    assert playback.frame == 23
    playback.play()
    assert playback.state is PlaybackState.PAUSED
    assert len(needs.messages) == 2


def test_a_clip_that_qt_cannot_open_is_shown_in_stills_and_no_decoder_is_blamed(
    playback: Playback, tmp_path: Path, av1_clip: Path, qtbot: QtBot
) -> None:
    file = clip_of(tmp_path / "clip.mp4", "libx264", "yuv420p")
    file.write_bytes(file.read_bytes() + b"\0\0\0\x08uuid")  # a box without its id
    needs = Needs(playback)
    playback.open(file, facts_of(file))
    qtbot.waitUntil(lambda: needs.stills == [0])
    assert "cannot play this clip" in needs.messages[-1] and "decoder" not in needs.messages[-1]
    playback.open(av1_clip, facts_of(av1_clip))
    qtbot.waitUntil(lambda: needs.stills[1:] == [0])
    assert "Qt has no decoder for av1" in needs.messages[-1], "not the reason of the clip before"


def test_a_silent_clip_without_a_decoder_does_not_keep_a_core_busy(
    monkeypatch: pytest.MonkeyPatch, av1_clip: Path, qtbot: QtBot
) -> None:
    monkeypatch.setattr(playback_module, "GIVE_UP_AFTER", 20)
    playback = Playback()
    needs = Needs(playback)
    playback.open(av1_clip, facts_of(av1_clip))
    player = playback.findChild(QMediaPlayer)
    assert isinstance(player, QMediaPlayer)
    qtbot.waitUntil(lambda: needs.stills == [0] and player.source().isEmpty())
    playback.seek_frame(7)
    assert needs.stills == [0, 7]
    playback.close()
    playback.deleteLater()


def test_a_clip_without_a_decoder_opens_at_the_frame_it_was_left_at(
    playback: Playback, av1_clip: Path, qtbot: QtBot
) -> None:
    needs = Needs(playback)
    playback.open(av1_clip, facts_of(av1_clip), 9)
    qtbot.waitUntil(lambda: needs.stills == [9])


def test_the_pictures_follow_the_sound_of_a_clip_without_a_decoder(
    playback: Playback, av1_clip_with_sound: Path, qtbot: QtBot
) -> None:
    needs = Needs(playback)
    playback.open(av1_clip_with_sound, facts_of(av1_clip_with_sound))
    qtbot.waitUntil(lambda: needs.stills == [0] and len(needs.messages) == 1)
    playback.play()
    qtbot.waitUntil(lambda: needs.stills[-1] > 0)


def test_a_clip_that_qt_decodes_needs_no_stills(
    monkeypatch: pytest.MonkeyPatch, clip_file: Path, clip_facts: VideoFacts, qtbot: QtBot
) -> None:
    monkeypatch.setattr(playback_module, "NO_FRAME_AFTER", 0)  # its first frame is late
    playback = Playback()
    playback.set_muted(True)
    needs = Needs(playback)
    playback.open(clip_file, clip_facts)
    qtbot.waitUntil(lambda: needs.shown > 0)
    playback.seek_frame(7)
    qtbot.waitUntil(lambda: playback.frame == 7 and needs.shown > 1)
    assert needs.stills in ([], [0])
    playback.close()
    playback.deleteLater()


def job_of(clip: Path) -> Job:
    return a_job(Ready(Clip(clip, facts_of(clip))))


def picture(color: str) -> QImage:
    image = QImage(160, 96, QImage.Format.Format_RGB32)
    image.fill(QColor(color))
    return image


@pytest.fixture
def panel(theme: Theme, qtbot: QtBot) -> Iterator[PlayerPanel]:
    panel = PlayerPanel(theme, lambda job: facts_shown(job, CAPABILITIES))
    panel.resize(900, 700)
    panel.show()
    yield panel
    panel.close_clip()
    panel.deleteLater()


def shown_by(panel: PlayerPanel) -> QImage:
    view = panel.findChild(VideoView)
    assert isinstance(view, VideoView)
    return view.image()


def test_the_player_shows_the_last_still_that_is_wanted(panel: PlayerPanel, av1_clip: Path, qtbot: QtBot) -> None:
    asked: list[Still] = []
    messages: list[str] = []
    panel.still_requested.connect(asked.append)
    panel.message_requested.connect(messages.append)
    panel.open_clip(job_of(av1_clip), None)
    qtbot.waitUntil(lambda: asked == [Still(av1_clip, 0)])
    for _ in range(3):
        panel.handle_key(QKeyEvent(QKeyEvent.Type.KeyPress, Qt.Key.Key_Right, Qt.KeyboardModifier.NoModifier))
    assert panel.frame == 3 and len(asked) == 1
    copy = QKeyEvent(QKeyEvent.Type.KeyPress, Qt.Key.Key_C, CTRL | SHIFT)
    messages.clear()
    panel.handle_key(copy)
    assert messages == ["Frame 3 is still being read. Try again when it is shown."]
    panel.show_still(asked[0], picture("red"))
    assert asked == [Still(av1_clip, 0), Still(av1_clip, 3)]
    panel.show_still(asked[0], picture("blue"))  # outdated
    panel.show_still(asked[1], picture("lime"))
    assert shown_by(panel).pixelColor(5, 5) == QColor("lime")
    panel.handle_key(copy)
    assert QGuiApplication.clipboard().image().pixelColor(5, 5) == QColor("lime")


def test_a_still_of_a_clip_that_is_no_longer_open_is_not_shown(
    panel: PlayerPanel, av1_clip: Path, clip_file: Path, clip_facts: VideoFacts, qtbot: QtBot
) -> None:
    asked: list[Still] = []
    panel.still_requested.connect(asked.append)
    panel.open_clip(job_of(av1_clip), None)
    qtbot.waitUntil(lambda: len(asked) == 1)
    panel.close_clip()
    panel.show_still(asked[0], picture("red"))
    assert shown_by(panel).isNull()


def test_a_still_that_cannot_be_decoded_says_why(panel: PlayerPanel, av1_clip: Path, qtbot: QtBot) -> None:
    asked: list[Still] = []
    panel.still_requested.connect(asked.append)
    panel.open_clip(job_of(av1_clip), None)
    qtbot.waitUntil(lambda: len(asked) == 1)
    panel.show_still(asked[0], QImage(), "Frame 0 cannot be decoded.")
    view = panel.findChild(VideoView)
    assert isinstance(view, VideoView) and view.accessibleDescription() == "Frame 0 cannot be decoded."


def test_of_many_stills_the_last_one_follows() -> None:
    file, other = Path("a.mp4"), Path("b.mp4")
    stills = Stills().wanting(Still(file, 0)).asking()
    for frame in range(1, 5):
        stills = stills.wanting(Still(file, frame))
    assert stills == Stills(wanted=Still(file, 4), asked=Still(file, 0))
    assert stills.answered().asking().asked == Still(file, 4)
    assert stills.wanting(Still(other, 0)).asked is None
