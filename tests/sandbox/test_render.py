"""Rendered clips: size, length, sound, frame strip, and pictures that move and depend on the seed."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import av
import pytest
from av.video.frame import VideoFrame
from frame_numbers import decode_row

from sora_desktop.sandbox import frame_strip
from sora_desktop.sandbox import render as rendering
from sora_desktop.sandbox.render import RATE, ClipFormat, ClipKind, RenderCancelled, Scene, check_image, render
from sora_desktop.sandbox.scenery import film

Shot = Callable[[Scene], Path]
CAT = Scene("1", "A cat", tiny=True, frame_strip=True)


@pytest.fixture
def shot(tmp_path: Path) -> Shot:
    """Returns a function that renders a scene to a new file, with its thumbnail next to it."""

    def rendered(scene: Scene) -> Path:
        file = tmp_path / f"{len(list(tmp_path.iterdir()))}.mp4"
        render(scene, file, file.with_suffix(".jpg"))
        return file

    return rendered


def frames(file: Path) -> list[VideoFrame]:
    with av.open(str(file)) as container:
        return list(container.decode(video=0))


def row(frame: VideoFrame, place: int) -> bytes:
    """One luma row; a negative place counts from the bottom."""
    plane = frame.planes[0]
    begin = (place % frame.height) * plane.line_size
    return bytes(memoryview(plane)[begin : begin + frame.width])


def difference(one: VideoFrame, other: VideoFrame) -> float:
    """Mean difference of luma in the middle third, where neither caption nor strip is. 0 to 255."""
    rows = range(one.height // 3, one.height * 2 // 3)
    pairs = [pair for place in rows for pair in zip(row(one, place), row(other, place), strict=True)]
    return sum(abs(a - b) for a, b in pairs) / len(pairs)


def check_clip(file: Path) -> tuple[int, int, int]:
    """Check everything else about the clip, and return width, height and number of frames."""
    with av.open(str(file)) as container:
        picture, sound = container.streams.video[0], container.streams.audio[0]
        assert (picture.codec_context.name, sound.codec_context.name) == ("h264", "aac")
        assert picture.average_rate == RATE and picture.codec_context.pix_fmt == "yuv420p"
        assert picture.duration and picture.time_base and sound.duration and sound.time_base
        length = float(picture.duration * picture.time_base)
        assert abs(float(sound.duration * sound.time_base) - length) < 0.05
        numbers = [(frame.width, frame.height, decode_row(row(frame, -8))) for frame in container.decode(video=0)]
    assert [number for *_, number in numbers] == list(range(len(numbers))), "the strip counts the frames"
    assert length == len(numbers) / RATE
    return numbers[0][0], numbers[0][1], len(numbers)


@pytest.mark.parametrize(("shape", "size"), [("16:9", (160, 90)), ("9:16", (90, 160)), ("1:1", (120, 120))])
@pytest.mark.parametrize("quality", ["standard", "high"])
def test_a_tiny_clip_is_correct(shot: Shot, shape: str, size: tuple[int, int], quality: str) -> None:
    assert check_clip(shot(replace(CAT, aspect_ratio=shape, quality=quality))) == (*size, 5 * RATE)


@pytest.mark.parametrize("duration", [10, 15])
def test_a_clip_has_the_requested_length(shot: Shot, duration: int) -> None:
    assert check_clip(shot(replace(CAT, duration=duration)))[2] == duration * RATE


def test_a_clip_of_normal_size_is_correct(shot: Shot) -> None:
    assert check_clip(shot(replace(CAT, tiny=False))) == (1280, 720, 120)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("shape", "quality", "size"),
    [
        ("9:16", "standard", (720, 1280)),
        ("1:1", "standard", (720, 720)),
        ("16:9", "high", (1920, 1080)),
        ("9:16", "high", (1080, 1920)),
        ("1:1", "high", (1080, 1080)),
    ],
)
def test_every_aspect_ratio_and_quality(shot: Shot, shape: str, quality: str, size: tuple[int, int]) -> None:
    assert check_clip(shot(replace(CAT, aspect_ratio=shape, quality=quality, tiny=False)))[:2] == size


def test_the_pictures_move(shot: Shot) -> None:
    for seed in range(6):
        seen = frames(shot(replace(CAT, seed=str(seed))))
        assert difference(seen[0], seen[40]) > 2 and difference(seen[40], seen[100]) > 2


def test_the_same_seed_gives_the_same_pictures(shot: Shot) -> None:
    first, again, other = (
        frames(shot(Scene(seed, "Something else", tiny=True)))[60] for seed in ("one", "one", "another")
    )
    assert difference(first, again) == 0
    assert difference(first, other) > 8


def test_the_prompt_is_drawn_at_the_bottom_left(shot: Shot) -> None:
    one, other = (
        frames(shot(Scene("1", prompt, "1:1", tiny=True)))[60] for prompt in ("A cat on a mat", "A cat in a hat")
    )
    assert difference(one, other) == 0, "what the prompts have in common chooses the picture"
    bottom = bytes(row(one, -12)), bytes(row(other, -12))
    assert any(abs(a - b) > 40 for a, b in zip(bottom[0][:60], bottom[1][:60], strict=True))


def test_only_tests_see_the_frame_strip(shot: Shot) -> None:
    assert decode_row(row(frames(shot(replace(CAT, frame_strip=False)))[0], -8)) is None


def test_a_clip_from_an_image_moves_over_the_image(shot: Shot, tmp_path: Path, png: bytes) -> None:
    image = tmp_path / "image.png"
    image.write_bytes(png)
    scene = replace(CAT, image=image)
    clip = shot(scene)
    check_clip(clip)
    seen = frames(clip)
    assert difference(seen[0], seen[-1]) > 2
    assert difference(seen[0], frames(shot(replace(scene, image=None)))[0]) > 8


def test_without_the_libraries_that_qt_needs_a_clip_is_plain_and_whole(
    shot: Shot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "sora_desktop.sandbox.scenery.film", None)
    clip = shot(CAT)
    check_clip(clip)
    seen = frames(clip)
    assert difference(seen[0], seen[100]) > 2


def test_the_thumbnail_is_a_jpeg_of_the_clip(shot: Shot) -> None:
    thumbnail = shot(CAT).with_suffix(".jpg")
    assert check_image(thumbnail) == ".jpg"
    assert (frames(thumbnail)[0].width, frames(thumbnail)[0].height) == (160, 90)


def test_one_thread_at_a_time_uses_qt(shot: Shot, monkeypatch: pytest.MonkeyPatch) -> None:
    held: list[bool] = []

    class Blank:
        ambience = "quiet"

        def __init__(self, *_: object) -> None:
            held.append(rendering._PAINTING.locked())

        def paint(self, *_: object) -> None:
            held.append(rendering._PAINTING.locked())

    monkeypatch.setattr(film, "film_of", Blank)
    shot(CAT)
    assert held == [True] * 6, "while it is made, and for each of five pictures"
    assert not rendering._PAINTING.locked()


def test_a_stopped_rendering_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(RenderCancelled):
        render(CAT, tmp_path / "a.mp4", tmp_path / "a.jpg", lambda number: number < 100)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("number", [0, 1, 359, (1 << 24) - 1])
@pytest.mark.parametrize("width", [32, 90, 120, 160, 720, 1080, 1920])
def test_a_strip_holds_its_number_at_any_width(number: int, width: int) -> None:
    encoded = frame_strip.encode_row(number, width)
    assert len(encoded) == width and decode_row(encoded) == number
    assert decode_row(encoded[::-1]) is None


def test_a_row_that_is_not_a_strip_has_no_number() -> None:
    damaged = bytearray(frame_strip.encode_row(5, 320))
    damaged[155] = 255 - damaged[155]
    for wrong in (bytes(320), b"\xff" * 320, bytes(31), bytes(damaged)):
        assert decode_row(wrong) is None
    with pytest.raises(ValueError, match="24 bits"):
        frame_strip.encode_row(1 << 24, 320)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere no encoder changes its priority")
def test_no_thread_keeps_the_realtime_priority_that_an_encoder_took(shot: Shot) -> None:
    """SVT-AV1 takes it if the user is root, also for the thread that opens it."""
    policies = set[int]()

    def look(number: int) -> bool:
        if number:  # the first picture is encoded
            policies.update(os.sched_getscheduler(int(thread.name)) for thread in Path("/proc/self/task").iterdir())
        return True

    clip = ClipFormat((64, 64), 8, has_sound=False, kind=ClipKind.AV1)
    render(replace(CAT, own_format=clip), shot(CAT), shot(CAT).with_suffix(".jpg"), look)
    assert policies == {os.SCHED_OTHER}
