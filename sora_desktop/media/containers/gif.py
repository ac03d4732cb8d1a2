"""The end of a GIF: after its header come blocks with a kind, in parts of 255 bytes, and a byte that ends it."""

from __future__ import annotations

import mmap
from typing import BinaryIO

from sora_desktop.media.containers.file_end import Ending, has_only_zeros, needs, zeros_found

#: Kinds of blocks.
EXTENSION, PICTURE, END = b"!,;"
#: Bytes of the header, without its colors.
HEADER_SIZE = 13


def is_gif(head: bytes) -> bool:
    return head[:6] in (b"GIF87a", b"GIF89a")


def gif_ending(stream: BinaryIO, size: int) -> Ending:
    with mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
        try:
            at = end_of_colors(HEADER_SIZE, content[HEADER_SIZE - 3])
            while content[at] in (EXTENSION, PICTURE):
                at = end_of_extension(content, at) if content[at] == EXTENSION else end_of_picture(content, at)
            is_end = content[at] == END
        except IndexError:
            raise needs(size + 1, size) from None
    if not is_end and has_only_zeros(stream, at):
        raise zeros_found()
    return Ending.REACHED if is_end else Ending.UNKNOWN


def end_of_colors(at: int, flags: int) -> int:
    """Where the colors end that begin there, if there are any. `flags`: the byte that says so."""
    return at + (3 << (flags & 7) + 1 if flags & 0x80 else 0)


def end_of_extension(content: bytes | mmap.mmap, at: int) -> int:
    """Where the extension ends that begins there. Raises IndexError if its end is missing."""
    return _end_of_parts(content, at + 2)


def end_of_picture(content: bytes | mmap.mmap, at: int) -> int:
    """Where the picture ends that begins there. Raises IndexError if its end is missing."""
    return _end_of_parts(content, end_of_colors(at + 10, content[at + 9]) + 1)


def _end_of_parts(content: bytes | mmap.mmap, at: int) -> int:
    while content[at]:
        at += 1 + content[at]
    return at + 1
