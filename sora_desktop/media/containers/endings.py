"""Finds out from the structure of a video file whether its end is there, without decoding."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from sora_desktop.media.containers.asf import asf_ending, is_asf
from sora_desktop.media.containers.avi import avi_ending, is_avi
from sora_desktop.media.containers.file_end import Ending, EndMissing
from sora_desktop.media.containers.flv import flv_ending, is_flv
from sora_desktop.media.containers.gif import gif_ending, is_gif
from sora_desktop.media.containers.matroska import is_matroska, matroska_ending
from sora_desktop.media.containers.mp4 import is_mp4, mp4_ending
from sora_desktop.media.containers.mpeg import is_mpeg, mpeg_ending
from sora_desktop.media.containers.mpeg_ts import is_ts, ts_ending
from sora_desktop.media.containers.nut import is_nut, nut_ending
from sora_desktop.media.containers.ogg import is_ogg, ogg_ending
from sora_desktop.media.errors import MediaError

#: How each container is known from the first 16 bytes of a file, and what tells its ending from the file and its size.
_KINDS: tuple[tuple[Callable[[bytes], bool], Callable[[BinaryIO, int], Ending]], ...] = (
    (is_mp4, mp4_ending),
    (is_matroska, matroska_ending),
    (is_avi, avi_ending),
    (is_flv, flv_ending),
    (is_gif, gif_ending),
    (is_nut, nut_ending),
    (is_asf, asf_ending),
    (is_ogg, ogg_ending),
    (is_ts, ts_ending),
    (is_mpeg, mpeg_ending),
)


def ending_of(file: Path, size: int) -> Ending:
    """Follow the lengths in the file of a known container. Raises MediaError if its end is missing.

    The samples of an MP4 are not followed: its index tells where they are.
    """
    try:
        with file.open("rb") as stream:
            head = stream.read(16)
            for is_kind, read_ending in _KINDS:
                if is_kind(head):
                    return read_ending(stream, size)
    except OSError as error:
        raise MediaError(f"“{file.name}” cannot be read: {error.strerror or error}.") from error
    except EndMissing as error:
        raise MediaError(f"“{file.name}” is incomplete: {error}.") from None
    return Ending.UNKNOWN
