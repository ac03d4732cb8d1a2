"""Reads one clip in a thread: decodes what is asked for, and ahead while nothing is.

What is decoded already is given by the thread that asks, so that it does not wait for a frame that is being decoded.
"""

from __future__ import annotations

import threading
from contextlib import closing
from dataclasses import dataclass
from typing import Protocol

from sora_desktop.domain.frames import ReadClip
from sora_desktop.media.errors import MediaError
from sora_desktop.media.frame_table import FrameTable
from sora_desktop.media.frames.budget import Budget
from sora_desktop.media.frames.clip_work import ClipWork, FoundPicture, WantedFrame
from sora_desktop.media.frames.decoder import FrameDecoder
from sora_desktop.media.frames.work_marks import Part, WorkMark
from sora_desktop.media.shown_frames import shown_size
from sora_desktop.system.freed_memory import give_back_freed_memory
from sora_desktop.system.path_names import shown
from sora_desktop.system.priority import lower_priority_of_thread

#: Pixels of pictures before their size is known.
_FIRST_SIZE = (960, 540)


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

    def may_decode_ahead(self, clip: int, until_needed: float) -> bool:
        """False if other clips need the processors first: `look_again` is called when they do not any more.

        `until_needed`: seconds until the clip needs the next frame that is not decoded; infinity if it needs none.
        """


class ClipReader:
    """One clip. The methods are called by other threads."""

    def __init__(
        self, place: int, clip: ReadClip, listener: ClipListener, budget: Budget, threads: int, mark: WorkMark
    ) -> None:
        """`place` in its set. `threads`: how many decode at the same time. `mark`: tells when this one works."""
        self.mark = mark
        self.request_mark = mark.of_part(Part.REQUESTS)
        self._place = place
        self._clip = clip
        self._listener = listener
        self._threads = threads
        self._changed = threading.Condition()
        self._has_changed = False
        #: Not when the clip is open: those of a set must not count on the shares of each other.
        self.share = budget.open_share(self.look_again)
        self._wanted: WantedFrame | None = None
        self._work: ClipWork | None = None  # once the clip is open
        self._size = _FIRST_SIZE
        self._is_closed = False
        self._thread = threading.Thread(target=self._run, name=f"clip {place}", daemon=True)

    def start(self) -> None:
        """Open the clip."""
        self._thread.start()

    def want(self, wanted: WantedFrame) -> None:
        """Read this frame now. It replaces the one that was wanted before."""
        with self._changed:
            self._wanted = wanted
            work, size = self._work, self._size
            self._changed.notify()
        if work is None or self.mark.takes_turns:
            return
        try:
            with self.request_mark.working():
                work.give_if_there(wanted, size, self._give)
        except Exception as error:
            self._fail(error)
            self.close()

    def set_size(self, width: int, height: int) -> None:
        """The most pixels of a picture."""
        with self._changed:
            self._size = (max(width, 1), max(height, 1))
            self._changed.notify()

    def look_again(self) -> None:
        """Decode ahead now, if there is something to decode."""
        with self._changed:
            self._has_changed = True
            self._changed.notify()

    def close(self) -> None:
        """End the thread, soon."""
        with self._changed:
            self._is_closed = True
            self._changed.notify()

    def _run(self) -> None:
        lower_priority_of_thread()
        try:
            self._open_and_read()
        except Exception as error:
            self._fail(error)
        finally:
            self._work = None  # its frames must not wait until Python looks for cycles
            self.share.close()
            give_back_freed_memory()

    def _open_and_read(self) -> None:
        with self.mark.working():
            file, table_file = self._clip.file, self._clip.times_file
            decoder = FrameDecoder(file, threads=self._threads, table_file=table_file, go_on=self.mark.go_on)
            try:
                self._read(decoder)
            finally:
                decoder.close()

    def _fail(self, error: Exception) -> None:
        """A fault of a library must not end in silence."""
        is_known = isinstance(error, MediaError)
        message = str(error) if is_known else f"The clip cannot be read ({type(error).__name__}: {error})."
        self._listener.failed(self._place, shown(message))  # a name in it may be one that no message can hold

    def _read(self, decoder: FrameDecoder) -> None:
        first = decoder.first_frame()
        width, height = shown_size(first, decoder.stream)
        self._listener.opened(
            self._place, OpenedClip(decoder.table, width, height, bool(decoder.container.streams.audio))
        )
        with closing(ClipWork(decoder, first, self.share)) as work:
            self._work = work
            self._work_until_closed(work)

    def _work_until_closed(self, work: ClipWork) -> None:
        while True:
            with self._changed:
                wanted, size, closed = self._wanted, self._size, self._is_closed
                self._has_changed = False
            if closed:
                return
            self.mark.begin()
            has_more = work.answer(wanted, size, self._give)
            if wanted is not None and not has_more:
                has_more = work.fill(lambda seconds: self._listener.may_decode_ahead(self._place, seconds))
            if self.mark.takes_turns or not has_more:
                self.mark.end()
            if not has_more:
                with self._changed:
                    while self._is_as_before(wanted, size):
                        self._changed.wait()

    def _is_as_before(self, wanted: WantedFrame | None, size: tuple[int, int]) -> bool:
        """There is nothing to do that there was not before."""
        has_changed = self._is_closed or self._has_changed
        return not has_changed and wanted is self._wanted and size == self._size

    def _give(self, wanted: WantedFrame, picture: FoundPicture) -> None:
        self._listener.found(self._place, wanted, picture)
