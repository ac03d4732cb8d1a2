"""Which image files are accepted."""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from sora_desktop.media.errors import MediaError
from sora_desktop.media.images import SIZE_LIMIT, image_facts_of

ImageMaker = Callable[..., Path]

KINDS = [("png", "png", "rgb24"), ("jpeg", "mjpeg", "yuvj420p"), ("webp", "libwebp", "yuv420p")]


def png_header(width: int, height: int) -> bytes:
    body = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + body + struct.pack(">I", zlib.crc32(body))


@pytest.mark.parametrize(("kind", "codec", "pix_fmt"), KINDS)
def test_the_type_of_an_image_is_read_from_its_content(
    make_image: ImageMaker, kind: str, codec: str, pix_fmt: str
) -> None:
    file = make_image("picture.dat", codec, pix_fmt)
    facts = image_facts_of(file)
    assert (facts.width, facts.height, facts.format, facts.size) == (64, 40, kind, file.stat().st_size)


@pytest.mark.parametrize(("kind", "codec", "pix_fmt"), KINDS)
@pytest.mark.parametrize("part", [0.9, 0.98])
def test_an_incomplete_image_is_refused(
    make_image: ImageMaker, kind: str, codec: str, pix_fmt: str, part: float
) -> None:
    file = make_image(f"picture.{kind}", codec, pix_fmt, width=640, height=400)
    os.truncate(file, int(file.stat().st_size * part))
    with pytest.raises(MediaError, match="incomplete"):
        image_facts_of(file)


def test_an_image_with_one_wrong_byte_is_refused(make_image: ImageMaker) -> None:
    file = make_image("picture.png", "png", "rgb24")
    content = bytearray(file.read_bytes())
    content[content.index(b"IEND") - 5] ^= 0xFF  # in the checksum of the image data
    file.write_bytes(content)
    with pytest.raises(MediaError, match="damaged"):
        image_facts_of(file)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty"),
        (b"just some words\n", "holds text"),
        ("schöne Grüße".encode(), "holds text"),
        (b"GIF89a" + bytes(40), "a GIF"),
        (b"\0\0\0\x18ftypheic" + bytes(40), "HEIC"),
        (b"\0\0\0\x18ftypisom" + bytes(40), "a video"),
        (bytes(100), "not an image"),
        (b"\x89PNG\r\n\x1a\n", "damaged"),
        (b"\xff\xd8\xff\xe0\x00", "damaged"),
        (b"RIFF\x10\0\0\0WEBPVP8X", "damaged"),
        (b"RIFF", "image"),
    ],
)
def test_a_file_that_is_not_an_image_is_refused_with_a_reason(tmp_path: Path, content: bytes, message: str) -> None:
    file = tmp_path / "picture.png"
    file.write_bytes(content)
    with pytest.raises(MediaError, match=message):
        image_facts_of(file)


def test_a_huge_image_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    file = tmp_path / "huge.png"
    file.write_bytes(png_header(20_000, 20_000))  # there is nothing to decode after the header
    with pytest.raises(MediaError, match="20,000 × 20,000 pixels; the limit is 8,192"):
        image_facts_of(file)


def test_an_image_of_too_many_bytes_is_refused_unread(tmp_path: Path) -> None:
    file = tmp_path / "heavy.png"
    file.write_bytes(png_header(10, 10))
    os.truncate(file, SIZE_LIMIT + 1)
    with pytest.raises(MediaError, match=r"20\.0 MB; the limit is 20 MB"):
        image_facts_of(file)


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="is a folder"):
        image_facts_of(tmp_path)
