"""The end of an MPEG program stream: packets with a start code, a number, and a length of 2 bytes."""

from __future__ import annotations

from typing import BinaryIO

from sora_desktop.media.containers.file_end import Ending, needs

_START_CODE = b"\0\0\1"
_PACK, _PROGRAM_END = 0xBA, 0xB9


def is_mpeg(head: bytes) -> bool:
    return head.startswith(_START_CODE + bytes([_PACK]))


def mpeg_ending(stream: BinaryIO, size: int) -> Ending:
    at = 0
    while at < size:
        stream.seek(at)
        head = stream.read(14)
        if not head.startswith(_START_CODE) or head[3:4] < bytes([_PROGRAM_END]):
            break  # bytes behind the last packet
        if head[3] == _PROGRAM_END:
            return Ending.REACHED
        if head[3] != _PACK:
            length = 6 + int.from_bytes(head[4:6], "big")
        else:
            length = 14 + (head[-1] & 7) if head[4:5] >= b"\x40" else 12  # the latter is that of MPEG-1
        if at + length > size:
            raise needs(at + length, size)
        at += length
    return Ending.UNKNOWN
