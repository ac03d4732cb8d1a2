"""Images that are converted to JPEG or PNG before they are sent."""

from __future__ import annotations

import random
import struct
import zlib
from itertools import product
from pathlib import Path

import av
import pytest
from media.heif_files import (
    ALPHA,
    HeifItem,
    av1_item,
    box,
    clap,
    full_box,
    grid_item,
    heif,
    hevc_item,
    imir,
    irot,
    ispe,
    nclx,
)
from media.image_files import (
    BLUE,
    CORNERS,
    FILES,
    GREEN,
    RED,
    SHOWN_CORNERS,
    WHITE,
    Cleaned,
    Pixel,
    a_png,
    corner_picture,
    encoded,
    icc_profile,
)

from sora_desktop.media import images
from sora_desktop.media.errors import MediaError
from sora_desktop.media.exif import Orientation


def a_bmp(pixel_format: str = "bgr24") -> bytes:
    return encoded(corner_picture(), "bmp", pixel_format)


def a_gif() -> bytes:
    """A GIF file; FFmpeg's encoder leaves the end to its file writer."""
    return encoded(corner_picture(), "gif", "bgr8") + b";"


def a_tiff(compression: str = "lzw", pixel_format: str = "rgb24") -> bytes:
    return encoded(corner_picture(), "tiff", pixel_format, compression_algo=compression)


def tiff_with(content: bytes, *fields: tuple[int, int, int]) -> bytes:
    """The TIFF with more fields: tag, type and value."""
    (start,) = struct.unpack_from("<I", content, 4)
    (count,) = struct.unpack_from("<H", content, start)
    old = content[start + 2 : start + 2 + 12 * count]
    entries = [old[at : at + 12] for at in range(0, len(old), 12)]
    replaced = {tag for tag, _, _ in fields}
    entries = [entry for entry in entries if struct.unpack_from("<H", entry)[0] not in replaced]
    entries += [struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in fields]
    entries.sort(key=lambda entry: struct.unpack_from("<H", entry)[0])
    directory = struct.pack("<H", len(entries)) + b"".join(entries) + bytes(4)
    return content[:4] + struct.pack("<I", len(content)) + content[8:] + directory


# BMP, GIF and TIFF


@pytest.mark.parametrize("content", [a_bmp(), a_bmp("bgra"), a_bmp("rgb565le"), a_gif(), a_tiff(), a_tiff("raw")])
def test_a_picture_without_loss_is_sent_as_a_png(tmp_path: Path, content: bytes) -> None:
    cleaned = Cleaned(tmp_path, content)
    assert (cleaned.facts.format, cleaned.sides, cleaned.corners) == ("png", (64, 40), CORNERS)
    assert cleaned.content[25] == 2, "the color type is plain RGB: nothing is transparent"


@pytest.mark.parametrize("pixel_format", ["gray", "ya8", "gray16le", "rgba", "rgb48le", "rgba64le"])
def test_a_tiff_keeps_its_bits(tmp_path: Path, pixel_format: str) -> None:
    cleaned = Cleaned(tmp_path, a_tiff("deflate", pixel_format))
    assert cleaned.content[24] == (8 if pixel_format in ("gray", "ya8", "rgba") else 16)


@pytest.mark.parametrize("orientation", SHOWN_CORNERS)
def test_a_tiff_is_turned(tmp_path: Path, orientation: int) -> None:
    cleaned = Cleaned(tmp_path, tiff_with(a_tiff(), (274, 3, orientation)))
    assert cleaned.corners == SHOWN_CORNERS[orientation]


def test_a_tiff_keeps_its_color_profile(tmp_path: Path) -> None:
    profile = icc_profile()
    content = a_tiff()
    content = tiff_with(content + profile, (34675, 7, len(content)))
    place = content.rindex(struct.pack("<HHI", 34675, 7, 1))
    content = content[: place + 4] + struct.pack("<I", len(profile)) + content[place + 8 :]
    assert zlib.compress(profile) in Cleaned(tmp_path, content).content


def test_only_the_first_picture_of_a_gif_is_read(tmp_path: Path) -> None:
    whole = Cleaned(tmp_path, a_gif()).content
    assert Cleaned(tmp_path, a_gif()[:-1]).content == whole
    assert Cleaned(tmp_path, a_gif()[:-1] + b"!\xf9\4broken").content == whole


@pytest.mark.parametrize("content", [a_bmp(), a_gif(), a_tiff(), a_tiff("raw")], ids=["bmp", "gif", "lzw", "raw"])
@pytest.mark.parametrize("part", [0.2, 0.5, 0.8])
def test_a_part_of_a_picture_is_refused(tmp_path: Path, content: bytes, part: float) -> None:
    with pytest.raises(MediaError, match=r"is (incomplete|damaged)"):
        Cleaned(tmp_path, content[: int(len(content) * part)])


@pytest.mark.parametrize("sides", [(0, 0), (30, 20), (64, 0)])
def test_a_gif_that_tells_smaller_sides_than_those_of_its_picture_is_shown_whole(
    tmp_path: Path, sides: tuple[int, int]
) -> None:
    cleaned = Cleaned(tmp_path, a_gif()[:6] + struct.pack("<HH", *sides) + a_gif()[10:])
    assert (cleaned.sides, cleaned.corners) == ((64, 40), CORNERS)


def test_the_fourth_byte_of_a_bmp_without_a_field_for_alpha_is_not_alpha(tmp_path: Path) -> None:
    pixels = bytes([10, 10, 250, 128]) * (8 * 4)
    header = struct.pack("<IiiHHIIiiII", 40, 8, 4, 1, 32, 0, 0, 0, 0, 0, 0)
    cleaned = Cleaned(tmp_path, b"BM" + struct.pack("<IHHI", 54 + len(pixels), 0, 0, 54) + header + pixels)
    assert (cleaned.content[25], cleaned.pixel(3, 3)) == (2, RED)


@pytest.mark.parametrize("size", [0, 20, 0x7FFFFFFF])
def test_a_bmp_that_tells_a_wrong_size_is_taken(tmp_path: Path, size: int) -> None:
    told = a_bmp()[:2] + struct.pack("<I", size) + a_bmp()[6:]
    assert Cleaned(tmp_path, told).corners == CORNERS


def test_a_bmp_of_run_lengths_is_taken_if_it_is_whole(tmp_path: Path) -> None:
    content = (FILES / "run-lengths.bmp").read_bytes()
    assert Cleaned(tmp_path, content).corners == CORNERS
    with pytest.raises(MediaError, match="incomplete"):
        Cleaned(tmp_path, content[:-8])


@pytest.mark.parametrize("pixel_format", ["monob", "gray", "bgr24"])
def test_a_bmp_without_its_last_pixels_is_refused(tmp_path: Path, pixel_format: str) -> None:
    picture = corner_picture(41, 40)  # rows are filled up to 4 bytes
    content = encoded(picture, "bmp", pixel_format)
    assert Cleaned(tmp_path, content).sides == (41, 40)
    for missing in (1, 10):
        with pytest.raises(MediaError, match="incomplete"):
            Cleaned(tmp_path, content[:-missing])


def test_a_tiff_whose_pixels_are_cut_off_behind_its_fields_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="incomplete"):
        Cleaned(tmp_path, tiff_with(a_tiff("raw"), (273, 4, 100_000)))


@pytest.mark.parametrize("field", [(254, 4, 1), (262, 3, 32803), (50706, 4, 4)])
def test_a_raw_photo_is_refused(tmp_path: Path, field: tuple[int, int, int]) -> None:
    """It is a TIFF; what FFmpeg decodes of it is a small preview, or sensor data."""
    with pytest.raises(MediaError, match=r"“picture.dat” is a raw photo of a camera. Convert it to a JPEG or PNG"):
        Cleaned(tmp_path, tiff_with(a_tiff(), field))


def test_a_png_that_is_too_large_becomes_a_jpeg(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    picture = corner_picture()
    picture.planes[0].update(random.Random(1).randbytes(picture.planes[0].buffer_size))
    content = encoded(picture, "bmp", "bgr24")
    size = Cleaned(tmp_path, content).facts.size
    monkeypatch.setattr(images, "SIZE_LIMIT", size - 1)
    assert Cleaned(tmp_path, content).facts.format == "jpeg"


# HEIC and AVIF


@pytest.mark.parametrize("brand", [b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1", b"MiHE"])
def test_a_heic_of_any_brand_is_sent_as_a_jpeg(tmp_path: Path, brand: bytes) -> None:
    cleaned = Cleaned(tmp_path, heif(hevc_item(), brand=brand))
    assert (cleaned.facts.format, cleaned.sides, cleaned.corners) == ("jpeg", (64, 64), CORNERS)


@pytest.mark.parametrize("brand", [b"avif", b"avis", b"mif1"])
def test_an_avif_of_any_brand_is_sent_as_a_jpeg(tmp_path: Path, brand: bytes) -> None:
    cleaned = Cleaned(tmp_path, heif(av1_item(), brand=brand, others=[b"avif"]))
    assert (cleaned.facts.format, cleaned.sides, cleaned.corners) == ("jpeg", (64, 64), CORNERS)


def test_contents_inside_the_description_are_read(tmp_path: Path) -> None:
    assert Cleaned(tmp_path, heif(hevc_item(), idat=True)).corners == CORNERS


@pytest.mark.parametrize("sides", [(128, 128), (100, 90), (65, 65)])
def test_tiles_are_joined_and_cut_off_at_the_edges(tmp_path: Path, sides: tuple[int, int]) -> None:
    cleaned = Cleaned(tmp_path, heif(grid_item(2, 2, *sides), *[hevc_item()] * 4))
    assert cleaned.sides == sides
    right, bottom = sides[0] - 64, sides[1] - 64
    if min(right, bottom) > 32:
        assert cleaned.corners == CORNERS
    red, green, blue = cleaned.pixel(60, 30)
    assert green > 200 and red < 60 and blue < 60, "the right half of the first tile"


def test_a_single_tile_is_cut_off_too(tmp_path: Path) -> None:
    """As libheif writes pictures with odd sides."""
    assert Cleaned(tmp_path, heif(grid_item(1, 1, 63, 61), hevc_item())).sides == (63, 61)


def test_only_the_clean_aperture_of_a_heic_is_sent(tmp_path: Path) -> None:
    left_top = clap(20, 10, (-44, 2), (-54, 2))
    cleaned = Cleaned(tmp_path, heif(hevc_item(64, 64, left_top, irot(1))))
    assert cleaned.sides == (10, 20) and cleaned.corners == (RED, RED, RED, RED)
    assert Cleaned(tmp_path, heif(hevc_item(64, 64, clap(63, 61, (-1, 2), (-3, 2))))).sides == (63, 61)


@pytest.mark.parametrize(
    ("turns", "corners"),
    [
        ((irot(0),), (RED, GREEN, BLUE, WHITE)),
        ((irot(1),), (GREEN, BLUE, WHITE, RED)),
        ((irot(2),), (BLUE, WHITE, RED, GREEN)),
        ((irot(3),), (WHITE, RED, GREEN, BLUE)),
        ((imir(0),), (WHITE, BLUE, GREEN, RED)),
        ((imir(1),), (GREEN, RED, WHITE, BLUE)),
        ((irot(3), imir(1)), (RED, WHITE, BLUE, GREEN)),
        ((imir(1), irot(3)), (BLUE, GREEN, RED, WHITE)),
    ],
)
def test_a_heic_is_turned_as_it_says(tmp_path: Path, turns: tuple[bytes, ...], corners: tuple[object, ...]) -> None:
    assert Cleaned(tmp_path, heif(hevc_item(64, 64, *turns))).corners == corners
    cleaned = Cleaned(tmp_path, heif(grid_item(1, 2, 128, 64, *turns), hevc_item(), hevc_item()))
    assert cleaned.sides == ((64, 128) if any(turn in (irot(1), irot(3)) for turn in turns) else (128, 64))


def test_turns_are_joined_in_order() -> None:
    for first, second in product(Orientation, repeat=2):
        stored = SHOWN_CORNERS[1]
        once = tuple(stored[CORNERS.index(color)] for color in SHOWN_CORNERS[first])
        twice = tuple(once[CORNERS.index(color)] for color in SHOWN_CORNERS[second])
        assert twice == SHOWN_CORNERS[first.then(second)]


def test_a_heic_keeps_its_color_profile(tmp_path: Path) -> None:
    profile = icc_profile()
    for content in (
        heif(hevc_item(64, 64, box(b"colr", b"prof", profile))),
        heif(grid_item(1, 1, 64, 64, box(b"colr", b"prof", profile)), hevc_item()),
        heif(grid_item(1, 1, 64, 64), hevc_item(64, 64, box(b"colr", b"rICC", profile))),
    ):
        assert profile in Cleaned(tmp_path, content).content


def distance_of(here: Pixel, there: Pixel) -> int:
    return sum(abs(one - other) for one, other in zip(here, there, strict=True))


@pytest.mark.parametrize("matrix", [1, 6])
def test_the_colors_of_a_heic_are_read_as_the_file_says(tmp_path: Path, matrix: int) -> None:
    """The picture is coded with the matrix of BT.601; read with that of BT.709, its red is another."""
    cleaned = Cleaned(tmp_path, heif(hevc_item(64, 64, nclx(matrix=matrix))))
    distance = distance_of(cleaned.pixel(0, 0), RED)
    assert distance < 20 if matrix == 6 else distance > 20


@pytest.mark.parametrize("named", [None, True, False])
def test_the_levels_of_a_heic_are_read_as_the_file_says(tmp_path: Path, named: bool | None) -> None:
    """The picture has levels from 16 to 235; read as levels up to 255, its white is darker."""
    colors = () if named is None else (nclx(is_full=named),)
    distance = distance_of(Cleaned(tmp_path, heif(hevc_item(64, 64, *colors, is_full=False))).pixel(3, 60), WHITE)
    assert distance > 20 if named else distance < 20


def test_transparency_of_an_avif_is_kept(tmp_path: Path) -> None:
    alpha = av1_item(64, 64, full_box(b"auxC", ALPHA))
    alpha = HeifItem(alpha.kind, alpha.content, alpha.properties, {b"auxl": [1]})
    cleaned = Cleaned(tmp_path, heif(av1_item(), alpha, brand=b"avif"))
    assert (cleaned.facts.format, cleaned.content[25]) == ("png", 6)
    with av.open(str(cleaned.file)) as container:
        frame = next(container.decode(video=0))
    alphas = bytes(frame.planes[0])[3::4]
    assert max(alphas) > 200 and min(alphas) < 100


def test_colors_of_an_avif_that_are_multiplied_with_their_alpha_are_divided_by_it(tmp_path: Path) -> None:
    alpha = av1_item(64, 64, full_box(b"auxC", ALPHA))
    alpha = HeifItem(alpha.kind, alpha.content, alpha.properties, {b"auxl": [1]})
    picture = av1_item()
    multiplied = HeifItem(picture.kind, picture.content, picture.properties, {b"prem": [2]})

    def pixel_of(item: HeifItem) -> list[int]:
        """Where it is red: the color and its alpha."""
        with av.open(str(Cleaned(tmp_path, heif(item, alpha, brand=b"avif")).file)) as container:
            return list(bytes(next(container.decode(video=0)).planes[0])[:4])

    *color, opacity = pixel_of(picture)
    divided = [min(255, value * 255 / opacity) for value in color]
    assert pixel_of(multiplied) == pytest.approx([*divided, opacity], abs=3)


def small_in(width: int, height: int) -> tuple[bytes, tuple[bytes, ...]]:
    """Content and properties of a picture of 64 by 64 pixels that says that it is larger."""
    item = hevc_item()
    return item.content, (item.properties[0], ispe(width, height))


#: Each tile extends to the end of the file.
OVERLAPPING = heif(grid_item(2, 2, 128, 128), *[hevc_item()] * 4).replace(
    struct.pack(">I", len(hevc_item().content)), bytes(4)
)


def test_transparency_of_other_sides_is_ignored(tmp_path: Path) -> None:
    alpha = av1_item(64, 64, full_box(b"auxC", ALPHA))
    alpha = HeifItem(alpha.kind, alpha.content, alpha.properties, {b"auxl": [1]})
    assert Cleaned(tmp_path, heif(av1_item(128, 64), alpha, brand=b"avif")).facts.format == "jpeg"


REFUSED_HEIF = {
    "tiles that do not cover the picture": (heif(grid_item(2, 2, 200, 128), *[hevc_item()] * 4), "damaged"),
    "more tiles than the picture needs": (heif(grid_item(2, 2, 64, 128), *[hevc_item()] * 4), "damaged"),
    "a part that is not inside": (heif(hevc_item(64, 64, clap(60, 60, (6, 2), (0, 1)))), "damaged"),
    "a part with no size": (heif(hevc_item(64, 64, clap(0, 60, (0, 1), (0, 1)))), "damaged"),
    "a division by zero": (heif(hevc_item(64, 64, clap(60, 60, (0, 0), (0, 1)))), "damaged"),
    "fewer pixels than told": (heif(HeifItem(b"hvc1", *small_in(200, 100))), "damaged"),
    "missing tiles": (heif(grid_item(2, 2, 128, 128), *[hevc_item()] * 3), "damaged"),
    "too many pixels": (heif(grid_item(2, 2, 16_000, 16_000), *[hevc_item()] * 4), "16,000 × 16,000 pixels; the limit"),
    "HDR": (heif(hevc_item(64, 64, nclx(transfer=16))), "is an HDR image. Convert it to a JPEG or PNG first"),
    "the same bytes for many tiles": (OVERLAPPING, "damaged"),
    "cut off": (heif(hevc_item())[:-20], "incomplete"),
    "pixels that cannot be decoded": (heif(HeifItem(b"hvc1", b"\0\0\0\4abcd", hevc_item().properties)), "damaged"),
    "other codec": (heif(HeifItem(b"vvc1", b"abcd", hevc_item().properties)), "cannot be decoded here"),
    "sequence alone": (box(b"ftyp", b"msf1", bytes(4)) + box(b"moov"), "an image sequence. Convert it"),
    "nothing": (box(b"ftyp", b"heic", bytes(4)) + full_box(b"meta"), "damaged"),
    "no more than its beginning": (heif(hevc_item())[:100], "damaged"),
}


@pytest.mark.parametrize(("content", "reason"), REFUSED_HEIF.values(), ids=list(REFUSED_HEIF))
def test_a_heic_that_cannot_be_used_is_refused_with_a_reason(tmp_path: Path, content: bytes, reason: str) -> None:
    with pytest.raises(MediaError, match=reason):
        Cleaned(tmp_path, content, "IMG_1.HEIC")


def test_a_heic_with_any_byte_broken_is_taken_or_refused(tmp_path: Path) -> None:
    """No input raises anything but MediaError."""
    content = heif(grid_item(1, 2, 128, 64, irot(1), nclx()), hevc_item(), hevc_item())
    for place in range(0, content.index(b"mdat"), 3):
        broken = bytearray(content)
        broken[place] ^= 0xFF
        try:
            Cleaned(tmp_path, bytes(broken))
        except MediaError as error:
            assert "picture.dat" in str(error)


def test_the_type_of_a_png_is_not_changed(tmp_path: Path) -> None:
    assert Cleaned(tmp_path, a_png()).facts.format == "png"
