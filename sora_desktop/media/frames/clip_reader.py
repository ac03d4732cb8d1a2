"""Reads one clip in a thread: answers requests for frames at once, and decodes ahead while there are none."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from av.video.frame import VideoFrame

from sora_desktop.domain.frames import ReadClip
from sora_desktop.media.errors import MediaError
from sora_desktop.media.frame_table import FrameTable
from sora_desktop.media.frames.budget import Budget
from sora_desktop.media.frames.decoder import FrameDecoder
from sora_desktop.media.frames.fill_plan import Window, next_to_decode, window_of
from sora_desktop.media.frames.frame_cache import FrameCache
from sora_desktop.media.frames.pictures import PictureMaker, bytes_of, size_within
from sora_desktop.media.frames.scrub_proxy import ScrubProxy
from sora_desktop.media.frames.work_marks import Work, WorkMark
from sora_desktop.media.shown_frames import shown_size

#: Frames to keep where a loop jumps to: half a second of a clip at 60 frames a second.
_LANDING = 30
#: Share of a clip's memory that is for the scrub proxy.
_PROXY_SHARE = 0.125
#: Pixels of pictures before their size is known.
_FIRST_SIZE = (960, 540)


@dataclass(frozen=True, slots=True)
class WantedFrame:
    """A request for one frame."""

    serial: int
    frame: int
    direction: int
    is_scrub: bool


@dataclass(frozen=True, slots=True)
class FoundPicture:
    """What answers a request."""

    frame: int  # may be one before that was wanted, unless it is exact
    pixels: VideoFrame | None  # BGRA; None: the frame cannot be decoded
    is_exact: bool


@dataclass(frozen=True, slots=True)
class OpenedClip:
    """What is known of a clip once it is open."""

    table: FrameTable
    width: int
    height: int
    has_sound: bool


class ClipListener(Protocol):
    """Receives what a reader has read, in its thread."""

    def opened(self, clip: int, facts: OpenedClip) -> None:
        """The clip can be read."""

    def failed(self, clip: int, message: str) -> None:
        """The clip cannot be read, or no longer."""

    def found(self, clip: int, wanted: WantedFrame, picture: FoundPicture) -> None:
        """A picture for a request."""


class ClipReader:
    """One clip. The methods are called by other threads."""

    def __init__(
        self, place: int, clip: ReadClip, listener: ClipListener, budget: Budget, threads: int, mark: WorkMark
    ) -> None:
        """`place` in its set. `threads`: how many decode at the same time. `mark`: tells when this one works."""
        self._mark = mark
        self._place = place
        self._clip = clip
        self._listener = listener
        self._budget = budget
        self._threads = threads
        self._changed = threading.Condition()
        self._wanted: WantedFrame | None = None
        self._size = _FIRST_SIZE
        self._is_closed = False
        #: When the call into the decoder began that has not ended, by `time.monotonic`.
        self.busy_since: float | None = None
        self._thread = threading.Thread(target=self._run, name=f"clip {place}", daemon=True)

    def start(self) -> None:
        """Open the clip."""
        self._thread.start()

    def want(self, wanted: WantedFrame) -> None:
        """Read this frame now. It replaces the one that was wanted before."""
        with self._changed:
            self._wanted = wanted
            self._changed.notify()

    def set_size(self, width: int, height: int) -> None:
        """The most pixels of a picture."""
        with self._changed:
            self._size = (max(width, 1), max(height, 1))
            self._changed.notify()

    def close(self) -> None:
        """End the thread, soon."""
        with self._changed:
            self._is_closed = True
            self._changed.notify()

    def _run(self) -> None:
        self._budget.add_clip()
        try:
            self._set_busy(True)
            decoder = FrameDecoder(self._clip.file, threads=self._threads, table_file=self._clip.times_file)
            try:
                self._read(decoder)
            finally:
                decoder.close()
        except MediaError as error:
            self._listener.failed(self._place, str(error))
        except Exception as error:  # a fault of a library must not end in silence
            self._listener.failed(self._place, f"The clip cannot be read ({type(error).__name__}: {error}).")
        finally:
            self._set_busy(False)
            self._budget.remove_clip()

    def _read(self, decoder: FrameDecoder) -> None:
        first = decoder.first_frame()
        width, height = shown_size(first, decoder.stream)
        self._listener.opened(
            self._place, OpenedClip(decoder.table, width, height, bool(decoder.container.streams.audio))
        )
        work = _ClipWork(decoder, first, self._budget, self._clip.file)
        while True:
            with self._changed:
                wanted, size, closed = self._wanted, self._size, self._is_closed
            if closed:
                work.close()
                return
            self._set_busy(True)
            if not work.step(wanted, size, self._give):
                self._set_busy(False)
                with self._changed:
                    while not self._is_closed and wanted is self._wanted and size == self._size:
                        self._changed.wait()

    def _set_busy(self, is_busy: bool) -> None:
        self._mark.set(Work.DECODING if is_busy else Work.NONE)
        self.busy_since = time.monotonic() if is_busy else None

    def _give(self, wanted: WantedFrame, picture: FoundPicture) -> None:
        self._listener.found(self._place, wanted, picture)


Give = Callable[[WantedFrame, FoundPicture], None]


class _ClipWork:
    """What the thread does, one frame after the other. A step must not take longer, so that a request comes next."""

    def __init__(self, decoder: FrameDecoder, first: VideoFrame, budget: Budget, file: Path) -> None:
        self._decoder = decoder
        self._budget = budget
        self._frames = len(decoder.table.starts)
        self._maker = PictureMaker(decoder.stream)
        self._full = shown_size(first, decoder.stream)
        self._first: VideoFrame | None = first
        self._size = (0, 0)
        self._frame_bytes = 1
        self._cache = FrameCache()
        self._undecodable: set[int] = set()
        self._target: WantedFrame | None = None  # is being decoded for
        self._given: WantedFrame | None = None
        self._quickly_given: WantedFrame | None = None
        self._current, self._direction = 0, 0
        self._landing = range(0)
        proxy_bytes = int(budget.share * _PROXY_SHARE)
        self._proxy = ScrubProxy(file, decoder.table, self._maker, self._full, proxy_bytes)

    def close(self) -> None:
        """Close the files."""
        self._proxy.close()

    def step(self, wanted: WantedFrame | None, largest: tuple[int, int], give: Give) -> bool:
        """Decode or give one frame. False: there is nothing to do."""
        self._set_size(size_within(self._full, largest))
        if wanted is not None and wanted is not self._given:
            self._answer(wanted, give)
            return True
        return wanted is not None and self._fill()

    def _set_size(self, size: tuple[int, int]) -> None:
        if size == self._size:
            return
        if size > self._size:
            self._given = self._quickly_given = None  # the same frame in more pixels
        if size[0] * size[1] * 4 < self._size[0] * self._size[1]:
            self._cache = FrameCache()
        self._size = size
        self._frame_bytes = size[0] * size[1] * 3 // 2
        first, self._first = self._first, None
        if first is not None:
            self._keep(0, first)

    @property
    def _window(self) -> Window:
        capacity = self._limit // self._frame_bytes
        return window_of(self._current, self._direction, capacity, self._frames, self._landing)

    @property
    def _limit(self) -> int:
        return int(self._budget.share * (1 - _PROXY_SHARE))

    def _answer(self, wanted: WantedFrame, give: Give) -> None:
        self._travel_to(wanted)
        kept = self._sharp(wanted.frame)
        if kept is not None:
            self._target = None
            self._give_exact(wanted, kept, give)
        elif wanted.frame in self._undecodable:
            self._given = wanted
            give(wanted, FoundPicture(wanted.frame, None, True))
        else:
            has_quick = self._give_quickly(wanted, give)
            self._decode_toward(self._chosen(wanted, has_quick), give)

    def _give_quickly(self, wanted: WantedFrame, give: Give) -> bool:
        """Give a small picture, if one may be given. True if one has been given."""
        if not wanted.is_scrub or wanted is self._quickly_given:
            return wanted is self._quickly_given
        kept = self._cache.get(wanted.frame)
        found = self._proxy.picture_of(wanted.frame) if kept is None else (wanted.frame, kept)
        if found is None:
            return False
        self._quickly_given = wanted
        number, picture = found
        painted = self._maker.painted(picture, picture.width, picture.height)
        give(wanted, FoundPicture(number, painted, False))
        return True

    def _chosen(self, wanted: WantedFrame, has_quick: bool) -> WantedFrame:
        """The request to decode for: an older one that ends sooner goes first if nothing of the new one is shown."""
        target, decoder = self._target, self._decoder
        is_open = target is not None and not has_quick and target.frame >= decoder.next_frame
        if target is None or not is_open or decoder.distance(wanted.frame) < decoder.distance(target.frame):
            target = wanted
        self._target = target
        return target

    def _decode_toward(self, target: WantedFrame, give: Give) -> None:
        frame = target.frame
        self._decoder.move_to(frame, leave_out=True)
        found = self._decoder.read()
        if found is None or found[0] > frame:
            self._undecodable.add(frame)
        elif found[0] == frame:
            kept = self._keep(*found)
            self._target = None
            self._give_exact(target, kept, give)

    def _give_exact(self, wanted: WantedFrame, kept: VideoFrame, give: Give) -> None:
        self._given = wanted
        give(wanted, FoundPicture(wanted.frame, self._maker.painted(kept, *self._size), True))

    def _sharp(self, frame: int) -> VideoFrame | None:
        """The kept frame, if it has enough pixels."""
        kept = self._cache.get(frame)
        return kept if kept is not None and kept.width >= self._size[0] and kept.height >= self._size[1] else None

    def _travel_to(self, wanted: WantedFrame) -> None:
        before, direction = self._current, wanted.direction
        self._current, self._direction = wanted.frame, direction
        if direction * (wanted.frame - before) < -1:
            first = wanted.frame if direction > 0 else wanted.frame - _LANDING + 1
            self._landing = range(max(first, 0), min(first + _LANDING, self._frames))

    def _keep(self, number: int, frame: VideoFrame) -> VideoFrame:
        kept = self._maker.kept(frame, self._size)
        self._frame_bytes = bytes_of(kept)
        self._cache.put(number, kept)
        self._cache.trim(self._limit, self._window)
        return kept

    def _fill(self) -> bool:
        """Decode one frame that nobody has asked for yet. False if there is none."""
        window = self._window
        run = next_to_decode(window, self._is_done, self._decoder.next_frame)
        if run is None:
            return not window.is_whole and self._proxy.make_one()
        self._decoder.move_to(run.start)
        expected = self._decoder.next_frame
        found = self._decoder.read()
        self._undecodable.update(range(max(expected, run.start), self._frames if found is None else found[0]))
        if found is not None:
            number, frame = found
            if not window.is_whole:
                self._proxy.offer(number, frame)
            if number in window and self._sharp(number) is None:
                self._keep(number, frame)
        return True

    def _is_done(self, frame: int) -> bool:
        return self._sharp(frame) is not None or frame in self._undecodable
