"""Rendered clips: size, length, sound, frame strip, and pictures that move and depend on the seed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import av
import pytest
from av.video.frame import VideoFrame
from frame_numbers import decode_row

from sora_desktop.sandbox import font, frame_strip
from sora_desktop.sandbox.render import RATE, RenderCancelled, Scene, check_image, render

Shot = Callable[[Scene], Path]
CAT = Scene("1", "A cat", tiny=True)


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
    assert check_clip(shot(Scene("1", "A cat", shape, 5, quality, tiny=True))) == (*size, 5 * RATE)


@pytest.mark.parametrize("duration", [10, 15])
def test_a_clip_has_the_requested_length(shot: Shot, duration: int) -> None:
    assert check_clip(shot(replace(CAT, duration=duration)))[2] == duration * RATE


def test_a_clip_of_normal_size_is_correct(shot: Shot) -> None:
    assert check_clip(shot(Scene("1", "A cat"))) == (1280, 720, 120)


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
    for seed in range(4):  # each seed may choose another kind of gradient
        assert check_clip(shot(Scene(str(seed), "A cat", shape, 5, quality)))[:2] == size


def test_the_pictures_move(shot: Shot) -> None:
    for seed in range(6):
        seen = frames(shot(replace(CAT, seed=str(seed))))
        assert difference(seen[0], seen[40]) > 2 and difference(seen[40], seen[100]) > 2


def test_the_same_seed_gives_the_same_pictures(shot: Shot) -> None:
    first, again, other = (frames(shot(replace(CAT, seed=seed)))[60] for seed in ("cat", "cat", "dog"))
    assert difference(first, again) == 0
    assert difference(first, other) > 8


def test_the_prompt_is_drawn_into_the_picture(shot: Shot) -> None:
    scene = Scene("1", "A cat on a mat", "1:1", tiny=True)
    caption = font.text_rows(scene.prompt, 120, 1)
    seen = frames(shot(scene))[30]
    for place, wanted in enumerate(caption, 120 // 20):
        wrong = sum((a > 128) != (b > 128) for a, b in zip(row(seen, place), wanted, strict=True))
        assert wrong <= 4, "compression may change a few pixels"


def test_a_clip_from_an_image_moves_over_the_image(shot: Shot, tmp_path: Path, png: bytes) -> None:
    image = tmp_path / "image.png"
    image.write_bytes(png)
    for shape in ("16:9", "9:16", "1:1"):
        scene = Scene("1", "It blooms", shape, tiny=True, image=image)
        clip = shot(scene)
        check_clip(clip)
        seen = frames(clip)
        assert difference(seen[0], seen[-1]) > 2
        assert difference(seen[0], frames(shot(replace(scene, image=None)))[0]) > 8


def test_the_thumbnail_is_a_jpeg_of_the_clip(shot: Shot) -> None:
    thumbnail = shot(CAT).with_suffix(".jpg")
    assert check_image(thumbnail) == ".jpg"
    assert (frames(thumbnail)[0].width, frames(thumbnail)[0].height) == (160, 90)


def test_a_cancelled_rendering_leaves_no_clip(tmp_path: Path) -> None:
    answers = iter([True] * 10)
    with pytest.raises(RenderCancelled):
        render(CAT, tmp_path / "a.mp4", tmp_path / "a.jpg", lambda: next(answers, False))
    assert not (tmp_path / "a.mp4").exists()


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


def test_a_long_prompt_is_wrapped_and_cut() -> None:
    rows = font.text_rows("word " * 400, 320, 2)
    assert len(rows) == 2 * 2 + 3 * font.LINE * 2 and {len(one) for one in rows} == {320}
    assert font.text_rows(" ", 320, 2) == []
    assert font.text_rows("Éte", 320, 2) == font.text_rows("Ete", 320, 2), "accents are removed"
    assert font.text_rows("日", 320, 2) == font.text_rows("本", 320, 2), "unknown characters are boxes"
