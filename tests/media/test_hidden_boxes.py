"""Which boxes of an MP4 are read as free space."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from sora_desktop.media.hidden_boxes import without_other_boxes


def box(kind: bytes, content: bytes = b"") -> bytes:
    return struct.pack(">I4s", 8 + len(content), kind) + content


def long_box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I4sQ", 1, kind, 16 + len(content)) + content


def read_in_parts(file: Path, size: int) -> bytes | None:
    stream = without_other_boxes(file)
    if stream is None:
        return None
    with stream:
        return b"".join(iter(lambda: stream.read(size), b""))


TRACK = box(b"trak", box(b"tkhd") + box(b"meta", b"tkhd"))


@pytest.mark.parametrize("size", [1, 3, 4, 7, 64, -1])
@pytest.mark.parametrize(
    "content",
    [
        box(b"moov", box(b"mvhd") + box(b"udta", b"name") + TRACK) + box(b"uuid"),
        long_box(b"mdat", b"uuid" * 9) + long_box(b"moov", box(b"mvhd") + box(b"udta") + TRACK) + box(b"uuid"),
        box(b"free") * 3 + box(b"moov", TRACK),
        box(b"moov", struct.pack(">I4s", 1000, b"udta") + b"name") + box(b"mdat", box(b"uuid")),
    ],
)
def test_other_boxes_are_free_space_however_the_file_is_read(tmp_path: Path, content: bytes, size: int) -> None:
    file = tmp_path / "a.mp4"
    file.write_bytes(content)
    shown = content
    for kind in (b"udta", b"meta", b"free"):
        shown = shown.replace(kind, b"skip")
    if shown.endswith(box(b"uuid")) and b"mdat" + struct.pack(">I4s", 8, b"uuid") not in shown:
        shown = shown[:-4] + b"skip"
    assert read_in_parts(file, size) == shown


@pytest.mark.parametrize(
    "content",
    [
        box(b"ftyp", b"isom") + box(b"mdat", box(b"uuid")) + box(b"moov", box(b"mvhd")),
        box(b"ftyp") + struct.pack(">I4s", 0, b"mdat") + box(b"uuid"),
        box(b"moov", struct.pack(">I4s", 1000, b"trak") + box(b"tkhd")) + box(b"mdat"),
    ],
)
def test_a_file_of_boxes_that_frames_need_is_read_as_it_is(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "a.mp4"
    file.write_bytes(content)
    assert without_other_boxes(file) is None


def test_the_file_can_be_read_from_any_place(tmp_path: Path) -> None:
    file = tmp_path / "a.mp4"
    file.write_bytes(box(b"ftyp") + box(b"uuid", b"12345678") + box(b"moov"))
    stream = without_other_boxes(file)
    assert stream is not None
    with stream:
        stream.seek(13)
        assert stream.read(4) == b"kip1"
