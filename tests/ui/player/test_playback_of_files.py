"""Playback of real files by the real frame reader: the number in the picture is the number of the frame."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from frame_numbers import frame_in
from odd_clips import KINDS, STEP, gray_of_frame, odd_clip
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from sora_desktop.controllers.frame_readers import FrameReaders
from sora_desktop.domain.frames import ReadClip
from sora_desktop.ui.player.asked_frames import MomentPictures
from sora_desktop.ui.player.picture_image import image_of
from sora_desktop.ui.player.play_range import Jump, PlayRange
from sora_desktop.ui.player.playback import Playback


class Seen:
    """What a playback shows: the numbers in the pictures, beside those that it says."""

    def __init__(self, playback: Playback) -> None:
        self.playback = playback
        self.numbers: list[tuple[int | None, ...]] = []
        self.errors: list[str] = []
        playback.pictures_shown.connect(self._add)
        playback.failed.connect(lambda _, message: self.errors.append(message))

    def _add(self, pictures: MomentPictures) -> None:
        numbers = tuple(None if picture is None else frame_in(image_of(picture)) for picture in pictures)
        assert numbers == tuple(None if picture is None else picture.frame for picture in pictures)
        self.numbers.append(numbers)


@pytest.fixture(scope="module")
def readers(qapp: object) -> Iterator[FrameReaders]:
    readers = FrameReaders()
    readers.warm_up()
    yield readers
    readers.close()


@pytest.fixture
def seen(readers: FrameReaders, qtbot: QtBot) -> Iterator[Seen]:
    playback = Playback(readers.open)
    playback.set_muted(True)
    yield Seen(playback)
    playback.close()


def test_every_frame_that_is_shown_is_the_one_that_is_named(seen: Seen, clip_file: Path, qtbot: QtBot) -> None:
    playback = seen.playback
    playback.open([ReadClip(clip_file), ReadClip(clip_file)], frame=5)
    qtbot.waitUntil(lambda: seen.numbers[-1:] == [(5, 5)])
    for steps in (1, 1, -3, 40, -1):
        target = playback.frame + steps
        playback.step(steps)
        qtbot.waitUntil(partial(_ends_with, seen, target))
    playback.set_range(PlayRange(1_000_000, 1_250_000))
    playback.jump(Jump.RANGE_START)
    qtbot.waitUntil(lambda: seen.numbers[-1] == (24, 24))
    start = len(seen.numbers)
    playback.play()
    qtbot.waitUntil(lambda: seen.numbers[start:].count((24, 24)) > 1)
    assert {number for number, _ in seen.numbers[start:]} <= set(range(24, 30))
    assert all(first == second for first, second in seen.numbers)


def _ends_with(seen: Seen, frame: int) -> bool:
    return seen.numbers[-1] == (frame, frame)


def test_a_file_that_is_no_video_says_so(seen: Seen, tmp_path: Path, qtbot: QtBot) -> None:
    file = tmp_path / "broken.mp4"
    file.write_bytes(b"not a video" * 100)
    seen.playback.open([ReadClip(file)])
    qtbot.waitUntil(lambda: bool(seen.errors))
    assert not seen.playback.is_playing


@pytest.mark.parametrize("name", ["variable rate", "start offset", "av1", "prores"])
def test_clips_of_unusual_kinds_are_stepped_and_played_like_others(
    readers: FrameReaders, qtbot: QtBot, tmp_path: Path, name: str
) -> None:
    kind = KINDS[name]
    playback = Playback(readers.open)
    shown: list[int] = []

    def add(pictures: MomentPictures) -> None:
        (picture,) = pictures
        assert picture is not None
        if picture.is_exact:  # not small ones: the exact one of a jump may come while it plays already
            shown.append(_number_in(image_of(picture)))

    errors: list[str] = []
    playback.failed.connect(lambda _, message: errors.append(message))
    playback.pictures_shown.connect(add)
    playback.open([ReadClip(odd_clip(tmp_path, kind))], frame=3)
    qtbot.waitUntil(lambda: shown[-1:] == [3] or errors != [])
    assert not errors
    for steps in (1, -3, 20, -1):
        target = playback.frame + steps
        playback.step(steps)
        qtbot.waitUntil(partial(_is_last, shown, target))
    lengths = [kind.durations[number % len(kind.durations)] for number in range(kind.frames)]
    assert abs(playback.seconds - sum(lengths[:20]) / 24) < 0.01, "counted from the first frame"
    playback.set_range(PlayRange(0, 500_000))
    playback.jump(Jump.START)
    qtbot.waitUntil(partial(_is_last, shown, 0))
    start = len(shown)
    playback.play()
    qtbot.waitUntil(lambda: shown[start:] != sorted(shown[start:]))  # by the loop; its first frame may be left out
    playback.close()
    assert max(shown[start:]) < next(n for n in range(30) if sum(lengths[:n]) >= 12)


def _number_in(image: QImage) -> int:
    return round((image.pixelColor(image.width() // 2, image.height() // 2).green() - gray_of_frame(0)) / STEP)


def _is_last(shown: list[int], frame: int) -> bool:
    return shown[-1] == frame
