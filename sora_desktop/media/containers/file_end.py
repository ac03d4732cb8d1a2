"""What the end of a file says about its frames, whatever its container."""

from __future__ import annotations

from enum import Enum, auto
from typing import BinaryIO

PART = 1 << 20  # bytes that are read at a time
FRAME_ZEROS = 8  # more zeros than a frame of common codecs ends with


class Ending(Enum):
    """What the structure of a file says about its end."""

    REACHED = auto()
    #: The container does not say where it ends, or its last frame may go on.
    UNKNOWN = auto()
    #: Zeros are where frames should be: frames are missing if the video ends before the time that its header tells.
    ZEROS = auto()
    #: The last frame ends with zeros, and zeros follow: it is cut, unless its codec writes such frames.
    ZEROS_IN_FRAME = auto()


class EndMissing(Exception):
    """Its text says what is missing."""


def zeros_found() -> EndMissing:
    """The error for a file whose frames go on as zeros."""
    return EndMissing("a part of its frames is zeros")


def needs(end: int, size: int) -> EndMissing:
    """The error for a file of `size` bytes of which at least `end` bytes belong to it."""
    return EndMissing(f"it has {size:,} of at least {end:,} bytes")


def has_only_zeros(stream: BinaryIO, at: int) -> bool:
    """True if bytes follow and all of them are zero, as in a file that was made in its full size and not filled."""
    stream.seek(at)
    part = stream.read(FRAME_ZEROS)  # few, since most files have something else here
    has_zeros = bool(part)
    while part and not any(part):
        part = stream.read(PART)
    return has_zeros and not part


def is_frame_zeros(stream: BinaryIO, end: int) -> bool:
    """True if the frame that ends here ends with more zeros than most frames do, and zeros follow."""
    return has_only_zeros(stream, end) and has_only_zeros(stream, end - FRAME_ZEROS)
