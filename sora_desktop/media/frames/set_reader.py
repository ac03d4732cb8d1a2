"""Reads the clips of one set, and answers each request with the pictures of all of them together."""

from __future__ import annotations

import math
import os
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from sora_desktop.domain.frames import ReadClip
from sora_desktop.media.errors import MediaError
from sora_desktop.media.frame_table import FrameTable
from sora_desktop.media.frames.budget import Budget
from sora_desktop.media.frames.clip_reader import ClipReader, OpenedClip
from sora_desktop.media.frames.clip_work import FoundPicture, WantedFrame
from sora_desktop.media.frames.messages import (
    NotReadable,
    Opened,
    Pictures,
    ReaderEvent,
    ReadSound,
    SharedPicture,
    Show,
    StartSound,
)
from sora_desktop.media.frames.picture_memory import PictureMemory
from sora_desktop.media.frames.sound_reader import SoundReader
from sora_desktop.media.frames.work_marks import Part, WorkMark

#: Seconds by which a frame has to be needed sooner than that of another clip to be decoded first.
_SOONER = 0.05


@dataclass(slots=True)
class _Place:
    """One clip of the set."""

    reader: ClipReader | None  # None: it cannot be read
    sound_mark: WorkMark
    clip: ReadClip | None
    table: FrameTable | None = None  # None: it is not open yet
    memory: PictureMemory = field(default_factory=PictureMemory)
    serial: int = 0  # of the request that `picture` answers
    picture: SharedPicture | None = None
    is_exact: bool = False
    is_new: bool = False  # the picture has not been sent
    waits: bool = False  # until it may decode ahead
    until_needed: float = math.inf  # seconds until a frame is needed that is not decoded yet


class SetReader:
    """One to four clips. The methods are called by the thread that reads requests."""

    def __init__(
        self,
        number: int,
        clips: Sequence[tuple[ReadClip | None, WorkMark]],
        send: Callable[[ReaderEvent], None],
        budget: Budget,
    ) -> None:
        """`clips`: None for one that is left out. `send` is called by the threads of the clips."""
        self._number = number
        self._send = send
        self._lock = threading.Lock()
        self._order = threading.Lock()  # of what is decoded ahead
        self._is_closed = False
        self._processors = os.cpu_count() or 1
        self._asked_serial = self._sent_serial = 0
        self._is_on_its_way = False  # Pictures that have not been received yet
        threads = max(self._processors // len(clips), 1)
        self._places = [
            _Place(
                None if clip is None else ClipReader(place, clip, self, budget, threads, mark),
                mark.of_part(Part.SOUND),
                clip,
            )
            for place, (clip, mark) in enumerate(clips)
        ]
        self._sound = SoundReader(self._send_unless_closed)
        for place in self._places:
            if place.reader is not None:
                place.reader.start()

    def show(self, request: Show) -> None:
        """Answer with the frames that are asked for, unless a later request comes first."""
        loops = request.loops or [None] * len(self._places)
        for place, frame, loop in zip(self._places, request.frames, loops, strict=True):
            reader = place.reader  # the clip's thread takes it away if the clip fails
            if reader is not None:
                reader.want(WantedFrame(request.serial, frame, request.direction, request.is_scrub, loop))
        self._asked_serial = request.serial  # not before: frames that are decoded already have been given by now

    def set_size(self, clip: int, width: int, height: int) -> None:
        """The most pixels for pictures of one clip."""
        reader = self._places[clip].reader
        if reader is not None:
            reader.set_size(width, height)

    def received(self) -> None:
        """The last pictures have arrived."""
        with self._lock:
            self._is_on_its_way = False
            self._send_pictures()

    def start_sound(self, request: StartSound) -> None:
        """Begin a stream of sound. It is empty if the clip is not open."""
        place = self._places[request.clip]
        self._sound.start(request, place.clip.file if place.clip else None, place.table, place.sound_mark)

    def read_sound(self, request: ReadSound) -> None:
        """Send the next samples of a stream."""
        self._sound.read(request)

    def close(self) -> None:
        """End the threads. Nothing is sent from now on."""
        with self._lock:
            self._is_closed = True
            for place in self._places:
                place.memory.close()
        self._sound.close()
        for reader in [place.reader for place in self._places]:
            if reader is not None:
                reader.close()

    @property
    def marks(self) -> list[WorkMark]:
        """Of all threads."""
        readers = [reader for place in self._places if (reader := place.reader) is not None]
        marks = [mark for reader in readers for mark in (reader.mark, reader.request_mark)]
        return [*marks, *(place.sound_mark for place in self._places)]

    def opened(self, clip: int, facts: OpenedClip) -> None:
        """See `ClipListener`."""
        self._places[clip].table = facts.table
        times = facts.table.times
        self._send_unless_closed(
            Opened(self._number, clip, times.starts, times.end, facts.width, facts.height, facts.has_sound)
        )

    def failed(self, clip: int, message: str) -> None:
        """See `ClipListener`."""
        self._send_unless_closed(NotReadable(self._number, clip, message))
        with self._lock:
            self._places[clip].reader = None
            self._send_pictures()
        with self._order:
            self._wake_waiting()

    def found(self, clip: int, wanted: WantedFrame, picture: FoundPicture) -> None:
        """See `ClipListener`."""
        place = self._places[clip]
        with self._lock:
            place.serial = 0  # the place of a picture that was not sent may be written to
            if self._is_closed:
                return
        written: SharedPicture | None = None
        if picture.pixels is not None:
            try:
                written = place.memory.write(picture.frame, picture.pixels, is_exact=picture.is_exact)
            except OSError as error:
                raise MediaError(f"There is no memory for pictures: {error.strerror or error}.") from error
            if place.reader is not None:
                place.reader.share.handed_over = place.memory.bytes
        with self._lock:
            if self._is_closed:  # meanwhile: it may be new memory
                place.memory.close()
                return
            place.serial, place.picture = wanted.serial, written
            place.is_exact, place.is_new = picture.is_exact, True
            self._send_pictures()
        with self._order:
            self._wake_waiting()

    def may_decode_ahead(self, clip: int, until_needed: float) -> bool:
        """See `ClipListener`."""
        place = self._places[clip]
        with self._order:
            place.until_needed = until_needed
            place.waits = not self._is_among_first(clip)
            self._wake_waiting()
            return not place.waits

    def _wake_waiting(self) -> None:
        """Let those go on that are among the first by now. The order is held."""
        for clip, place in enumerate(self._places):
            reader = place.reader  # the clip's thread takes it away if the clip fails
            if place.waits and reader is not None and self._is_among_first(clip):
                place.waits = False
                reader.look_again()

    def _is_among_first(self, clip: int) -> bool:
        """True unless as many others as there are processors are late, or need a frame sooner."""
        mine = self._places[clip].until_needed
        others = [place for number, place in enumerate(self._places) if number != clip and place.reader is not None]
        return sum(self._until_needed(place) + _SOONER < mine for place in others) < self._processors

    def _until_needed(self, place: _Place) -> float:
        asked = self._asked_serial
        is_late = place.serial < asked or (asked > 0 and not place.is_exact)
        return -math.inf if is_late else place.until_needed

    def _send_unless_closed(self, event: ReaderEvent) -> None:
        with self._lock:
            if not self._is_closed:
                self._send(event)

    def _send_pictures(self) -> None:
        """Send the pictures if all are there that answer the same request. The lock is held."""
        reading = [place for place in self._places if place.reader is not None]
        serials = {place.serial for place in reading}
        if self._is_closed or self._is_on_its_way or len(serials) != 1 or 0 in serials:
            return
        (serial,) = serials
        is_better = all(place.is_exact for place in reading) and any(place.is_new for place in reading)
        if serial < self._sent_serial or (serial == self._sent_serial and not is_better):
            return
        self._sent_serial, self._is_on_its_way = serial, True
        pictures = tuple(None if place.reader is None else place.picture for place in self._places)
        for place, picture in zip(self._places, pictures, strict=True):
            place.is_new = False
            if picture is not None:
                place.memory.note_sent(picture)
        self._send(Pictures(self._number, serial, pictures))
