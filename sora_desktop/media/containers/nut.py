"""The end of a NUT: an index behind all frames, which tells its own length."""

from __future__ import annotations

import mmap
from typing import BinaryIO

from sora_desktop.media.containers.file_end import Ending, EndMissing

_INDEX = b"NX\xdd\x67\x2f\x23\xe6\x4e"
#: Bytes above which a length is followed by a checksum of 4 bytes.
_LONG = 4096


def is_nut(head: bytes) -> bool:
    return head[:16] == b"nut/multimedia c"


def nut_ending(stream: BinaryIO, _: int) -> Ending:
    with mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
        start = content.rfind(_INDEX)
        if start < 0:
            raise EndMissing("its index is missing")
        at, length, goes_on = start + len(_INDEX), 0, True
        while goes_on and at < len(content):  # 7 bits in each byte, of which the highest bit says whether it goes on
            length, goes_on = length << 7 | content[at] & 127, content[at] > 127
            at += 1
        if goes_on or at + length + (4 if length > _LONG else 0) > len(content):
            raise EndMissing("a part of its index is missing")
    return Ending.REACHED
