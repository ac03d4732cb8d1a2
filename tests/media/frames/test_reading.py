"""Frames and their times from the real process."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from frame_reading import Reader, frame_reader, gray_of, image_of

ClipMaker = Callable[..., Path]

#: Of every frame, so that each can be told from the others.
SHADES = [40 + 3 * n for n in range(60)]


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    with frame_reader() as opened:
        yield opened


def shade_of(gray: int) -> int:
    """The number of the frame that has this shade."""
    return round((gray - SHADES[0]) / 3)


def test_every_frame_is_shown_in_any_order(reader: Reader, make_clip: ClipMaker) -> None:
    clips = reader.open(make_clip(shades=SHADES, group=20))
    assert len(clips.opened[0].times.starts) == 60
    for frame in [0, 1, 2, 59, 58, 30, 29, 28, 5, 45, 44, 46, 0]:
        picture = clips.picture(frame)
        assert (picture.width, picture.height, shade_of(gray_of(picture))) == (160, 96, frame)
        assert image_of(picture).pixelColor(3, 3).green() == gray_of(picture)
    clips.set.close()


def test_clips_in_frame_lock_are_answered_together(reader: Reader, make_clip: ClipMaker, tmp_path: Path) -> None:
    text = tmp_path / "text.mp4"
    text.write_bytes(b"hello, " * 400)
    clips = reader.open(make_clip("a.mp4", shades=SHADES), make_clip("b.mkv", shades=SHADES, group=10), text)
    assert "not a playable video" in clips.failures[2]
    clips.set.set_size(1, 80, 80)
    first, second, third = clips.show(40, 7, 0)
    assert first is not None and second is not None and third is None
    assert (first.width, first.height, shade_of(gray_of(first))) == (160, 96, 40)
    assert second.width in (80, 160)  # a frame that was decoded before may have more pixels
    assert shade_of(gray_of(second)) == 7
    clips.set.close()


@pytest.mark.skipif(sys.platform != "linux", reason="names of bytes that are no text")
def test_files_with_any_name_are_read_or_fail(reader: Reader, make_clip: ClipMaker, tmp_path: Path) -> None:
    good = make_clip(os.fsdecode(b"a\xff \xe2\x80\xae\n%s.mp4"))
    assert reader.open(good).picture(1).frame == 1
    bad = tmp_path / os.fsdecode(b"b\xff.mp4")
    bad.write_bytes(bytes(500))
    for file in (bad, tmp_path / os.fsdecode(b"c\xff.mp4")):
        assert "\\xff.mp4” " in reader.open(file).failures[0]


def test_the_last_of_many_requests_is_answered(reader: Reader, make_clip: ClipMaker) -> None:
    clips = reader.open(make_clip(shades=SHADES))
    for frame in range(59):
        clips.set.show([frame], is_scrub=True)
    clips.set.show([59])
    clips.wait(lambda: clips.pictures and clips.pictures[-1][0] is not None and clips.pictures[-1][0].frame == 59)
    assert len(clips.pictures) <= 60
    clips.set.close()


def test_a_larger_size_of_every_clip_is_read_without_being_asked_for_again(
    reader: Reader, make_clip: ClipMaker
) -> None:
    clips = reader.open(make_clip("a.mp4", shades=SHADES), make_clip("b.mp4", shades=SHADES))
    for clip in (0, 1):
        clips.set.set_size(clip, 40, 40)
    clips.show(30, 30)
    clips.show(40, 40)
    for clip in (0, 1):
        clips.set.set_size(clip, 500, 500)
    clips.wait(lambda: [picture and picture.width for picture in clips.pictures[-1]] == [160, 160])
    clips.set.close()
