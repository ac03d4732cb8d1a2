"""The end of an Ogg file: pages with a flag for the first and the last one of each stream, and at most 255 segments."""

from __future__ import annotations

import zlib
from typing import BinaryIO

from sora_desktop.media.containers.file_end import Ending, EndMissing, has_only_zeros, needs

_OGG_PAGE = b"OggS"
_OGG_FIRST, _OGG_LAST = 2, 4


def is_ogg(head: bytes) -> bool:
    return head.startswith(_OGG_PAGE)


def ogg_ending(stream: BinaryIO, size: int) -> Ending:
    at = page = 0
    goes_on: dict[bytes, bool] = {}  # by the number of each stream that has not ended: a packet on its next page
    while at < size:
        stream.seek(at)
        head = stream.read(27)
        if not head.startswith(_OGG_PAGE):
            if goes_on and (has_only_zeros(stream, at) or _OGG_PAGE.startswith(head)):
                raise needs(size + 1, size)
            break  # bytes behind the last page
        segments = stream.read(head[26]) if len(head) == 27 else b""
        end = at + 27 + len(segments) + sum(segments)
        if len(head) < 27 or len(segments) < head[26] or end > size:
            raise needs(max(end, size + 1), size)
        flags, number = head[5], head[14:18]
        if flags & _OGG_LAST:
            goes_on.pop(number, None)
        elif flags & _OGG_FIRST or number in goes_on:
            goes_on[number] = segments[-1:] == b"\xff"
        at, page = end, at
    stream.seek(page)
    if not _is_ogg_page_whole(stream.read(at - page)):
        raise EndMissing("its last part is damaged")
    if any(goes_on.values()):
        raise EndMissing("its last frame is cut")
    return Ending.UNKNOWN if goes_on else Ending.REACHED


def _is_ogg_page_whole(page: bytes) -> bool:
    """True if the checksum of a page fits: a CRC-32 that begins with 0, with the bits of each byte from the left."""
    mirrored = (page[:22] + bytes(4) + page[26:]).translate(_MIRRORED)
    checksum = zlib.crc32(mirrored, 0xFFFFFFFF) ^ 0xFFFFFFFF
    return checksum.to_bytes(4, "big").translate(_MIRRORED) == page[22:26]


_MIRRORED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))
