"""TIFF files beyond the common ones: with tiles, of JPEGs, large ones, and those with other samples."""

from __future__ import annotations

import struct
import sys
import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest
from av.video.plane import VideoPlane
from media.image_files import CORNERS, RED, SHOWN_CORNERS, Cleaned, corner_picture, encoded

from sora_desktop.media.errors import MediaError
from sora_desktop.media.packed_pictures import frame_of, rows_of

WIDTH, HEIGHT, BITS, COMPRESSION, COLORS, STRIPS, ORIENTATION, SAMPLES = 256, 257, 258, 259, 262, 273, 274, 277
STRIP_ROWS, STRIP_SIZES, TILE_WIDTH, TILE_HEIGHT, TILES, TILE_SIZES = 278, 279, 322, 323, 324, 325
EXTRA, FORMAT, TABLES = 338, 339, 347
RGB, LUMA_CHROMA, DEFLATE, JPEG = 2, 6, 8, 7

Fields = dict[int, Sequence[int] | bytes]


def tiff(parts: Sequence[bytes], fields: Fields, *, is_big: bool = False, order: str = "<") -> bytes:
    """A TIFF of 64 x 40 pixels whose strips, or tiles of 32 x 16, have these bytes."""
    word = "Q" if is_big else "I"
    head = {"<": b"II", ">": b"MM"}[order] + struct.pack(f"{order}H", 43 if is_big else 42)
    head += struct.pack(f"{order}HHQ", 8, 0, 16) if is_big else struct.pack(f"{order}I", 8)
    is_tiled = TILE_WIDTH in fields
    common: Fields = {WIDTH: [64], HEIGHT: [40], BITS: [8, 8, 8], COMPRESSION: [1], COLORS: [RGB], SAMPLES: [3]}
    sizes, places = (TILE_SIZES, TILES) if is_tiled else (STRIP_SIZES, STRIPS)
    fields = {**common, **fields, sizes: [len(part) for part in parts], places: [0] * len(parts)}

    def written(values: Sequence[int] | bytes) -> tuple[int, bytes]:
        if isinstance(values, bytes):
            return 7, values
        return 4, struct.pack(f"{order}{len(values)}I", *values)

    count = struct.pack(f"{order}{'Q' if is_big else 'H'}", len(fields))
    entry, room = struct.calcsize(f"{order}HH{word}{word}"), struct.calcsize(word)
    behind = len(head) + len(count) + entry * len(fields) + room
    long = sum(len(data) for _, data in map(written, fields.values()) if len(data) > room)
    at = behind + long
    offsets = []
    for part in parts:
        offsets.append(at)
        at += len(part)
    fields[places] = offsets
    entries, values = b"", b""
    for tag in sorted(fields):
        kind, data = written(fields[tag])
        entries += struct.pack(f"{order}HH{word}", tag, kind, len(data) // (1 if kind == 7 else 4))
        if len(data) > room:
            entries += struct.pack(f"{order}{word}", behind + len(values))
            values += data
        else:
            entries += data.ljust(room, b"\0")
    return head + count + entries + bytes(room) + values + b"".join(parts)


ROWS = rows_of(corner_picture(), 3)
STRIP_FIELDS: Fields = {STRIP_ROWS: [16]}
TILE_FIELDS: Fields = {TILE_WIDTH: [32], TILE_HEIGHT: [16]}


def strips(rows: Sequence[bytes] = ROWS) -> list[bytes]:
    """16 rows each; the last one has 8."""
    return [b"".join(rows[top : top + 16]) for top in range(0, 40, 16)]


def tiles(rows: Sequence[bytes] = ROWS) -> list[bytes]:
    """32 columns and 16 rows each, filled up at the bottom."""
    size = len(rows[0]) // 2
    filled = [*rows, *rows[:8]]
    return [
        b"".join(row[left : left + size] for row in filled[top : top + 16])
        for top in range(0, 40, 16)
        for left in (0, size)
    ]


def packed(parts: Iterable[bytes]) -> list[bytes]:
    return [zlib.compress(part) for part in parts]


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("is_big", [False, True], ids=["classic", "big"])
@pytest.mark.parametrize("compression", [1, DEFLATE])
def test_a_tiff_of_strips_or_tiles_is_taken(tmp_path: Path, compression: int, is_big: bool, order: str) -> None:
    for parts, fields in ((strips(), STRIP_FIELDS), (tiles(), TILE_FIELDS)):
        parts = packed(parts) if compression == DEFLATE else parts
        content = tiff(parts, {**fields, COMPRESSION: [compression]}, is_big=is_big, order=order)
        cleaned = Cleaned(tmp_path, content)
        assert (cleaned.facts.format, cleaned.sides, cleaned.corners) == ("png", (64, 40), CORNERS)


@pytest.mark.parametrize("orientation", SHOWN_CORNERS)
def test_a_tiff_with_tiles_is_turned(tmp_path: Path, orientation: int) -> None:
    for is_big in (False, True):
        content = tiff(tiles(), {**TILE_FIELDS, ORIENTATION: [orientation]}, is_big=is_big)
        assert Cleaned(tmp_path, content).corners == SHOWN_CORNERS[orientation]


def test_a_tiff_with_a_tile_that_is_cut_off_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="incomplete"):
        Cleaned(tmp_path, tiff(tiles(), TILE_FIELDS)[:-1])


@pytest.mark.parametrize("fields", [STRIP_FIELDS, TILE_FIELDS], ids=["strips", "tiles"])
def test_a_tiff_with_a_damaged_part_is_refused(tmp_path: Path, fields: Fields) -> None:
    parts = packed(strips() if fields is STRIP_FIELDS else tiles())
    for broken in (b"", parts[1][:-9], parts[1][:4] + b"?" * 20 + parts[1][24:]):
        content = tiff([parts[0], broken, *parts[2:]], {**fields, COMPRESSION: [DEFLATE]})
        with pytest.raises(MediaError, match="damaged"):
            Cleaned(tmp_path, content)


def rows_of_plane(plane: VideoPlane) -> list[bytes]:
    content = bytes(plane)
    return [content[y * plane.line_size : y * plane.line_size + plane.width] for y in range(plane.height)]


def test_the_colors_of_luma_and_chroma_are_those_of_a_jpeg(tmp_path: Path) -> None:
    planes = [rows_of_plane(plane) for plane in corner_picture().reformat(format="yuvj444p").planes]
    rows = [bytes(value for pixel in zip(*row, strict=True) for value in pixel) for row in zip(*planes, strict=True)]
    cleaned = Cleaned(tmp_path, tiff(strips(rows), {**STRIP_FIELDS, COLORS: [LUMA_CHROMA], 530: [1, 1]}))
    assert cleaned.pixel(3, 3) == pytest.approx(RED, abs=4)


def test_colors_that_are_multiplied_with_their_alpha_are_divided_by_it(tmp_path: Path) -> None:
    rows = [bytes([125, 5, 5, 128]) * 64] * 40
    content = tiff(strips(rows), {**STRIP_FIELDS, BITS: [8] * 4, SAMPLES: [4], EXTRA: [1]})
    cleaned = Cleaned(tmp_path, content)
    assert cleaned.pixel(3, 3) == pytest.approx(RED, abs=2)
    assert cleaned.content[25] == 6


@pytest.mark.parametrize(("form", "bits"), [("e", 16), ("f", 32)])
def test_a_tiff_of_floating_point_numbers_is_taken(tmp_path: Path, form: str, bits: int) -> None:
    rows = [struct.pack(f"<{len(row)}{form}", *(value / 255 for value in row)) for row in ROWS]
    content = tiff(strips(rows), {**STRIP_FIELDS, BITS: [bits] * 3, FORMAT: [3] * 3})
    assert Cleaned(tmp_path, content).corners == CORNERS


def jpegs(parts: Iterable[bytes], width: int) -> tuple[list[bytes], bytes]:
    """Each part as a JPEG without its quantization table, and a JPEG of that table alone."""
    written = []
    for part in parts:
        frame = frame_of(part, width, len(part) // width // 3, "rgb24")
        written.append(encoded(frame, "mjpeg", "yuvj444p"))
    start = written[0].index(b"\xff\xdb")
    end = start + 2 + int.from_bytes(written[0][start + 2 : start + 4], "big")
    table = written[0][start:end]
    assert all(table in jpeg for jpeg in written)
    return [jpeg.replace(table, b"") for jpeg in written], b"\xff\xd8" + table + b"\xff\xd9"


@pytest.mark.parametrize("fields", [STRIP_FIELDS, TILE_FIELDS], ids=["strips", "tiles"])
def test_a_tiff_of_jpegs_is_taken(tmp_path: Path, fields: Fields) -> None:
    parts, tables = jpegs(*((strips(), 64) if fields is STRIP_FIELDS else (tiles(), 32)))
    fields = {**fields, COMPRESSION: [JPEG], COLORS: [LUMA_CHROMA], TABLES: tables, 530: [1, 1]}
    cleaned = Cleaned(tmp_path, tiff(parts, fields))
    assert (cleaned.facts.format, cleaned.sides, cleaned.corners) == ("jpeg", (64, 40), CORNERS)
    with pytest.raises(MediaError, match="damaged"):
        Cleaned(tmp_path, tiff(parts[:-1], fields))
    with pytest.raises(MediaError, match="damaged"):
        Cleaned(tmp_path, tiff(parts, {**fields, WIDTH: [63], TILE_WIDTH if TILE_WIDTH in fields else 0: [48]}))
    with pytest.raises(MediaError, match="damaged"):
        Cleaned(tmp_path, tiff([*parts[:-1], parts[-1][:-20]], fields))
    with pytest.raises(MediaError, match="damaged"):
        Cleaned(tmp_path, tiff([parts[0], parts[0][: len(parts[0]) // 2], *parts[2:]], fields))


def test_a_tiff_of_jpegs_has_the_colors_that_it_names(tmp_path: Path) -> None:
    parts, tables = jpegs(strips(), 64)
    fields: Fields = {**STRIP_FIELDS, COMPRESSION: [JPEG], TABLES: tables}
    luma = corner_picture().reformat(format="yuvj444p")
    stored = tuple(bytes(plane)[3 * plane.line_size + 3] for plane in luma.planes)
    assert Cleaned(tmp_path, tiff(parts, {**fields, COLORS: [RGB]})).pixel(3, 3) == pytest.approx(stored, abs=4)


@pytest.mark.parametrize(
    "odd",
    [
        *({COMPRESSION: [number]} for number in (6, 34712, 34925, 50000)),
        {BITS: [12, 12, 12]},
        {BITS: [32, 32, 32]},
        {COMPRESSION: [JPEG], COLORS: [5]},
    ],
    ids=str,
)
def test_a_tiff_that_nothing_here_decodes_is_refused_with_a_reason(tmp_path: Path, odd: Fields) -> None:
    parts = [part * 4 for part in strips()]
    with pytest.raises(MediaError, match=r"is a TIFF in an uncommon form\. Convert it to a JPEG or PNG first"):
        Cleaned(tmp_path, tiff(parts, {**STRIP_FIELDS, **odd}))


def test_without_qt_only_common_tiffs_are_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "PySide6.QtGui", None)
    assert Cleaned(tmp_path, tiff(strips(), STRIP_FIELDS)).corners == CORNERS
    with pytest.raises(MediaError, match=r"is a TIFF in an uncommon form\. Convert it"):
        Cleaned(tmp_path, tiff(tiles(), TILE_FIELDS))
