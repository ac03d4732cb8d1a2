"""The end of an FLV: tags with a kind, lengths and times of 3 bytes, 3 zeros, their content, and their whole length."""

from __future__ import annotations

from typing import BinaryIO

from sora_desktop.media.containers.file_end import Ending, ending_behind, needs

_FLV_KINDS = (8, 9, 18)


def is_flv(head: bytes) -> bool:
    return head[:3] == b"FLV"


def flv_ending(stream: BinaryIO, size: int) -> Ending:
    stream.seek(5)
    at = int.from_bytes(stream.read(4), "big") + 4
    while at < size:
        stream.seek(at)
        head = stream.read(11)
        if head[0] not in _FLV_KINDS or any(head[8:]):
            return ending_behind(stream, at, Ending.UNKNOWN)  # bytes behind the last tag
        end = at + 11 + int.from_bytes(head[1:4], "big") + 4
        if len(head) < 11 or end > size:
            raise needs(max(end, size + 1), size)
        at = end
    return Ending.UNKNOWN
