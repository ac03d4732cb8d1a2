"""Posters, filmstrips and last frames look as the clip does in the player: turned, stretched and colored."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import av
import pytest
from av.video.frame import VideoFrame
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc
from av.video.stream import VideoStream
from media.turned_clips import turn_clip

from sora_desktop.media.frame_filters import filtered
from sora_desktop.media.frames.decoder import FrameDecoder
from sora_desktop.media.frames.pictures import PictureMaker
from sora_desktop.media.picture_encoding import encoded
from sora_desktop.media.shown_frames import EXACT
from sora_desktop.media.video_facts import facts_of
from sora_desktop.media.video_pictures import write_filmstrip, write_last_frame, write_poster

RED, GREEN, BLUE, YELLOW = (210, 30, 30), (30, 210, 30), (30, 30, 210), (210, 210, 30)
COLORS = {"R": RED, "G": GREEN, "B": BLUE, "Y": YELLOW}

#: The numbers a, b, c, d of a display matrix, and the four quarters of a picture RG over BY as FFmpeg shows it.
TURNS = {
    "none": ((1, 0, 0, 1), "RGBY"),
    "90 degrees": ((0, 1, -1, 0), "BRYG"),
    "180 degrees": ((-1, 0, 0, -1), "YBGR"),
    "270 degrees": ((0, -1, 1, 0), "GYRB"),
    "mirrored": ((-1, 0, 0, 1), "GRYB"),
    "upside down": ((1, 0, 0, -1), "BYRG"),
    "transposed": ((0, 1, 1, 0), "RBGY"),
    "transposed at the other diagonal": ((0, -1, -1, 0), "YGBR"),
}

Rgb = tuple[int, int, int]


class Color(NamedTuple):
    """How the colors of a clip are stored."""

    matrix: Colorspace | None
    range: ColorRange
    luma: tuple[float, float]  # shares of red and blue
    bits: int = 8
    height: int = 96


BT601, BT709, BT2020 = (0.299, 0.114), (0.2126, 0.0722), (0.2627, 0.0593)
_LIMITED, _FULL = ColorRange.MPEG, ColorRange.JPEG


def quarters(width: int, height: int) -> VideoFrame:
    """A picture with four colors: RG over BY."""
    frame = VideoFrame(width, height, "rgb24")
    halves = [
        bytes(left) * (width // 2) + bytes(right) * (width // 2) for left, right in ((RED, GREEN), (BLUE, YELLOW))
    ]
    rows = [half.ljust(frame.planes[0].line_size, b"\0") for half in halves for _ in range(height // 2)]
    frame.planes[0].update(b"".join(rows))
    return frame


def clip_of(file: Path, picture: VideoFrame, *, ratio: Fraction | None = None) -> Path:
    """A clip that shows the picture, whose pixels are `ratio` times as wide as high."""
    with av.open(str(file), "w") as output:
        stream = output.add_stream("libx264", rate=24)
        assert isinstance(stream, VideoStream)
        stream.width, stream.height, stream.pix_fmt = picture.width, picture.height, picture.format.name
        stream.options = {"crf": "1"}
        context = stream.codec_context
        context.thread_count = 1
        context.colorspace, context.color_range = picture.colorspace, picture.color_range
        context.color_trc, context.color_primaries = picture.color_trc, picture.color_primaries
        if ratio is not None:
            context.sample_aspect_ratio = ratio
        for place in range(8):
            picture.pts = place
            output.mux(stream.encode(picture))
        output.mux(stream.encode(None))
    return file


def turned_clip(file: Path, matrix: Sequence[int], *, ratio: Fraction | None = None) -> Path:
    """A clip of 160 × 96 pixels whose header turns it."""
    return turn_clip(clip_of(file, quarters(160, 96).reformat(format="yuv420p"), ratio=ratio), matrix)


def colored_clip(file: Path, rgb: Rgb, color: Color) -> Path:
    """A clip of one color."""
    red, green, blue = (value / 255 for value in rgb)
    share_red, share_blue = color.luma
    luma = share_red * red + (1 - share_red - share_blue) * green + share_blue * blue
    chroma = (blue - luma) / (2 - 2 * share_blue), (red - luma) / (2 - 2 * share_red)
    unit = 1 << (color.bits - 8)
    if color.range is _FULL:
        top = (1 << color.bits) - 1
        values = [luma * top, *(128 * unit + part * top for part in chroma)]
    else:
        values = [(16 + 219 * luma) * unit, *((128 + 224 * part) * unit for part in chroma)]
    frame = VideoFrame(160, color.height, "yuv420p" if color.bits == 8 else "yuv420p10le")
    for plane, value in zip(frame.planes, values, strict=True):
        sample = round(value).to_bytes(1 if color.bits == 8 else 2, "little")
        plane.update(sample * (plane.buffer_size // len(sample)))
    frame.color_range = color.range
    if color.matrix is not None:
        frame.colorspace = color.matrix
    return clip_of(file, frame)


def pixels_of(file: Path, places: Sequence[tuple[float, float]]) -> list[Rgb]:
    """The colors of a JPEG or PNG at shares of its width and height, as readers of such files see them."""
    with av.open(str(file)) as container:
        frame = next(container.decode(video=0))
    matrix = Colorspace.ITU601 if frame.format.name.startswith("yuv") else None
    picture = frame.reformat(format="rgb24", src_colorspace=matrix, interpolation=EXACT)
    pixels, pitch = bytes(picture.planes[0]), picture.planes[0].line_size
    starts = [int(picture.height * y) * pitch + int(picture.width * x) * 3 for x, y in places]
    return [(pixels[start], pixels[start + 1], pixels[start + 2]) for start in starts]


def letters_of(file: Path, *, parts: int = 1) -> str:
    """The colors of the four quarters of the first of `parts` pictures side by side, as letters."""
    places = [(x / parts, y) for y in (0.25, 0.75) for x in (0.25, 0.75)]
    return "".join(
        min(COLORS, key=lambda name: sum(abs(a - b) for a, b in zip(COLORS[name], rgb, strict=True)))
        for rgb in pixels_of(file, places)
    )


def size_of_picture(file: Path) -> tuple[int, int]:
    with av.open(str(file)) as container:
        frame = next(container.decode(video=0))
    return frame.width, frame.height


def write_player_picture(file: Path, to: Path, largest: tuple[int, int] = (1000, 1000)) -> None:
    """Write the first frame as the frame reader hands it to the player."""
    with closing(FrameDecoder(file, threads=1)) as decoder:
        maker = PictureMaker(decoder.stream)
        picture = maker.painted(maker.kept(decoder.first_frame(), largest))
        cut = filtered(picture.frame, [("crop", f"{picture.width}:{picture.height}:0:0")])
        to.write_bytes(encoded("png", cut.reformat(format="rgb24")))


@pytest.mark.parametrize(("matrix", "letters"), TURNS.values(), ids=TURNS)
def test_all_pictures_are_turned_as_the_player_turns_the_clip(
    tmp_path: Path, matrix: Sequence[int], letters: str
) -> None:
    clip = turned_clip(tmp_path / "clip.mp4", matrix)
    poster, strip, last, shown = (tmp_path / name for name in ("poster.jpg", "strip.jpg", "last.png", "shown.png"))
    write_poster(clip, poster, 48)
    write_filmstrip(clip, strip, 4, 48)
    write_last_frame(clip, last)
    write_player_picture(clip, shown)
    assert letters_of(poster) == letters_of(strip, parts=4) == letters_of(last) == letters_of(shown) == letters
    facts = facts_of(clip)
    upright = (96, 160) if matrix[0] == 0 else (160, 96)
    assert (facts.width, facts.height) == size_of_picture(last) == size_of_picture(shown) == upright
    assert size_of_picture(poster) == (48, round(48 * upright[1] / upright[0]))
    assert size_of_picture(strip) == (4 * round(48 * upright[0] / upright[1]), 48)


@pytest.mark.parametrize(
    ("ratio", "matrix", "size"),
    [
        (Fraction(2), (1, 0, 0, 1), (320, 96)),
        (Fraction(1, 2), (1, 0, 0, 1), (160, 192)),
        (Fraction(64, 45), (1, 0, 0, 1), (227, 96)),
        (Fraction(2), (0, 1, -1, 0), (96, 320)),
    ],
)
def test_pixels_that_are_not_square_are_stretched_as_in_the_player(
    tmp_path: Path, ratio: Fraction, matrix: Sequence[int], size: tuple[int, int]
) -> None:
    clip = turned_clip(tmp_path / "clip.mp4", matrix, ratio=ratio)
    write_last_frame(clip, tmp_path / "last.png")
    write_poster(clip, tmp_path / "poster.jpg", 48)
    facts = facts_of(clip)
    assert (facts.width, facts.height) == size_of_picture(tmp_path / "last.png") == size
    assert size_of_picture(tmp_path / "poster.jpg") == (48, round(48 * size[1] / size[0]))


@pytest.mark.parametrize("rgb", [(0, 200, 0), (200, 40, 90), (30, 60, 220), (128, 128, 128), (250, 250, 250)], ids=str)
@pytest.mark.parametrize(
    "color",
    [
        Color(Colorspace.ITU601, _LIMITED, BT601),
        Color(Colorspace.ITU601, _FULL, BT601),
        Color(Colorspace.ITU709, _LIMITED, BT709),
        Color(Colorspace.ITU709, _FULL, BT709),
        Color(Colorspace.BT2020, _LIMITED, BT2020),
        Color(Colorspace.BT2020, _FULL, BT2020),
        Color(Colorspace.ITU709, _LIMITED, BT709, bits=10),
        Color(Colorspace.ITU709, _FULL, BT709, bits=10),
        Color(Colorspace.BT2020, _LIMITED, BT2020, bits=10),
        Color(None, _LIMITED, BT601),
        Color(None, _LIMITED, BT709, height=720),
    ],
    ids=lambda color: f"{color.matrix}-{color.range.name}-{color.bits}-{color.height}",
)
def test_colors_stay_what_they_are(tmp_path: Path, rgb: Rgb, color: Color) -> None:
    clip = colored_clip(tmp_path / "clip.mp4", rgb, color)
    files = [tmp_path / name for name in ("poster.jpg", "strip.jpg", "last.png", "shown.png", "small.png")]
    write_poster(clip, files[0], 80)
    write_filmstrip(clip, files[1], 2, 48)
    write_last_frame(clip, files[2])
    write_player_picture(clip, files[3])
    write_player_picture(clip, files[4], (50, 40))
    for file in files:
        (seen,) = pixels_of(file, [(0.5, 0.5)])
        most = 2 if file.suffix == ".png" and file.name != "small.png" else 3  # JPEG and scaling round once more
        assert max(abs(a - b) for a, b in zip(seen, rgb, strict=True)) <= most, (file.name, seen)


@pytest.mark.parametrize("width", range(90, 100))
def test_a_picture_has_all_columns_and_rows_in_any_width(tmp_path: Path, width: int) -> None:
    clip = clip_of(tmp_path / "clip.mp4", quarters(160, 96).reformat(format="yuv420p"))
    write_player_picture(clip, tmp_path / "shown.png", (width, 200))
    size = size_of_picture(tmp_path / "shown.png")
    assert size == (width, round(width * 96 / 160))
    ends = pixels_of(tmp_path / "shown.png", [(1 - 1 / width, 0.2), (1 - 1 / width, 1 - 1 / size[1])])
    for seen, color in zip(ends, (GREEN, YELLOW), strict=True):
        assert max(abs(a - b) for a, b in zip(seen, color, strict=True)) < 15


@pytest.mark.parametrize(
    ("transfer", "white", "gray"),
    [(ColorTrc.SMPTE2084, 0.5807, 0.4155), (ColorTrc.ARIB_STD_B67, 0.75, 0.5)],  # 203 and about 40 nits
)
def test_pictures_of_an_hdr_clip_are_not_flat(tmp_path: Path, transfer: ColorTrc, white: float, gray: float) -> None:
    frame = VideoFrame(160, 96, "yuv420p10le")
    frame.colorspace, frame.color_range = Colorspace.BT2020, ColorRange.MPEG
    frame.color_trc, frame.color_primaries = transfer, ColorPrimaries.BT2020
    files = [tmp_path / name for name in ("poster.jpg", "last.png", "shown.png", "small.png")]
    seen = []
    for signal in (white, gray):
        for plane, value in zip(frame.planes, ((16 + 219 * signal) * 4, 512, 512), strict=True):
            plane.update(round(value).to_bytes(2, "little") * (plane.buffer_size // 2))
        clip = clip_of(tmp_path / "clip.mp4", frame)
        write_poster(clip, files[0], 80)
        write_last_frame(clip, files[1])
        write_player_picture(clip, files[2])
        write_player_picture(clip, files[3], (50, 40))
        levels = [pixels_of(file, [(0.5, 0.5)])[0] for file in files]
        assert max(abs(level - levels[0][0]) for each in levels for level in each) <= 2
        seen.append(levels[0][0])
    assert seen[0] > 225  # paper white
    assert 100 < seen[1] < 150
