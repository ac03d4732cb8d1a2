"""Reads an MP4 without the boxes that no frame needs.

FFmpeg refuses a file for any box that it cannot read, also for one without frames, such as a `uuid` box without its id.
"""

from __future__ import annotations

import io
import struct
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

#: The boxes that frames need, by the box around them; None: the file.
_NEEDED: dict[bytes | None, tuple[bytes, ...]] = {
    None: (b"ftyp", b"moov", b"moof", b"mdat"),
    b"moov": (b"mvhd", b"trak", b"mvex"),
    b"trak": (b"tkhd", b"edts", b"mdia"),
    b"mdia": (b"mdhd", b"hdlr", b"minf"),
    b"moof": (b"mfhd", b"traf"),
    b"traf": (b"tfhd", b"tfdt", b"trun"),
}
_FREE = b"skip"  # the kind of a box that readers pass


def without_other_boxes(file: Path) -> BinaryIO | None:
    """The open file, in which every box that no frame needs is free space; None if there is no such box.

    Raises OSError.
    """
    with file.open("rb") as stream:
        hidden = list(_others(stream, None, 0, file.stat().st_size))
    return _WithHidden(file, hidden) if hidden else None


def _others(stream: BinaryIO, parent: bytes | None, at: int, end: int) -> Iterator[int]:
    """Where the kinds of the boxes are that are not needed."""
    while at + 8 <= end:
        stream.seek(at)
        head = stream.read(16)
        length, kind = struct.unpack(">I4s", head[:8])
        start = 8
        if length == 1 and len(head) == 16:
            length, start = struct.unpack(">Q", head[8:])[0], 16
        if kind not in _NEEDED[parent]:
            yield at + 4
        elif kind in _NEEDED:
            yield from _others(stream, kind, at + start, min(at + length, end))
        if length < start:
            return  # up to the end, or no box
        at += length


class _WithHidden(io.FileIO):
    def __init__(self, file: Path, hidden: Sequence[int]) -> None:
        """`hidden`: where the kinds of the boxes are that read as free space, in bytes and in order."""
        super().__init__(file)
        self._hidden = hidden

    def read(self, size: int | None = -1, /) -> bytes:
        start = self.tell()
        content = bytearray(super().read(-1 if size is None else size) or b"")
        first, last = (bisect_left(self._hidden, at) for at in (start - len(_FREE) + 1, start + len(content)))
        for at in self._hidden[first:last]:
            for place, byte in enumerate(_FREE, at - start):
                if 0 <= place < len(content):
                    content[place] = byte
        return bytes(content)
