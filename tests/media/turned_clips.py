"""Clips whose header says that a player turns them, as phones write them."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path


def turn_clip(file: Path, matrix: Sequence[int]) -> Path:
    """Write the numbers a, b, c, d of a display matrix, each -1, 0 or 1, into an MP4 with one track."""
    content = bytearray(file.read_bytes())
    a, b, c, d = (number << 16 for number in matrix)
    struct.pack_into(">9i", content, content.index(b"tkhd") + 44, a, b, 0, c, d, 0, 0, 0, 1 << 30)
    file.write_bytes(content)
    return file
