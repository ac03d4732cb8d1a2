"""The frames of one open clip: decodes what is asked for, decodes ahead, and keeps what is near."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from dataclasses import dataclass

from av.video.frame import VideoFrame

from sora_desktop.domain.frames import Loop
from sora_desktop.media.frames.budget import Share
from sora_desktop.media.frames.clip_decoders import ClipDecoders
from sora_desktop.media.frames.decoder import FrameDecoder
from sora_desktop.media.frames.fill_plan import Window, next_to_decode, window_of
from sora_desktop.media.frames.frame_cache import MOST_FRAMES, FrameCache
from sora_desktop.media.frames.pictures import PictureMaker, SizedFrame, pixel_bytes_of, size_within
from sora_desktop.media.frames.scrub_proxy import ScrubProxy
from sora_desktop.media.shown_frames import shown_size

#: Frames from the current one that are decoded before the scrub proxy goes on, unless the clip is played or stepped.
_NEAR = 30
#: Frames before one that is decoded for a move backward that are decoded and kept with it.
_BLOCK = 60
#: Share of a clip's memory that is for the scrub proxy.
_PROXY_SHARE = 0.125


@dataclass(frozen=True, slots=True)
class WantedFrame:
    """A request for one frame."""

    serial: int
    frame: int
    direction: int
    is_scrub: bool
    loop: Loop | None = None


@dataclass(frozen=True, slots=True)
class FoundPicture:
    """What answers a request."""

    frame: int  # may be one before that was wanted, unless it is exact
    pixels: SizedFrame | None  # BGRA; None: the frame cannot be decoded
    is_exact: bool


Give = Callable[[WantedFrame, FoundPicture], None]


class ClipWork:
    """What the thread does, one frame after the other. A step must not take longer, so that a request comes next.

    `give_if_there` is called by another thread. The lock is not held while a frame is decoded or scaled.
    """

    def __init__(self, decoder: FrameDecoder, first: VideoFrame, share: Share) -> None:
        self._lock = threading.Lock()
        self._decoders = ClipDecoders(decoder)
        self._share = share
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
        self._loop: Loop | None = None
        self._frame_seconds = decoder.table.times.end / self._frames / 1_000_000  # mean
        proxy_bytes = int(share.whole * _PROXY_SHARE)
        self._proxy = ScrubProxy(self._maker, self._frames, self._full, proxy_bytes, pixel_bytes_of(first))

    def close(self) -> None:
        """Close the files."""
        self._decoders.close()

    def answer(self, wanted: WantedFrame | None, largest: tuple[int, int], give: Give) -> bool:
        """Decode or give one frame for a request. False: there is none, or it is answered already."""
        with self._lock:
            self._set_size(size_within(self._full, largest))
            self._trim()
            if wanted is None or self._is_given(wanted):
                return False
            target: WantedFrame | None = None
            if not self._give_kept(wanted, give):
                target = self._chosen(wanted, self._give_quickly(wanted, give))
        if target is not None:
            self._decode_toward(target, give)
        return True

    def fill(self, may_go: Callable[[float], bool]) -> bool:
        """Decode one frame that nobody has asked for yet. False if there is none, or not now.

        `may_go` is asked first: with the seconds until the clip needs it, or infinity if it is not needed for playing.
        """
        with self._lock:
            window = self._window
            run = next_to_decode(window, self._is_done, self._decoders.heads, self._decoders.start_of)
        is_urgent = run is not None and (window.direction != 0 or run.until_needed < _NEAR)
        missing = None if window.is_whole else self._proxy.missing
        small = None if is_urgent else missing
        may = may_go(math.inf if run is None or not is_urgent else run.until_needed * self._frame_seconds)
        if missing is None and (run is None or not window.is_whole):
            self._decoders.be_one(window.current if run is None else run.frames.start)
        if not may or (run is None and small is None):
            return False
        if small is not None:
            found = self._decode(small, self._proxy.needed_from)
            if found is None or found[0] > small:
                self._proxy.leave_out(small)
        else:
            assert run is not None
            found = self._decode(run.frames.start, run.frames.start)
        if found is not None:
            kept = self._keep_if_near(*found)
            if not window.is_whole:
                self._proxy.offer(*found, kept)
        return True

    def give_if_there(self, wanted: WantedFrame, largest: tuple[int, int], give: Give) -> None:
        """Give the frame, or a small picture of it, if it is decoded already."""
        with self._lock:
            is_same_size = size_within(self._full, largest) == self._size
            if is_same_size and not self._is_given(wanted) and not self._give_kept(wanted, give):
                self._give_quickly(wanted, give)

    def _is_given(self, wanted: WantedFrame) -> bool:
        """True also if a later request was answered."""
        return self._given is not None and self._given.serial >= wanted.serial

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
            self._put(0, self._maker.kept(first, size))

    @property
    def _window(self) -> Window:
        capacity = min(self._limit // self._frame_bytes, MOST_FRAMES)
        return window_of(self._current, self._direction, capacity, self._frames, self._loop)

    @property
    def _limit(self) -> int:
        """Bytes for kept frames. The scrub proxy keeps its size when the share becomes smaller."""
        return max(self._share.kept - self._proxy.bytes, 0)

    def _trim(self) -> None:
        if self._cache.is_beyond(limit := self._limit):
            self._cache.trim(limit, self._window)

    def _give_kept(self, wanted: WantedFrame, give: Give) -> bool:
        """Answer the request, if nothing has to be decoded for it."""
        self._travel_to(wanted)
        kept = self._sharp(wanted.frame)
        if kept is not None:
            self._target = None
            self._give_exact(wanted, kept, give)
        elif wanted.frame in self._undecodable or wanted.frame >= self._frames:
            self._given = wanted
            give(wanted, FoundPicture(wanted.frame, None, True))
        return self._given is wanted

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
        painted = self._maker.painted(picture)
        give(wanted, FoundPicture(number, painted, False))
        return True

    def _chosen(self, wanted: WantedFrame, has_quick: bool) -> WantedFrame:
        """The request to decode for: an older one that ends sooner goes first if nothing of the new one is shown."""
        target, distance = self._target, self._decoders.distance
        if target is None or has_quick or distance(wanted.frame) < distance(target.frame):
            target = wanted
        self._target = target
        return target

    def _decode_toward(self, target: WantedFrame, give: Give) -> None:
        frame = target.frame
        needed_from = self._needed_from(target)
        found = self._decode(frame, needed_from)
        if found is None or found[0] > frame:
            self._undecodable.add(frame)
            self._target = None
        elif found[0] == frame:
            kept = self._maker.kept(found[1], self._size)
            with self._lock:
                self._put(frame, kept)
                self._target = None
                if not self._is_given(target):
                    self._give_exact(target, kept, give)
        elif found[0] >= needed_from:
            self._keep_if_near(*found)

    def _needed_from(self, target: WantedFrame) -> int:
        """The first frame on the way to this one that is kept: backward, the ones before it are shown next."""
        if target.direction >= 0:
            return target.frame
        with self._lock:
            return max(self._window.frames.start, target.frame - _BLOCK)

    def _give_exact(self, wanted: WantedFrame, kept: SizedFrame, give: Give) -> None:
        self._given = wanted
        give(wanted, FoundPicture(wanted.frame, self._maker.painted(kept), True))

    def _sharp(self, frame: int) -> SizedFrame | None:
        """The kept frame, if it was made for as many pixels."""
        kept = self._cache.get(frame)
        if kept is None or kept.largest[0] < self._size[0] or kept.largest[1] < self._size[1]:
            return None
        return kept

    def _travel_to(self, wanted: WantedFrame) -> None:
        self._current, self._direction = min(wanted.frame, self._frames - 1), wanted.direction
        self._loop = wanted.loop

    def _put(self, number: int, kept: SizedFrame) -> None:
        self._frame_bytes = kept.bytes
        self._cache.put(number, kept)
        self._trim()

    def _decode(self, frame: int, needed_from: int) -> tuple[int, VideoFrame] | None:
        """The next frame on the way to this one. Those that have been passed cannot be decoded, unless they were left
        out as not needed.
        """
        decoder = self._decoders.move_to(frame, needed_from=needed_from)
        expected = decoder.next_frame
        found = decoder.read()
        passed = range(max(expected, decoder.whole_from), self._frames if found is None else found[0])
        self._undecodable.update(passed)
        return found

    def _keep_if_near(self, number: int, frame: VideoFrame) -> SizedFrame | None:
        """Keep a decoded frame, if it is one of the window. What is kept of it."""
        with self._lock:
            if number not in self._window or self._is_done(number):
                return self._cache.get(number)
        kept = self._maker.kept(frame, self._size)
        with self._lock:
            self._put(number, kept)
        return kept

    def _is_done(self, frame: int) -> bool:
        kept = self._cache.get(frame)
        return (kept is not None and kept.largest == self._size) or frame in self._undecodable
