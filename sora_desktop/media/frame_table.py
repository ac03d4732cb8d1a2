"""The table of a clip's frames: when each is shown, and where decoding can begin. Kept in a file."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import msgspec
from av.container import InputContainer
from av.video.stream import VideoStream

from sora_desktop.domain.frames import FrameTimes
from sora_desktop.media.errors import MediaError
from sora_desktop.media.files import write_picture
from sora_desktop.media.tracks import Track, shown_track
from sora_desktop.media.videos import open_video

#: Of the format of the kept files; others are not read.
_VERSION = 2
_MICROSECONDS = 1_000_000


@dataclass(frozen=True, slots=True)
class FrameTable:
    """Every frame that a decoder gives, in its order. Times are in the stream's time base."""

    time_base: Fraction
    starts: tuple[int, ...]  # of each frame, ascending
    end: int  # of the last frame
    keys: tuple[int, ...]  # numbers of the frames from which decoding can begin, ascending
    is_counted: bool  # decoded frames do not tell their numbers by their times: they are counted from the first one

    @property
    def times(self) -> FrameTimes:
        """The same times in microseconds from the first frame."""
        unit = self.time_base * _MICROSECONDS
        first, up, down = self.starts[0], unit.numerator, unit.denominator
        starts = tuple((2 * (start - first) * up + down) // (2 * down) for start in self.starts)
        return FrameTimes(starts, (2 * (self.end - first) * up + down) // (2 * down))

    def key_of(self, frame: int) -> int:
        """The frame at or before `frame` at which decoding must begin at the latest to reach it."""
        if self.is_counted:
            return 0
        place = bisect_right(self.keys, frame)
        return self.keys[place - 1] if place else 0


class _KeptTable(msgspec.Struct, frozen=True, array_like=True):
    """A table as it is kept, with the size and time of the file that it belongs to."""

    version: int
    size: int  # bytes
    changed: int  # nanoseconds
    time_base: tuple[int, int]
    starts: tuple[int, ...]
    end: int
    keys: tuple[int, ...]
    is_counted: bool


def read_table(
    file: Path, container: InputContainer, stream: VideoStream, go_on: Callable[[], None] = lambda: None
) -> FrameTable:
    """The table of an open file, whose packets are read. `go_on` is called at each of them. Raises MediaError."""
    return _table_of(shown_track(file, container, stream, go_on))


def kept_table(file: Path, table_file: Path) -> FrameTable | None:
    """The table of a file that was kept; None if there is none, or one of another content."""
    try:
        kept = msgspec.msgpack.decode(table_file.read_bytes(), type=_KeptTable)
        state = file.stat()
    except (OSError, msgspec.MsgspecError):
        return None
    if (kept.version, kept.size, kept.changed) != (_VERSION, state.st_size, state.st_mtime_ns) or not kept.starts:
        return None
    return FrameTable(Fraction(*kept.time_base), kept.starts, kept.end, kept.keys, kept.is_counted)


def keep_table(table: FrameTable, file: Path, table_file: Path) -> None:
    """Write the table of a file. Raises MediaError."""
    try:
        state = file.stat()
    except OSError as error:
        raise MediaError(f"“{file.name}” cannot be read: {error.strerror or error}.") from error
    base = table.time_base
    kept = _KeptTable(
        _VERSION,
        state.st_size,
        state.st_mtime_ns,
        (base.numerator, base.denominator),
        table.starts,
        table.end,
        table.keys,
        table.is_counted,
    )
    write_picture(msgspec.msgpack.encode(kept), table_file)


def write_table(file: Path, table_file: Path) -> None:
    """Read the table of a file and keep it. Raises MediaError."""
    with open_video(file) as (container, stream):
        table = read_table(file, container, stream)
    keep_table(table, file, table_file)


def _table_of(track: Track) -> FrameTable:
    numbers = {start: number for number, start in reversed(list(enumerate(track.starts)))}
    keys = tuple(numbers[key] for key in track.keys if key in numbers)
    return FrameTable(track.time_base, track.starts, track.end, keys, track.is_counted)
