"""The end of an AVI: chunks with a name of 4 letters and a length of 4 bytes; lists are chunks of chunks."""

from __future__ import annotations

import struct
from typing import BinaryIO

from sora_desktop.media.containers.file_end import Ending, has_only_zeros, needs


def is_avi(head: bytes) -> bool:
    return head[:4] == b"RIFF" and head[8:12] == b"AVI "


def avi_ending(stream: BinaryIO, size: int) -> Ending:
    at = riff_end = frames_end = 0  # an end is 0 if its list does not say its length
    has_frames = has_index = False
    while at + 8 <= size:
        stream.seek(at)
        name, length, kind = struct.unpack("<4sI4s", stream.read(12).ljust(12, b"\0"))
        if name in (b"RIFF", b"LIST") and kind in (b"AVI ", b"AVIX", b"movi", b"rec "):
            if name == b"RIFF":
                riff_end = at + 8 + length if 0 < length < 0xFFFFFFFF else 0
            if kind == b"movi":
                has_frames = True
                frames_end = at + 8 + length if 0 < length < 0xFFFFFFFF else 0
            at += 12
            continue
        if has_frames and 0 < riff_end <= at:
            break  # bytes behind the last list
        if has_frames and riff_end <= size and not name.isalnum():  # chunks that cannot be followed
            is_behind_frames = has_index or 0 < frames_end <= at
            if not is_behind_frames and has_only_zeros(stream, at):
                return Ending.ZEROS
            break
        if at + 8 + length > size:
            raise needs(max(riff_end, at + 8 + length), size)
        has_index = has_index or (has_frames and name == b"idx1")
        at += 8 + length + length % 2
    if riff_end > size and not has_index:  # an index behind the frames shows that those are all there
        raise needs(riff_end, size)
    return Ending.REACHED if has_index or riff_end else Ending.UNKNOWN
