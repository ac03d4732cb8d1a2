"""Decodes the frames of an open clip by their numbers."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from itertools import chain
from pathlib import Path

import av
from av.container import InputContainer
from av.packet import Packet
from av.stream import Stream
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from sora_desktop.media.errors import MediaError
from sora_desktop.media.files import size_of
from sora_desktop.media.frame_table import FrameTable, keep_table, kept_table, read_table
from sora_desktop.media.videos import open_video, packets_of

#: Frames before a needed one that are not left out: some decoders, as that of AV1, would leave out what they hold.
_HELD = 4
#: Decoders that hold nothing: each packet is decoded, or left out, when it is given to them.
_HOLDS_NOTHING = ("h264",)
#: Earlier key frames that are tried before a file is read from its beginning.
_MOST_TRIES = 3
#: Faults in a row after which a file counts as read to its end.
_MOST_FAULTS = 500


class FrameDecoder:
    """Gives the frames of a clip in ascending order, from wherever it was moved to. For one thread."""

    def __init__(
        self,
        file: Path,
        *,
        threads: int,
        table: FrameTable | None = None,
        table_file: Path | None = None,
        go_on: Callable[[], None] = lambda: None,
    ) -> None:
        """`table` is read unless given, and kept in `table_file`. `go_on` is called at each packet.

        Raises MediaError.
        """
        self._file = file
        self._threads = threads
        self._go_on = go_on
        self._opened = ExitStack()
        self._state = _state_of(file)
        self._open()
        try:
            self.table = table or self._read_table(table_file)
        except BaseException:
            self.close()
            raise
        self._numbers = {start: number for number, start in enumerate(self.table.starts)}
        #: The frame that `read` gives next, unless it cannot be decoded.
        self.next_frame = 0
        #: Frames before this one may have been left out since the last seek.
        self.whole_from = 0
        self._needed_time = self.table.starts[0]  # packets before it may be left out
        self._sought: int | None = None  # until the first frame behind a seek shows whether it was found
        self._landed = 0  # frames before this one may refer to others that have not been decoded
        self._tries = 0
        self._starts: dict[int, int] = {}  # for key frames that a seek does not find: where to begin in their place
        self._frames = self._decoded()

    def twin(self) -> FrameDecoder:
        """Another decoder of the same file. Raises MediaError, also if the file has changed."""
        twin = FrameDecoder(self._file, threads=self._threads, table=self.table, go_on=self._go_on)
        if twin._state != self._state:
            twin.close()
            raise self._changed
        return twin

    @property
    def _changed(self) -> MediaError:
        return MediaError(f"“{self._file.name}” has changed since it was opened. Open it again.")

    @property
    def stream(self) -> VideoStream:
        """The stream that is decoded."""
        return self._stream

    @property
    def container(self) -> InputContainer:
        """The file."""
        return self._container

    def leads_to(self, frame: int) -> bool:
        """The frame is reached without a seek."""
        return self.start_of(frame) <= self.next_frame and self.next_whole <= frame

    def distance(self, frame: int) -> int:
        """The number of frames to decode until `frame` has been read."""
        return frame - (self.next_frame if self.leads_to(frame) else self.start_of(frame)) + 1

    def first_frame(self) -> VideoFrame:
        """The first frame, without waiting for those that are decoded at the same time. Raises MediaError."""
        codec = self._stream.codec_context
        frame: VideoFrame | None = None
        with suppress(av.FFmpegError):
            packet = next(packets_of(self._container, self._stream), None)
            frame = next(iter([*codec.decode(packet), *codec.decode(None)] if packet is not None else []), None)
        if frame is not None and not self.table.is_counted and frame.pts == self.table.starts[0]:
            self._seek(0)
            return frame
        self._start_over()
        first = self.read()
        if first is None:
            raise MediaError(f"No frame of “{self._file.name}” can be decoded.")
        self._start_over()
        return first[1]

    def move_to(self, frame: int, *, needed_from: int = 0) -> None:
        """Read on from a frame at or before `frame`. Frames before `needed_from` that no other needs are left out."""
        if not self.leads_to(frame):
            self._seek(self.start_of(frame))
        self._needed_time = self.table.starts[0 if self.table.is_counted else max(needed_from - self._held, 0)]

    @property
    def next_whole(self) -> int:
        """The frame from which on none is missing, if reading goes on without a seek."""
        return max(self.next_frame, self.whole_from)

    def start_of(self, frame: int) -> int:
        """The frame at which decoding begins to reach `frame`."""
        key = self.table.key_of(frame)
        return self._starts.get(key, key)

    def read(self) -> tuple[int, VideoFrame] | None:
        """The next frame with its number; None behind the last one. Raises MediaError."""
        while True:
            found = self._read_one()
            key, self._sought = self._sought, None
            if key is None or (found is not None and found[0] <= key):
                return found
            self._seek_before(key)

    def _read_one(self) -> tuple[int, VideoFrame] | None:
        for frame in self._frames:
            number = self._number_of(frame)
            if number is not None and number >= self._landed:
                self.next_frame = number + 1
                return number, frame
        self.next_frame = len(self.table.starts)
        return None

    def close(self) -> None:
        """Close the file."""
        self._frames = iter(())  # it refers to this decoder: nothing would be freed until Python looks for cycles
        self._opened.close()

    @property
    def _held(self) -> int:
        return 0 if self._stream.codec_context.name in _HOLDS_NOTHING else _HELD

    def _open(self) -> None:
        self._container, self._stream = self._opened.enter_context(open_video(self._file, is_quick=True))
        self._stream.codec_context.thread_count = self._threads

    def _read_table(self, table_file: Path | None) -> FrameTable:
        table = kept_table(self._file, table_file) if table_file is not None else None
        if table is None:
            table = read_table(self._file, self._container, self._stream, self._go_on)
            self._reopen()
            if table_file is not None:
                with suppress(MediaError):  # else it is read again the next time
                    keep_table(table, self._file, table_file)
        return table

    def _reopen(self) -> None:
        """Raises MediaError, also if the name belongs to another file or content by now."""
        self._opened.close()
        if _state_of(self._file) != self._state:
            raise self._changed
        self._open()

    def _number_of(self, frame: VideoFrame) -> int | None:
        if self.table.is_counted:
            return self.next_frame if self.next_frame < len(self.table.starts) else None
        return None if frame.pts is None else self._numbers.get(frame.pts)

    def _seek(self, key: int) -> None:
        self._tries = 0
        if self.table.is_counted:
            self._start_over()
        else:
            self._seek_to(key, key)

    def _seek_before(self, sought: int) -> None:
        """MPEG-TS, for example, has no index, and a place behind the key frame was found: try an earlier one."""
        self._tries += 1
        earlier = [key for key in self.table.keys if key < sought]
        step = 1 << self._tries
        if step > len(earlier) or self._tries > _MOST_TRIES:
            self._starts[sought] = 0
            self._start_over()
        else:
            self._starts[sought] = earlier[-step]
            self._seek_to(earlier[-step], sought)

    def _seek_to(self, key: int, sought: int) -> None:
        try:
            self._container.seek(self.table.starts[key], stream=self._stream)
        except av.FFmpegError:
            self._start_over()
            return
        self._frames = self._decoded()
        self._needed_time, self.whole_from = self.table.starts[0], 0
        self.next_frame, self._landed, self._sought = key, key, sought

    def _start_over(self) -> None:
        self._reopen()
        self._frames = self._decoded()
        self._needed_time, self.whole_from = self.table.starts[0], 0
        self.next_frame, self._landed, self._sought = 0, 0, None

    def _decoded(self) -> Iterator[VideoFrame]:
        codec = self._stream.codec_context
        codec.skip_frame = "DEFAULT"
        codec.open(strict=False)  # before frames are left out: a decoder of AV1 goes on as it was opened
        leaves_out = False
        faults = 0
        for packet in chain(packets_of(self._container, self._stream), (None,)):
            self._go_on()
            if leaves_out != (packet is not None and self._may_leave_out(packet)):
                leaves_out = not leaves_out
                codec.skip_frame = "NONREF" if leaves_out else "DEFAULT"
            if leaves_out and packet is not None and packet.pts is not None:
                self.whole_from = max(self.whole_from, bisect_right(self.table.starts, packet.pts) + self._held)
            try:
                frames = codec.decode(packet)
            except av.FFmpegError:
                faults += 1
                if packet is None or faults > _MOST_FAULTS:
                    return
                continue
            faults = 0
            yield from frames

    def _may_leave_out(self, packet: Packet[Stream]) -> bool:
        return packet.pts is not None and packet.pts < self._needed_time


def _state_of(file: Path) -> tuple[int, ...]:
    """What differs if the file has been replaced or written to."""
    size_of(file)
    try:
        state = file.stat()
    except OSError as error:
        raise MediaError(f"“{file.name}” cannot be read: {error.strerror or error}.") from error
    return state.st_dev, state.st_ino, state.st_size, state.st_mtime_ns
