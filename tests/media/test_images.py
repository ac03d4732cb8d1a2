"""Which image files are taken, and what is sent of them."""

from __future__ import annotations

import hashlib
import os
import struct
import sys
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import av
import pytest
from av.video.frame import VideoFrame
from media.image_files import (
    BLUE,
    CORNERS,
    FILES,
    RED,
    SECRETS,
    SHOWN_CORNERS,
    Cleaned,
    a_jpeg,
    a_png,
    a_webp,
    chunk,
    encoded,
    exif,
    icc_profile,
    jpeg_with,
    png_with,
    riff,
    riff_chunk,
    segment,
    webp_header,
    webp_with,
)
from PySide6.QtCore import QLoggingCategory

from sora_desktop.media import images
from sora_desktop.media.errors import MediaError
from sora_desktop.media.images import SIZE_LIMIT, SOURCE_SIZE_LIMIT, write_clean_image

ImageMaker = Callable[..., Path]

KINDS = [("png", "png", "rgb24"), ("jpeg", "mjpeg", "yuvj420p"), ("webp", "libwebp", "yuv420p")]


def png_header(width: int, height: int) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))


def jpeg_turned(orientation: int) -> bytes:
    order = ">" if orientation % 2 else "<"  # cameras write both byte orders
    return jpeg_with(a_jpeg(), segment(0xE1, b"Exif\0\0" + exif(orientation, order)))


def png_turned(orientation: int, pixel_format: str = "rgb24") -> bytes:
    return png_with(a_png(pixel_format=pixel_format), chunk(b"eXIf", exif(orientation)))


def webp_turned(orientation: int, *, lossless: bool = False) -> bytes:
    return webp_with(a_webp(lossless=lossless), 0x08, after=riff_chunk(b"EXIF", exif(orientation)))


@pytest.mark.parametrize(("kind", "codec", "pix_fmt"), KINDS)
def test_the_type_of_an_image_is_read_from_its_content(
    make_image: ImageMaker, tmp_path: Path, kind: str, codec: str, pix_fmt: str
) -> None:
    facts = write_clean_image(make_image("picture.dat", codec, pix_fmt), tmp_path / "sent")
    assert (facts.width, facts.height, facts.format) == (64, 40, kind)


# What is sent is what is shown.


@pytest.mark.parametrize("orientation", SHOWN_CORNERS)
@pytest.mark.parametrize("make", [jpeg_turned, png_turned, webp_turned], ids=["jpeg", "png", "webp"])
def test_what_is_sent_is_upright(tmp_path: Path, make: Callable[[int], bytes], orientation: int) -> None:
    cleaned = Cleaned(tmp_path, make(orientation))
    assert cleaned.corners == SHOWN_CORNERS[orientation]
    assert cleaned.sides == ((64, 40) if orientation < 5 else (40, 64))


@pytest.mark.parametrize("pixel_format", ["rgba", "gray", "ya8", "gray16be", "rgb48be", "rgba64be", "monob"])
def test_a_png_of_any_pixels_is_turned(tmp_path: Path, pixel_format: str) -> None:
    cleaned = Cleaned(tmp_path, png_turned(6, pixel_format))
    assert (cleaned.facts.format, cleaned.sides) == ("png", (40, 64))
    assert cleaned.content[24] == (16 if "16" in pixel_format or "48" in pixel_format or "64" in pixel_format else 8)


def test_a_png_with_a_transparent_palette_is_turned(tmp_path: Path) -> None:
    cleaned = Cleaned(tmp_path, png_with(palette_png(b"\xff\x80"), chunk(b"eXIf", exif(6))))
    assert cleaned.sides == (1, 2)
    with av.open(str(cleaned.file)) as container:
        frame = next(container.decode(video=0))
    assert frame.format.name == "rgba"
    pitch = frame.planes[0].line_size
    assert bytes(frame.planes[0])[:4] == bytes([*RED, 255])
    assert bytes(frame.planes[0])[pitch : pitch + 4] == bytes([*BLUE, 128])


def test_a_turned_lossless_webp_stays_one(tmp_path: Path) -> None:
    cleaned = Cleaned(tmp_path, webp_turned(8, lossless=True))
    assert cleaned.facts.format == "webp" and b"VP8L" in cleaned.content
    assert cleaned.corners == SHOWN_CORNERS[8]


@pytest.mark.parametrize("sides", [(63, 41), (17, 8), (1, 1)])
def test_an_image_with_odd_sides_is_turned_whole(tmp_path: Path, sides: tuple[int, int]) -> None:
    cleaned = Cleaned(tmp_path, jpeg_with(a_jpeg(*sides), segment(0xE1, b"Exif\0\0" + exif(6))))
    assert cleaned.sides == sides[::-1]


@pytest.mark.parametrize(
    "data",
    [
        exif(0),
        exif(9),
        exif(6)[:20],
        exif(6)[:4] + b"\xff\xff\xff\xff",
        b"no Exif at all",
        exif(6).replace(struct.pack("<HH", 0x0112, 3), struct.pack("<HH", 0x0112, 2)),
        b"",
    ],
)
def test_a_broken_orientation_turns_nothing(tmp_path: Path, data: bytes) -> None:
    assert Cleaned(tmp_path, jpeg_with(a_jpeg(), segment(0xE1, b"Exif\0\0" + data))).corners == CORNERS


def test_the_facts_are_those_of_what_is_sent(tmp_path: Path) -> None:
    cleaned = Cleaned(tmp_path, jpeg_turned(6))
    facts = cleaned.facts
    assert (facts.size, facts.sha256) == (len(cleaned.content), hashlib.sha256(cleaned.content).hexdigest())


def test_a_turned_jpeg_is_made_smaller_until_it_fits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    best = Cleaned(tmp_path, jpeg_turned(6)).facts.size
    monkeypatch.setattr(images, "SIZE_LIMIT", best + 1024 - 1)
    assert Cleaned(tmp_path, jpeg_turned(6)).facts.size < best


# Metadata


def jpeg_with_metadata(orientation: int) -> bytes:
    return jpeg_with(
        a_jpeg(),
        segment(0xE0, b"JFIF\0\1\2\0\0\1\0\1\1\1Camera 9000"),
        segment(0xE0, b"JFXX\0\x10Camera 9000"),
        segment(0xE1, b"Exif\0\0" + exif(orientation)),
        segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta>48.8584 N</x:xmpmeta>"),
        segment(0xE2, b"MPF\0Camera 9000"),
        segment(0xED, b"Photoshop 3.0\x008BIM48.8584 N"),
        segment(0xEF, b"Camera 9000"),
        segment(0xFE, b"written by hand"),
    )


def png_with_metadata(orientation: int) -> bytes:
    return png_with(
        a_png(),
        chunk(b"eXIf", exif(orientation)),
        chunk(b"tEXt", b"Comment\0written by hand"),
        chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\x0048.8584 N"),
        chunk(b"zTXt", b"Author\0\0" + zlib.compress(b"An author")),
        chunk(b"tIME", bytes(7)),
        chunk(b"prVT", b"Camera 9000"),
    )


def webp_with_metadata(orientation: int) -> bytes:
    notes = [(b"EXIF", exif(orientation)), (b"XMP ", b"48.8584 N"), (b"note", b"written by hand")]
    return webp_with(a_webp(), 0x0C, after=b"".join(riff_chunk(name, data) for name, data in notes))


@pytest.mark.parametrize("orientation", [1, 6])
@pytest.mark.parametrize(
    "make", [jpeg_with_metadata, png_with_metadata, webp_with_metadata], ids=["jpeg", "png", "webp"]
)
def test_no_metadata_is_sent(tmp_path: Path, make: Callable[[int], bytes], orientation: int) -> None:
    content = Cleaned(tmp_path, make(orientation)).content
    for word in (
        *SECRETS,
        b"Exif",
        b"EXIF",
        b"eXIf",
        b"XMP",
        b"xmp",
        b"Photoshop",
        b"MPF",
        b"Author",
        b"tIME",
        b"Lavc",
    ):
        assert word not in content


def test_only_metadata_leaves_a_jpeg_that_is_upright(tmp_path: Path) -> None:
    plain = jpeg_with(a_jpeg(pixel_format="yuvj444p"), segment(0xE0, b"JFIF\0\1\2\0\0\1\0\1\0\0"))
    without_note = Cleaned(tmp_path, plain).content
    with_notes = jpeg_with(plain, segment(0xE1, b"Exif\0\0" + exif(1)), segment(0xFE, b"written by hand"))
    assert Cleaned(tmp_path, with_notes).content == without_note
    scan = plain[plain.index(b"\xff\xda") :]
    assert without_note.endswith(scan)


def test_a_file_that_needs_no_change_is_sent_as_it_is(tmp_path: Path) -> None:
    for content in (a_jpeg(), a_png(), a_webp(), a_webp(lossless=True)):
        once = Cleaned(tmp_path, content).content
        assert Cleaned(tmp_path, once).content == once


# Colors


@pytest.mark.parametrize("orientation", [1, 6])
def test_a_color_profile_is_kept(tmp_path: Path, orientation: int) -> None:
    profile = icc_profile()
    half = len(profile) // 2
    parts = [
        segment(0xE2, b"ICC_PROFILE\0\2\2" + profile[half:]),
        segment(0xE2, b"ICC_PROFILE\0\1\2" + profile[:half]),
    ]
    jpeg = Cleaned(tmp_path, jpeg_with(jpeg_turned(orientation), *parts)).content
    assert segment(0xE2, b"ICC_PROFILE\0\1\1" + profile) in jpeg
    colors = [chunk(b"iCCP", b"name\0\0" + zlib.compress(profile)), chunk(b"gAMA", struct.pack(">I", 45455))]
    png = Cleaned(tmp_path, png_with(png_turned(orientation), *colors)).content
    assert all(part in png for part in colors) and png.index(b"iCCP") < png.index(b"IDAT")
    for lossless in (False, True):
        webp = webp_with(
            a_webp(lossless=lossless),
            0x28,
            before=riff_chunk(b"ICCP", profile),
            after=riff_chunk(b"EXIF", exif(orientation)),
        )
        assert profile in Cleaned(tmp_path, webp).content


@pytest.mark.parametrize("profile", [b"", icc_profile()[:-1], bytes(200), icc_profile(b"GRAY"), icc_profile(b"CMYK")])
def test_a_profile_that_does_not_fit_the_pixels_is_left_out(tmp_path: Path, profile: bytes) -> None:
    jpeg = jpeg_with(a_jpeg(), segment(0xE2, b"ICC_PROFILE\0\1\1" + profile))
    assert b"ICC_PROFILE" not in Cleaned(tmp_path, jpeg).content
    png = png_with(a_png(), chunk(b"iCCP", b"name\0\0" + zlib.compress(profile)))
    assert b"iCCP" not in Cleaned(tmp_path, png).content
    webp = webp_with(a_webp(), 0x20, before=riff_chunk(b"ICCP", profile))
    assert b"ICCP" not in Cleaned(tmp_path, webp).content


def test_a_profile_for_gray_pixels_is_left_out_of_a_jpeg_with_colors(tmp_path: Path) -> None:
    profile = segment(0xE2, b"ICC_PROFILE\0\1\1" + icc_profile(b"GRAY"))
    gray = jpeg_with((FILES / "gray.jpg").read_bytes(), profile)
    assert profile in Cleaned(tmp_path, gray).content
    turned = jpeg_with(gray, segment(0xE1, b"Exif\0\0" + exif(6)))
    assert b"ICC_PROFILE" not in Cleaned(tmp_path, turned).content


def test_the_colors_of_a_turned_jpeg_are_those_before(tmp_path: Path) -> None:
    plain, turned = Cleaned(tmp_path, jpeg_turned(1)).pixel(3, 3), Cleaned(tmp_path, jpeg_turned(6)).pixel(36, 3)
    assert max(abs(before - after) for before, after in zip(plain, turned, strict=True)) <= 3


def test_a_profile_for_gray_pixels_is_kept(tmp_path: Path) -> None:
    gray = a_png(pixel_format="gray")
    profile = chunk(b"iCCP", b"name\0\0" + zlib.compress(icc_profile(b"GRAY")))
    assert b"iCCP" in Cleaned(tmp_path, png_with(gray, profile, chunk(b"eXIf", exif(6)))).content


@pytest.mark.parametrize("name", ["cmyk.jpg", "ycck.jpg"])
def test_printing_colors_become_those_of_screens(tmp_path: Path, name: str) -> None:
    """Many services, and FFmpeg as a reader of their frames, show CMYK in wrong colors."""
    cleaned = Cleaned(tmp_path, (FILES / name).read_bytes())
    assert cleaned.pixel(3, 3) == pytest.approx(RED, abs=12)
    assert cleaned.corners == CORNERS
    frame_header = cleaned.content.index(b"\xff\xc0")
    assert cleaned.content[frame_header + 9] == 3  # components


# Files that viewers show


JUNK = b"\0\0\0\x18ftypmp42" + bytes(range(256)) * 40


@pytest.mark.parametrize("make", [a_jpeg, a_png, a_webp])
@pytest.mark.parametrize("behind", [JUNK, b"\0", b"\n", bytes(70_000)], ids=["a video", "zero", "newline", "zeros"])
def test_bytes_behind_the_picture_are_left_out(tmp_path: Path, make: Callable[[], bytes], behind: bytes) -> None:
    assert Cleaned(tmp_path, make() + behind).content == Cleaned(tmp_path, make()).content


def test_a_second_picture_is_left_out(tmp_path: Path) -> None:
    alone = Cleaned(tmp_path, a_jpeg()).content
    assert Cleaned(tmp_path, a_jpeg() + a_jpeg(16, 8)).content == alone
    assert Cleaned(tmp_path, a_jpeg()[:-2] + a_jpeg(16, 8) + bytes(70_000)).content == alone


def test_a_jpeg_of_which_only_the_end_marker_is_missing_gets_one(tmp_path: Path) -> None:
    assert Cleaned(tmp_path, a_jpeg()[:-2]).content == Cleaned(tmp_path, a_jpeg()).content


RESTARTS = ["restarts.jpg", "progressive-restarts.jpg"]


@pytest.mark.parametrize("name", RESTARTS)
def test_a_jpeg_with_restart_markers_of_which_only_the_end_marker_is_missing_gets_one(
    tmp_path: Path, name: str
) -> None:
    content = Cleaned(tmp_path, (FILES / name).read_bytes()).content
    assert content[-2:] == b"\xff\xd9"
    for rest in (b"", b"\xff", b"\xff\xff", b"\xff\xd8\xff\xe0", b"\xff\xff\xff\xd9"):
        assert Cleaned(tmp_path, content[:-2] + rest).content == content


@pytest.mark.parametrize("part", [0.02, 0.35, 0.6, 0.97])
@pytest.mark.parametrize("name", RESTARTS)
def test_a_jpeg_with_restart_markers_and_missing_pixels_is_refused(tmp_path: Path, name: str, part: float) -> None:
    content = (FILES / name).read_bytes()
    scan = content.index(b"\xff\xda")
    with pytest.raises(MediaError, match="incomplete"):
        Cleaned(tmp_path, content[: scan + 12 + int((len(content) - scan - 14) * part)])


def test_a_jpeg_with_restart_markers_and_an_end_has_every_part_between_them(tmp_path: Path) -> None:
    content = (FILES / "restarts.jpg").read_bytes()
    restarts = [place for place in range(len(content)) if content[place] == 0xFF and 0xD0 <= content[place + 1] <= 0xD7]
    assert len(restarts) > 1
    with pytest.raises(MediaError, match="damaged"):
        Cleaned(tmp_path, content[: restarts[0]] + content[restarts[1] :])
    with pytest.raises(MediaError, match="damaged"):
        Cleaned(tmp_path, content[: restarts[-1]] + b"\xff\xd9")


@pytest.mark.parametrize("name", ["restarts.jpg", "mixed-sampling.jpg"])
def test_a_jpeg_that_is_cut_anywhere_is_refused(tmp_path: Path, name: str) -> None:
    content = (FILES / name).read_bytes()
    for size in (*range(1, len(content) - 2, 12), len(content) - 3):
        with pytest.raises(MediaError):
            Cleaned(tmp_path, content[:size])


@pytest.mark.parametrize("marker", [0x02, 0x55, 0xBF, 0xC8, 0xDE, 0xF0])
def test_a_reserved_segment_of_a_jpeg_is_left_out(tmp_path: Path, marker: int) -> None:
    content = a_jpeg()
    assert (
        Cleaned(tmp_path, jpeg_with(content, segment(marker, b"reserved"))).content
        == Cleaned(tmp_path, content).content
    )


@pytest.mark.parametrize("name", ["arithmetic.jpg", "mixed-sampling.jpg"])
def test_a_jpeg_that_strict_programs_do_not_read_is_sent_as_a_common_one(tmp_path: Path, name: str) -> None:
    content = (FILES / name).read_bytes()
    cleaned = Cleaned(tmp_path, content)
    assert (cleaned.facts.format, cleaned.sides) == ("jpeg", (40, 24))
    top, bottom = cleaned.pixel(20, 3), cleaned.pixel(20, 20)  # from red to blue
    assert top[0] > 200 and top[2] < 60 and bottom[0] < 60 and bottom[2] > 200
    assert cleaned.content[cleaned.content.index(b"\xff\xc0") + 4] == 8
    turned = Cleaned(tmp_path, jpeg_with(content, segment(0xE1, b"Exif\0\0" + exif(3))))
    assert turned.pixel(20, 3) == pytest.approx(bottom, abs=4)


def test_a_jpeg_of_arithmetic_codes_without_its_end_is_refused(tmp_path: Path) -> None:
    """Nothing shows whether such codes go on."""
    with pytest.raises(MediaError, match="incomplete"):
        Cleaned(tmp_path, (FILES / "arithmetic.jpg").read_bytes()[:-2])


def test_a_jpeg_with_12_bits_is_sent_with_8(tmp_path: Path) -> None:
    content = (FILES / "gray.jpg").read_bytes()
    place = content.index(b"\xff\xc0")
    deep = content[: place + 1] + b"\xc1" + content[place + 2 : place + 4] + b"\x0c" + content[place + 5 :]
    shallow = Cleaned(tmp_path, content).pixel(3, 3)[0]
    cleaned = Cleaned(tmp_path, deep)
    assert cleaned.content[cleaned.content.index(b"\xff\xc0") + 4] == 8
    assert cleaned.pixel(3, 3) == pytest.approx([128 + (shallow - 128) / 16] * 3, abs=2)


@pytest.mark.parametrize("kind", [0xC3, 0xC5, 0xCB])
def test_a_jpeg_that_no_viewer_shows_is_not_called_damaged(tmp_path: Path, kind: int) -> None:
    content = a_jpeg().replace(b"\xff\xc0", bytes([0xFF, kind]))
    with pytest.raises(MediaError, match=r"is a JPEG with an uncommon compression\. Convert it"):
        Cleaned(tmp_path, content)


@pytest.fixture(params=["missing", "silent"])
def blind_qt(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A Qt that cannot be loaded, or that is told not to report damage."""
    if request.param == "missing":
        monkeypatch.setitem(sys.modules, "PySide6.QtGui", None)
    else:
        QLoggingCategory.setFilterRules("qt.gui.imageio.*=false")
    yield
    QLoggingCategory.setFilterRules("")


@pytest.mark.usefixtures("blind_qt")
def test_without_qt_a_jpeg_is_refused_only_if_nothing_else_reads_it(tmp_path: Path) -> None:
    for name in ("arithmetic.jpg", "mixed-sampling.jpg"):
        with pytest.raises(MediaError, match=r"is an image in an uncommon form\. Convert it"):
            Cleaned(tmp_path, (FILES / name).read_bytes())
    restarts = (FILES / "restarts.jpg").read_bytes()
    assert Cleaned(tmp_path, restarts).content == restarts
    with pytest.raises(MediaError, match="incomplete"):
        Cleaned(tmp_path, restarts[:-2])


@pytest.mark.parametrize("length", [0, 1])
def test_a_segment_of_a_jpeg_that_is_too_short_to_hold_its_length_is_left_out(tmp_path: Path, length: int) -> None:
    for marker in (0xE5, 0xFE):
        strayed = jpeg_with(a_jpeg(), bytes([0xFF, marker, 0, length]))
        assert Cleaned(tmp_path, strayed).content == Cleaned(tmp_path, a_jpeg()).content


JFIF, ADOBE_RGB = segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0"), segment(0xEE, b"Adobe\0\x64\0\0\0\0\0")


def jpeg_with_ids(content: bytes, ids: bytes) -> bytes:
    changed = bytearray(content)
    frame, scan = content.index(b"\xff\xc0"), content.index(b"\xff\xda")
    for number, id in enumerate(ids):
        changed[frame + 10 + 3 * number] = changed[scan + 5 + 2 * number] = id
    return bytes(changed)


@pytest.mark.parametrize("orientation", [1, 6])
def test_a_jfif_file_has_luma_and_chroma_whatever_else_it_says(tmp_path: Path, orientation: int) -> None:
    turn = segment(0xE1, b"Exif\0\0" + exif(orientation))
    plain = a_jpeg(pixel_format="yuvj444p")
    for odd in (
        jpeg_with(plain, JFIF, ADOBE_RGB, turn),
        jpeg_with(jpeg_with_ids(plain, b"RGB"), JFIF, turn),
        jpeg_with(jpeg_with_ids(plain, b"\1\1\1"), JFIF, turn),
    ):
        content = Cleaned(tmp_path, odd).content
        assert content == Cleaned(tmp_path, jpeg_with(plain, JFIF, turn)).content


def test_wrong_coefficients_of_a_scan_are_corrected(tmp_path: Path) -> None:
    """Some encoders write zeros, which strict programs refuse."""
    content = a_jpeg()
    place = content.index(b"\xff\xda")
    wrong = content[: place + 11] + bytes(3) + content[place + 14 :]
    assert Cleaned(tmp_path, wrong).content == Cleaned(tmp_path, content).content


def test_a_jpeg_with_stray_bytes_between_its_segments_is_taken(tmp_path: Path) -> None:
    strayed = jpeg_with(a_jpeg(), segment(0xFE, b"x"), b"\0\0junk", segment(0xFE, b"x"), b"\xff\xff\xff")
    assert Cleaned(tmp_path, strayed).content == Cleaned(tmp_path, a_jpeg()).content


def test_a_progressive_jpeg_is_sent_as_it_is(tmp_path: Path) -> None:
    content = (FILES / "progressive.jpg").read_bytes()
    assert Cleaned(tmp_path, content).content == content
    assert Cleaned(tmp_path, content[:-2]).content == content


def test_a_progressive_jpeg_without_its_last_scans_is_refused(tmp_path: Path) -> None:
    content = (FILES / "progressive.jpg").read_bytes()
    scans = [place for place in range(len(content)) if content.startswith(b"\xff\xda", place)]
    tables = content.rindex(b"\xff\xc4")
    for place in (*scans[1:], tables):
        with pytest.raises(MediaError, match="incomplete"):
            Cleaned(tmp_path, content[:place])


BROKEN_CHUNKS = {
    "text with a wrong checksum": chunk(b"tEXt", b"Comment\0written by hand", is_intact=False),
    "profile with a wrong checksum": chunk(b"iCCP", b"p\0\0" + zlib.compress(icc_profile()), is_intact=False),
    "profile that cannot be unpacked": chunk(b"iCCP", b"p\0\0 no zlib at all"),
    "Exif that is none": chunk(b"eXIf", b"junk"),
    "Exif with a wrong checksum": chunk(b"eXIf", exif(6), is_intact=False),
    "gamma of the wrong length": chunk(b"gAMA", b"\0"),
    "transparency of the wrong length": chunk(b"tRNS", b"\0"),
    "transparency with a wrong checksum": chunk(b"tRNS", bytes(6), is_intact=False),
    "time of the wrong length": chunk(b"tIME", b""),
    "unknown chunk with a wrong checksum": chunk(b"abCd", b"?", is_intact=False),
}


@pytest.mark.parametrize("broken", BROKEN_CHUNKS.values(), ids=list(BROKEN_CHUNKS))
def test_a_broken_side_note_of_a_png_is_left_out(tmp_path: Path, broken: bytes) -> None:
    assert Cleaned(tmp_path, png_with(a_png(), broken)).content == Cleaned(tmp_path, a_png()).content


def test_a_png_of_which_only_the_end_chunk_is_missing_gets_one(tmp_path: Path) -> None:
    whole = Cleaned(tmp_path, a_png()).content
    for missing in (4, 8, 12):
        assert Cleaned(tmp_path, whole[:-missing]).content == whole
    wrong = whole[:-1] + b"\0"
    assert Cleaned(tmp_path, wrong).content == whole


def test_a_png_whose_pixels_end_uncleanly_gets_a_clean_end(tmp_path: Path) -> None:
    rows = (b"\0" + bytes(range(30))) * 10
    head = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 10, 10, 8, 2, 0, 0, 0))
    whole = zlib.compress(rows)
    for pixels in (whole[:-4], whole + b"more", zlib.compress(rows + b"more")):
        cleaned = Cleaned(tmp_path, head + chunk(b"IDAT", pixels) + chunk(b"IEND", b""))
        assert zlib.decompress(cleaned.content[41:]) == rows
        assert Cleaned(tmp_path, cleaned.content).content == cleaned.content


def palette_png(alphas: bytes) -> bytes:
    """Two colors side by side, 2 by 1 pixels, with their alphas."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 2, 1, 1, 3, 0, 0, 0))
    palette = chunk(b"PLTE", bytes(RED) + bytes(BLUE)) + chunk(b"tRNS", alphas)
    return b"\x89PNG\r\n\x1a\n" + header + palette + chunk(b"IDAT", zlib.compress(b"\0\x40")) + chunk(b"IEND", b"")


def test_a_transparent_palette_is_sent_as_it_is(tmp_path: Path) -> None:
    assert Cleaned(tmp_path, palette_png(b"\xff\x80")).content == palette_png(b"\xff\x80")


def test_an_interlaced_png_is_sent_as_it_is(tmp_path: Path) -> None:
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 3, 2, 8, 0, 0, 0, 1))
    passes = b"\0\x01" + b"\0\x02" + b"\0\x03" + b"\0\x04\x05\x06"  # passes 1, 4, 6 and 7; the others are empty
    content = b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(passes)) + chunk(b"IEND", b"")
    assert Cleaned(tmp_path, content).content == content


def test_an_animated_png_becomes_its_still_picture(tmp_path: Path) -> None:
    still = Cleaned(tmp_path, a_png()).content
    control = struct.pack(">IIIIIHHBB", 0, 64, 40, 0, 0, 1, 10, 0, 0)
    moving = png_with(still, chunk(b"acTL", struct.pack(">II", 2, 0)), chunk(b"fcTL", control))
    moving = moving[:-12] + chunk(b"fdAT", struct.pack(">I", 1) + bytes(20)) + moving[-12:]
    assert Cleaned(tmp_path, moving).content == still


def animated_webp(*, at: tuple[int, int] = (0, 0), canvas: tuple[int, int] = (64, 40)) -> bytes:
    sides = (63).to_bytes(3, "little") + (39).to_bytes(3, "little")
    place = (at[0] // 2).to_bytes(3, "little") + (at[1] // 2).to_bytes(3, "little")
    frame = riff_chunk(b"ANMF", place + sides + (40).to_bytes(3, "little") + b"\0" + a_webp(lossless=True)[12:])
    return riff(webp_header(0x12, *canvas), riff_chunk(b"ANIM", bytes(6)), frame, frame)


def test_an_animated_webp_becomes_its_first_frame(tmp_path: Path) -> None:
    cleaned = Cleaned(tmp_path, animated_webp())
    assert cleaned.corners == CORNERS and b"ANMF" not in cleaned.content and b"ANIM" not in cleaned.content


def test_a_first_frame_that_is_smaller_than_its_animation_keeps_its_place(tmp_path: Path) -> None:
    cleaned = Cleaned(tmp_path, animated_webp(at=(10, 6), canvas=(100, 60)))
    assert cleaned.sides == (100, 60)
    with av.open(str(cleaned.file)) as container:
        frame = next(container.decode(video=0)).reformat(format="rgba")
    pixels, pitch = bytes(frame.planes[0]), frame.planes[0].line_size
    assert pixels[3] == 0
    assert pixels[6 * pitch + 40 : 6 * pitch + 44] == bytes([*RED, 255])


@pytest.mark.parametrize("place", [{"at": (2, 0)}, {"canvas": (62, 40)}], ids=["beyond the edge", "too large"])
def test_a_frame_that_does_not_fit_its_animation_is_refused(tmp_path: Path, place: dict[str, tuple[int, int]]) -> None:
    with pytest.raises(MediaError, match="damaged"):
        Cleaned(tmp_path, animated_webp(**place))


@pytest.mark.parametrize("lossless", [False, True])
def test_a_transparent_webp_says_that_it_is(tmp_path: Path, lossless: bool) -> None:
    picture = VideoFrame(64, 40, "rgba")
    picture.planes[0].update(bytes([*RED, 128]) * (64 * 40))
    pixel_format = "bgra" if lossless else "yuva420p"
    content = encoded(picture, "libwebp", pixel_format, lossless=str(int(lossless)))
    extended = riff(webp_header(0x14), content[12:] if lossless else content[30:], riff_chunk(b"XMP ", b"x"))
    cleaned = Cleaned(tmp_path, extended).content
    assert cleaned[12:16] == b"VP8X" and cleaned[20] == 0x10


@pytest.mark.parametrize("size", [0, 1, 20, 0xFFFFFFFF], ids=["zero", "odd", "too small", "too large"])
def test_a_webp_that_tells_a_wrong_size_gets_the_right_one(tmp_path: Path, size: int) -> None:
    told = a_webp()[:4] + struct.pack("<I", size) + a_webp()[8:]
    assert Cleaned(tmp_path, told).content == a_webp()


def test_chunks_of_a_webp_that_its_header_does_not_name_are_not_followed(tmp_path: Path) -> None:
    turn, profile = riff_chunk(b"EXIF", exif(6)), riff_chunk(b"ICCP", icc_profile())
    for content in (webp_with(a_webp(), 0, before=profile, after=turn), riff(a_webp()[12:], turn)):
        cleaned = Cleaned(tmp_path, content)
        assert cleaned.corners == CORNERS and b"ICCP" not in cleaned.content


def test_a_webp_without_the_last_padding_byte_is_taken(tmp_path: Path) -> None:
    odd = webp_with(a_webp(), 0x04, after=riff_chunk(b"XMP ", b"odd"))[:-1]
    assert Cleaned(tmp_path, odd).corners == CORNERS


# Files that are refused


def test_a_jpeg_with_an_end_and_without_pixels_is_refused(tmp_path: Path) -> None:
    for name in ("gray.jpg", "progressive.jpg", "restarts.jpg"):
        content = (FILES / name).read_bytes()
        scan = content.index(b"\xff\xda")
        header = int.from_bytes(content[scan + 2 : scan + 4], "big")
        for size in (scan, scan + 2 + header):
            with pytest.raises(MediaError, match="incomplete"):
                Cleaned(tmp_path, content[:size] + b"\xff\xd9")


def test_a_jpeg_without_its_quantization_table_is_refused(tmp_path: Path) -> None:
    content = a_jpeg()
    place = content.index(b"\xff\xdb")
    end = place + 2 + int.from_bytes(content[place + 2 : place + 4], "big")
    with pytest.raises(MediaError, match="damaged"):
        Cleaned(tmp_path, content[:place] + content[end:])


@pytest.mark.parametrize(("kind", "codec", "pix_fmt"), KINDS)
@pytest.mark.parametrize("part", [0.5, 0.9, 0.98])
def test_an_incomplete_image_is_refused(
    make_image: ImageMaker, tmp_path: Path, kind: str, codec: str, pix_fmt: str, part: float
) -> None:
    file = make_image(f"picture.{kind}", codec, pix_fmt, width=640, height=400)
    os.truncate(file, int(file.stat().st_size * part))
    with pytest.raises(MediaError, match="incomplete"):
        write_clean_image(file, tmp_path / "sent")
    assert not (tmp_path / "sent").exists()


def test_an_image_with_one_wrong_byte_is_refused(make_image: ImageMaker, tmp_path: Path) -> None:
    file = make_image("picture.png", "png", "rgb24")
    content = bytearray(file.read_bytes())
    content[content.index(b"IEND") - 5] ^= 0xFF  # in the checksum of the image data
    file.write_bytes(content)
    with pytest.raises(MediaError, match="damaged"):
        write_clean_image(file, tmp_path / "sent")


def test_a_png_with_an_unknown_chunk_that_pixels_need_is_refused(tmp_path: Path) -> None:
    """As the PNGs in the packages of iPhone programs, whose pixels no viewer shows."""
    with pytest.raises(MediaError, match="damaged"):
        Cleaned(tmp_path, a_png()[:8] + chunk(b"CgBI", bytes(4)) + a_png()[8:])
    with pytest.raises(MediaError, match="damaged"):
        Cleaned(tmp_path, png_with(a_png(), chunk(b"CgBI", bytes(4))))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty"),
        (b"just some words\n", "holds text"),
        ("schöne Grüße".encode(), "holds text"),
        (b"GIF89a" + bytes(40), "damaged"),
        (b"BM for instance" + bytes(10), "not an image"),
        (b"\0\0\0\x18ftypisom" + bytes(40), "is a video"),
        (b"\0\0\0\x1cftypmp42\0\0\0\0isomavc1mif1" + bytes(40), "is a video"),
        (b"\0\0\0\x14ftypqt  " + bytes(40), "is a video"),
        (b"\0\0\0\x18ftypcrx \0\0\0\0crx isom" + bytes(40), "is a raw photo"),
        (b"RIFF\x10\0\0\0AVI LIST", "is a video"),
        (b"<?xml version='1.0'?>\n<svg width='4'/>", "is an SVG drawing"),
        (b"\xff\x0a\xfa\x1f" + bytes(40), "a JPEG XL image"),
        (b"8BPS\0\1" + bytes(40), "a Photoshop document"),
        (b"%PDF-1.7", "a PDF"),
        (bytes(100), "not an image"),
        (b"\x89PNG\r\n\x1a\n", "damaged"),
        (b"\xff\xd8\xff\xe0\x00", "damaged"),
        (b"RIFF\x10\0\0\0WEBPVP8X", "damaged"),
        (b"RIFF\x10\0\0\0WEBPVP8 \4\0\0\0abcd", "damaged"),
        (b"RIFF", "image"),
    ],
)
def test_a_file_that_is_not_an_image_is_refused_with_a_reason(tmp_path: Path, content: bytes, message: str) -> None:
    with pytest.raises(MediaError, match=message):
        Cleaned(tmp_path, content)


def test_a_huge_image_is_refused_before_it_is_decoded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "decoded", lambda *_: pytest.fail("it was decoded"))
    jpeg = a_jpeg()
    place = jpeg.index(b"\xff\xc0") + 5
    with pytest.raises(MediaError, match="20,000 × 20,000 pixels; the limit is 8,192"):
        Cleaned(tmp_path, jpeg[:place] + struct.pack(">HH", 20_000, 20_000) + jpeg[place + 4 :])
    with pytest.raises(MediaError, match="20,000 × 20,000 pixels; the limit is 8,192"):
        Cleaned(tmp_path, png_header(20_000, 20_000))  # there is nothing to decode after the header


def test_an_image_of_too_many_bytes_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "SIZE_LIMIT", 100)
    with pytest.raises(MediaError, match=r"the limit is 0 MB"):
        Cleaned(tmp_path, a_png())


def test_a_file_of_far_too_many_bytes_is_refused_unread(tmp_path: Path) -> None:
    file = tmp_path / "heavy.png"
    file.write_bytes(png_header(10, 10))
    os.truncate(file, SOURCE_SIZE_LIMIT + 1)
    with pytest.raises(MediaError, match=rf"200\.0 MB; the limit is {SIZE_LIMIT // 1024**2} MB"):
        write_clean_image(file, tmp_path / "sent")


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="is a folder"):
        write_clean_image(tmp_path, tmp_path / "sent")
