"""The end of an MP4 or QuickTime file: boxes with a length of 4 bytes and a kind of 4 letters."""

from __future__ import annotations

import struct
from typing import BinaryIO

from sora_desktop.media.containers.file_end import (
    Ending,
    EndMissing,
    has_only_zeros,
    is_frame_zeros,
    needs,
    zeros_found,
)

_FIRST_BOXES = (b"ftyp", b"styp", b"moov", b"mdat", b"free", b"skip", b"wide", b"uuid", b"pnot")
#: Boxes of a fragmented MP4, one of which at the end means that more belongs to the file.
_FRAGMENT_BOXES = (b"moof", b"mdat", b"mfra", b"sidx", b"ssix", b"styp", b"emsg", b"prft")


def is_mp4(head: bytes) -> bool:
    """True if the first 8 bytes of a file are the head of a box."""
    return head[4:8] in _FIRST_BOXES


def mp4_ending(stream: BinaryIO, size: int) -> Ending:
    at = 0
    kind = b""
    kinds: set[bytes] = set()
    while at + 8 <= size:
        if kind == b"moof" and has_only_zeros(stream, at):
            raise zeros_found()
        if kind == b"mdat" and {b"moov", b"moof"} <= kinds and is_frame_zeros(stream, at):
            return Ending.ZEROS_IN_FRAME
        stream.seek(at)
        head = stream.read(16)
        length, kind = struct.unpack(">I4s", head[:8])
        if length == 1 and len(head) == 16:
            length = struct.unpack(">Q", head[8:])[0]
        elif length == 0:
            length = size - at
        is_cut = at + length > size
        if kind == b"sidx" and not is_cut:
            _check_segment_index(stream, at, length, size)
        if (is_cut and kind in (b"moov", b"moof")) or (is_cut and b"moof" in kinds and kind in _FRAGMENT_BOXES):
            raise needs(at + length, size)
        if b"moov" in kinds and (is_cut or length < 8):
            return Ending.REACHED  # bytes that belong to no frame, or the index tells which frames are missing
        if is_cut:
            raise needs(at + length, size)
        if length < 8:
            break
        kinds.add(kind)
        at += length
    if b"moov" not in kinds:
        raise EndMissing("its index is missing")
    if b"moof" in kinds and at < size:
        stream.seek(at)
        if stream.read(1) == b"\0" and not has_only_zeros(stream, at):
            raise needs(at + 8, size)  # the beginning of another box
    return Ending.REACHED


def _check_segment_index(stream: BinaryIO, at: int, length: int, size: int) -> None:
    """Raises EndMissing if a segment index refers to bytes behind the end of the file, or to zeros."""
    stream.seek(at)
    box = stream.read(min(length, 1 << 20))
    try:
        offset = struct.unpack_from(">Q", box, 28)[0] if box[8] else struct.unpack_from(">I", box, 24)[0]
        table = 40 if box[8] else 32
        count = struct.unpack_from(">H", box, table - 2)[0]
        sizes = [struct.unpack_from(">I", box, table + 12 * number)[0] & 0x7FFFFFFF for number in range(count)]
    except (struct.error, IndexError):
        return
    end = at + length + offset + sum(sizes)
    if end > size:
        raise needs(end, size)
    if sizes and has_only_zeros(stream, end - sizes[-1]):
        raise zeros_found()
