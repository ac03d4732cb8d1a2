"""Copied frames and exported ranges have the colors that FFmpeg's own conversion gives."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from fractions import Fraction
from io import BytesIO
from pathlib import Path

import av
import pytest
from av.filter import Graph
from av.video.frame import VideoFrame
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc
from av.video.stream import VideoStream
from media.turned_clips import turn_clip

from sora_desktop.media.frames.decoder import FrameDecoder
from sora_desktop.media.frames.pictures import PictureMaker
from sora_desktop.media.range_export import export_range
from sora_desktop.media.video_pictures import still_of

#: Every color beside every other, moving, with edges in luma and chroma.
PATTERN = ("testsrc2", "size=160x96:rate=24")
#: Rounds, and takes every pixel's own color.
ACCURATE = "flags=bicubic+accurate_rnd+full_chroma_int+full_chroma_inp"
TO_RGB = (("scale", ACCURATE), ("format", "rgb24"))
CLOCK, COUNTER_CLOCK, MIRROR, FLIP = ("transpose", "clock"), ("transpose", "cclock"), ("hflip", ""), ("vflip", "")
FRAMES = 8

Tags = tuple[Colorspace, ColorRange, ColorPrimaries, ColorTrc]
BT601: Tags = (Colorspace.ITU601, ColorRange.MPEG, ColorPrimaries.SMPTE170M, ColorTrc.SMPTE170M)
BT601_FULL: Tags = (Colorspace.ITU601, ColorRange.JPEG, ColorPrimaries.SMPTE170M, ColorTrc.SMPTE170M)
BT709: Tags = (Colorspace.ITU709, ColorRange.MPEG, ColorPrimaries.BT709, ColorTrc.BT709)
BT709_FULL: Tags = (Colorspace.ITU709, ColorRange.JPEG, ColorPrimaries.BT709, ColorTrc.BT709)
ALL_TAGS = {"601": BT601, "601 full": BT601_FULL, "709": BT709, "709 full": BT709_FULL}


def filtered_by(source: tuple[str, str] | VideoFrame, *filters: tuple[str, str]) -> Iterator[VideoFrame]:
    """The frames after FFmpeg's filters."""
    graph = Graph()
    if isinstance(source, VideoFrame):
        first = graph.add_buffer(
            width=source.width, height=source.height, format=source.format, time_base=Fraction(1, 24)
        )
    else:
        first = graph.add(*source)
    graph.link_nodes(first, *(graph.add(name, arguments) for name, arguments in filters), graph.add("buffersink"))
    graph.configure()
    if isinstance(source, VideoFrame):
        source.pts = 0
        graph.push(source)
    while True:
        frame = graph.pull()
        assert isinstance(frame, VideoFrame)
        yield frame


def pattern_clip(file: Path, codec: str, pix_fmt: str, tags: Tags, **encoding: str) -> Path:
    matrix, color_range, primaries, transfer = tags
    with av.open(str(file), "w") as output:
        stream = output.add_stream(codec, rate=24)
        assert isinstance(stream, VideoStream)
        stream.width, stream.height, stream.pix_fmt, stream.options = 160, 96, pix_fmt, {**encoding}
        context = stream.codec_context
        context.thread_count = 1
        context.colorspace, context.color_range = matrix, color_range
        context.color_primaries, context.color_trc = primaries, transfer
        for number, frame in zip(range(FRAMES), filtered_by(PATTERN, ("format", "rgb24")), strict=False):
            picture = frame.reformat(format=pix_fmt, dst_colorspace=matrix, dst_color_range=color_range)
            picture.pts, picture.time_base, picture.pict_type = number, Fraction(1, 24), 0  # not all are key frames
            output.mux(stream.encode(picture))
        output.mux(stream.encode(None))
    return file


def frames_in(file: Path) -> list[VideoFrame]:
    with av.open(str(file), "r") as container:
        return list(container.decode(video=0))


def rgb_in(picture: VideoFrame) -> bytes:
    plane, row = picture.planes[0], picture.width * 3
    pixels = bytes(plane)
    return b"".join(
        pixels[start : start + row] for start in range(0, picture.height * plane.line_size, plane.line_size)
    )


def rgb_of_still(file: Path, frame: int) -> bytes:
    with av.open(BytesIO(still_of(file, frame)), "r") as container:
        return rgb_in(next(container.decode(video=0)).reformat(format="rgb24"))


def differences(one: bytes, other: bytes) -> list[int]:
    return sorted(abs(a - b) for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize(
    ("codec", "pix_fmt"), [("libx264", "yuv420p"), ("ffv1", "yuv420p"), ("ffv1", "yuv420p10le"), ("ffv1", "yuv444p")]
)
@pytest.mark.parametrize("tags", ALL_TAGS.values(), ids=ALL_TAGS)
def test_a_copied_frame_is_within_two_levels_of_ffmpegs_own_conversion(
    tmp_path: Path, tags: Tags, codec: str, pix_fmt: str
) -> None:
    """H.264 says where the colors of 4:2:0 stand, which FFmpeg's program does not heed."""
    file = pattern_clip(tmp_path / "clip.mkv", codec, pix_fmt, tags)
    right = rgb_in(next(filtered_by(frames_in(file)[3], *TO_RGB)))
    still = rgb_of_still(file, 3)
    assert differences(still, right)[-1] <= 2
    assert max(still) > 240 and min(still) < 15  # the pattern is there


@pytest.mark.parametrize(
    ("pix_fmt", "matrix", "filters"),
    [
        ("yuv420p", (0, 1, -1, 0), (CLOCK, *TO_RGB)),
        ("yuv420p", (-1, 0, 0, -1), (MIRROR, FLIP, *TO_RGB)),
        ("yuv420p", (0, -1, 1, 0), (COUNTER_CLOCK, *TO_RGB)),
        ("yuv420p", (-1, 0, 0, 1), (MIRROR, *TO_RGB)),
        ("yuv420p", (1, 0, 0, -1), (FLIP, *TO_RGB)),
        ("yuv420p", (0, 1, 1, 0), (("transpose", "cclock_flip"), *TO_RGB)),
        ("yuv420p", (0, -1, -1, 0), (("transpose", "clock_flip"), *TO_RGB)),
        ("yuv422p", (-1, 0, 0, -1), (MIRROR, FLIP, *TO_RGB)),
        ("yuv422p", (0, 1, -1, 0), (*TO_RGB, CLOCK)),  # FFmpeg cannot transpose 4:2:2
    ],
)
def test_a_frame_of_a_turned_clip_is_ffmpegs_own_conversion(
    tmp_path: Path, pix_fmt: str, matrix: tuple[int, ...], filters: tuple[tuple[str, str], ...]
) -> None:
    """FFmpeg's program turns the decoded frame, and then converts it."""
    file = turn_clip(pattern_clip(tmp_path / "clip.mp4", "libx264", pix_fmt, BT709, crf="1"), matrix)
    right = rgb_in(next(filtered_by(frames_in(file)[3], *filters)))
    assert differences(rgb_of_still(file, 3), right)[-1] == 0


@pytest.mark.parametrize("pix_fmt", ["yuv420p", "yuv420p10le"])
@pytest.mark.parametrize("tags", ALL_TAGS.values(), ids=ALL_TAGS)
def test_a_range_that_is_encoded_again_keeps_its_colors(tmp_path: Path, tags: Tags, pix_fmt: str) -> None:
    file, to = pattern_clip(tmp_path / "clip.mp4", "libx264", pix_fmt, tags, crf="5"), tmp_path / "part.mp4"
    assert not export_range(file, to, round(2e6 / 24), round(6e6 / 24))
    first = frames_in(to)[0]
    shown = (first.colorspace, first.color_range, first.color_primaries, first.color_trc)
    assert shown == tags
    apart = differences(rgb_of_still(to, 1), rgb_of_still(file, 3))
    assert sum(apart) / len(apart) < 3  # another matrix or range: 8 and more


@pytest.mark.parametrize(
    ("name", "codec", "pix_fmt"), [("a.mov", "prores_ks", "yuva444p10le"), ("a.mov", "png", "rgba")]
)
def test_transparent_pixels_are_on_black(tmp_path: Path, name: str, codec: str, pix_fmt: str) -> None:
    file, half = tmp_path / name, VideoFrame(160, 96, "rgba")
    half.planes[0].update(bytes([200, 100, 50, 128]) * (half.planes[0].buffer_size // 4))
    with av.open(str(file), "w") as output:
        stream = output.add_stream(codec, rate=24)
        assert isinstance(stream, VideoStream)
        stream.width, stream.height, stream.pix_fmt = 160, 96, pix_fmt
        stream.codec_context.thread_count = 1
        output.mux(stream.encode(half.reformat(format=pix_fmt)))
        output.mux(stream.encode(None))
    assert list(rgb_of_still(file, 0)[:3]) == pytest.approx([100, 50, 25], abs=3)
    with closing(FrameDecoder(file, threads=1)) as decoder:
        maker = PictureMaker(decoder.stream)
        shown = maker.painted(maker.kept(decoder.first_frame(), (80, 48)))
    assert list(bytes(shown.frame.planes[0])[:3]) == pytest.approx([25, 50, 100], abs=3)
