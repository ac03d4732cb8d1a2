"""The end of an FLV: tags with a kind, lengths and times of 3 bytes, 3 zeros, their content, and their whole length."""

from __future__ import annotations

import struct
from typing import BinaryIO

from sora_desktop.media.containers.file_end import Ending, has_only_zeros, is_frame_zeros, needs, zeros_found

_FLV_KINDS = (8, 9, 18)
_SIZE_NOTE = b"\0\x08filesize\0"  # followed by a number of 8 bytes
_START = 1 << 14  # bytes in which the notes about the whole file are


def is_flv(head: bytes) -> bool:
    return head[:3] == b"FLV"


def flv_ending(stream: BinaryIO, size: int) -> Ending:
    stream.seek(5)
    at = int.from_bytes(stream.read(4), "big") + 4
    while at < size:
        stream.seek(at)
        head = stream.read(11)
        if head[0] not in _FLV_KINDS or any(head[8:]):  # bytes behind the last tag
            if is_frame_zeros(stream, at):  # also where its whole length should be
                raise zeros_found()
            is_filled = _noted_size(stream) == size and has_only_zeros(stream, at)
            return Ending.ZEROS if is_filled else Ending.UNKNOWN
        end = at + 11 + int.from_bytes(head[1:4], "big") + 4
        if len(head) < 11 or end > size:
            raise needs(max(end, size + 1), size)
        at = end
    return Ending.UNKNOWN


def _noted_size(stream: BinaryIO) -> float | None:
    """The size of the file that its first tag notes, if any. Zeros in a file of that size are no padding."""
    stream.seek(0)
    start = stream.read(_START)
    at = start.find(_SIZE_NOTE) + len(_SIZE_NOTE)
    if at < len(_SIZE_NOTE) or at + 8 > len(start):
        return None
    number: float = struct.unpack_from(">d", start, at)[0]
    return number
