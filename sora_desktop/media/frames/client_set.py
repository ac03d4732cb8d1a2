"""A set of clips as the player sees it: its requests are sent to a process, which may be replaced meanwhile."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Sequence
from typing import assert_never

from sora_desktop.domain.frames import (
    ClipOpened,
    FrameEvent,
    FrameTimes,
    Loop,
    Picture,
    PicturesRead,
    ReadClip,
    ReadingFailed,
    SoundRead,
)
from sora_desktop.media.frames.messages import (
    CloseSet,
    NotReadable,
    Opened,
    OpenSet,
    Pictures,
    ReaderEvent,
    ReaderRequest,
    ReadSound,
    Received,
    SetSize,
    SharedPicture,
    Show,
    Sound,
    StartSound,
)
from sora_desktop.system.shared_memory import SharedMemory

#: Requests for frames without an answer after which further ones wait, so that the pipe never fills.
_MOST_UNANSWERED = 100

_CHANGED = "“{name}” has changed since it was opened. Open it again."
_NO_MEMORY = "There is no memory for pictures: {reason}."


class ClientSet:
    """Implements `FrameSet`."""

    def __init__(
        self,
        number: int,
        clips: Sequence[ReadClip],
        receive: Callable[[FrameEvent], None],
        send: Callable[[ReaderRequest], None],
        closed: Callable[[int], None],
    ) -> None:
        """`closed` is called with the number of the set."""
        self.number = number
        self.marks: tuple[int, ...] = ()  # of the clips in the process
        self._clips = tuple(clips)
        self._receive = receive
        self._send = send
        self._closed = closed
        self._is_closed = False
        self._failed: set[int] = set()
        self._opened: dict[int, ClipOpened] = {}
        self._sizes: dict[int, SetSize] = {}
        self._last_show: Show | None = None
        self._serial = self._answered = 0
        self._unanswered: deque[int] = deque()  # serials of the requests for frames that were sent, ascending
        self._sounds_asked = 0
        self._stream = 0
        self._memories: dict[int, SharedMemory] = {}  # by clip

    def show(
        self, frames: Sequence[int], *, direction: int = 0, is_scrub: bool = False, loops: Sequence[Loop] = ()
    ) -> None:
        """See `FrameSet`."""
        self._serial += 1
        self._last_show = Show(self.number, self._serial, tuple(frames), direction, is_scrub, tuple(loops))
        self._send_show()

    def set_size(self, clip: int, width: int, height: int) -> None:
        """See `FrameSet`."""
        size = SetSize(self.number, clip, width, height)
        if size != self._sizes.get(clip):
            self._sizes[clip] = size
            self._send_open(size)

    def start_sound(self, clip: int, stream: int, *, start: int, speed: float, first: int, last: int | None) -> None:
        """See `FrameSet`."""
        self._stream, self._sounds_asked = stream, 0
        self._send_open(StartSound(self.number, clip, stream, start, speed, first, last))

    def read_sound(self, stream: int, frames: int) -> None:
        """See `FrameSet`."""
        if stream == self._stream:
            self._sounds_asked += 1
            self._send_open(ReadSound(self.number, stream, frames))

    def close(self) -> None:
        """See `FrameSet`."""
        if not self._is_closed:
            self._is_closed = True
            self._send(CloseSet(self.number))
            self._memories.clear()
            self._closed(self.number)

    def open(self, marks: tuple[int, ...], *, takes_turns: bool = False) -> None:
        """Open the clips in a process that has started. `marks`: their places among the marks of its work.

        `takes_turns`: one clip is decoded at a time, so that a crash tells which one is at fault.
        """
        self.marks = marks
        self._memories.clear()
        files = [b"" if place in self._failed else os.fsencode(each.file) for place, each in enumerate(self._clips)]
        times_files = [b"" if each.times_file is None else os.fsencode(each.times_file) for each in self._clips]
        self._send(OpenSet(self.number, tuple(files), tuple(times_files), marks, takes_turns))
        for size in self._sizes.values():
            self._send(size)
        self._unanswered.clear()
        self._send_show()
        for _ in range(self._sounds_asked):  # a sound cannot be taken up where it was
            self._give(SoundRead(self._stream, b""))
        self._sounds_asked = 0

    def fail(self, clip: int, message: str) -> None:
        """A clip cannot be read. The others go on."""
        if clip not in self._failed:
            self._failed.add(clip)
            self._give(ReadingFailed(clip, message))

    def fail_all(self, message: str) -> None:
        """No clip can be read."""
        for clip in range(len(self._clips)):
            self.fail(clip, message)

    def name_of(self, clip: int) -> str:
        """Name of a clip's file."""
        return self._clips[clip].file.name

    def handle(self, event: ReaderEvent) -> None:
        """Pass on what the process has sent."""
        if self._is_closed:
            return
        match event:
            case Opened():
                self._note_opened(event)
            case Pictures():
                self._show_pictures(event)
            case Sound(stream=stream, samples=samples):
                if stream == self._stream and self._sounds_asked:
                    self._sounds_asked -= 1
                    self._give(SoundRead(stream, samples))
            case NotReadable(clip=clip, message=message):
                self.fail(clip, message)
            case _:
                assert_never(event)

    def _note_opened(self, event: Opened) -> None:
        times = FrameTimes(event.starts, event.end)
        opened = ClipOpened(event.clip, times, event.width, event.height, event.has_sound)
        before = self._opened.setdefault(event.clip, opened)
        if before is opened:
            self._give(opened)
        elif before != opened:  # by an earlier process
            self.fail(event.clip, _CHANGED.format(name=self.name_of(event.clip)))

    def _show_pictures(self, event: Pictures) -> None:
        pictures = tuple(
            None if shared is None or clip in self._failed else self._picture(clip, shared)
            for clip, shared in enumerate(event.pictures)
        )
        self._send(Received(self.number))
        self._answered = event.serial
        while self._unanswered and self._unanswered[0] <= event.serial:
            self._unanswered.popleft()
        self._send_show()
        self._give(PicturesRead(pictures))

    def _picture(self, clip: int, shared: SharedPicture) -> Picture | None:
        memory = self._memories.get(clip)
        if memory is None or memory.name != shared.memory:
            try:
                memory = self._memories[clip] = SharedMemory.open(shared.memory, shared.memory_size)
            except OSError as error:
                self.fail(clip, _NO_MEMORY.format(reason=error.strerror or error))
                return None
            memory.remove_name()
        pixels = memory.pixels[shared.offset : shared.offset + shared.pitch * shared.height]
        if len(pixels) < shared.pitch * shared.height or shared.pitch < shared.width * 4:
            return None  # a process that a file has misled must not make the window read elsewhere
        return Picture(shared.frame, shared.width, shared.height, shared.pitch, pixels, shared.is_exact)

    def _send_show(self) -> None:
        """Send the last request for frames, unless it was sent or answered, or too many have no answer."""
        show = self._last_show
        last_sent = self._unanswered[-1] if self._unanswered else self._answered
        if show is not None and show.serial > last_sent and len(self._unanswered) < _MOST_UNANSWERED:
            self._unanswered.append(show.serial)
            self._send_open(show)

    def _send_open(self, request: ReaderRequest) -> None:
        if not self._is_closed:
            self._send(request)

    def _give(self, event: FrameEvent) -> None:
        if not self._is_closed:
            self._receive(event)
