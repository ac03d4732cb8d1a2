"""The frame reader's process: reads requests from standard input, and sends events to standard output.

It ends when standard input ends, and so with its parent.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import BinaryIO, assert_never

from sora_desktop.domain.frames import ReadClip
from sora_desktop.media.frames.budget import Budget
from sora_desktop.media.frames.messages import (
    CloseSet,
    OpenSet,
    ReaderEvent,
    ReaderRequest,
    ReadSound,
    Received,
    SetSize,
    Show,
    StartSound,
    packed,
    read_request,
)
from sora_desktop.media.frames.set_reader import SetReader
from sora_desktop.media.frames.work_marks import MARKS_SIZE, HangWatch, WorkMark
from sora_desktop.system.processor_waits import ProcessorWaits
from sora_desktop.system.shared_memory import SharedMemory

#: Seconds after which a thread of Python lets another one run. The usual 5 ms would be felt at each request.
_SWITCH_INTERVAL = 0.0005
#: Seconds from one look at the work to the next, and looks after which a thread hangs that has not come further.
_WATCH_PAUSE, _MOST_LOOKS = 1.0, 10


def main(marks_name: str) -> int:
    """Serve until standard input ends. `marks_name`: shared memory for `work_marks`.

    The end of the input ends the process at once, also in the middle of a request.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent
    sys.setswitchinterval(_SWITCH_INTERVAL)
    events = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # output of a library must not get between the events
    marks = SharedMemory.open(marks_name, MARKS_SIZE, is_writable=True)
    marks.remove_name()  # both have opened it: it ends with them, also if the parent is killed
    reader = FrameReader(events, marks.pixels)
    threading.Thread(target=reader.watch, name="watch", daemon=True).start()
    while (request := read_request(sys.stdin.buffer)) is not None:
        reader.handle(request)
    reader.close()
    os._exit(0)  # a decoder that hangs must not keep this process alive


def _clip_of(file: bytes, times_file: bytes) -> ReadClip | None:
    if not file:
        return None
    return ReadClip(Path(os.fsdecode(file)), Path(os.fsdecode(times_file)) if times_file else None)


class FrameReader:
    """Reads clips in sets."""

    def __init__(self, events: BinaryIO, marks: memoryview) -> None:
        """`marks`: see `work_marks`."""
        self._events = events
        self._marks = marks
        self._lock = threading.Lock()
        self._turn = threading.Lock()
        self._budget = Budget()
        self._sets: dict[int, SetReader] = {}

    def handle(self, request: ReaderRequest) -> None:
        """Begin to process one request. Those for a set that is closed are ignored."""
        if isinstance(request, OpenSet):
            turn = self._turn if request.takes_turns else None
            clips = [
                (_clip_of(file, times), WorkMark(self._marks, mark, turn=turn))
                for file, times, mark in zip(request.files, request.times_files, request.marks, strict=True)
            ]
            self._sets[request.number] = SetReader(request.number, clips, self._send, self._budget)
            return
        reader = self._sets.get(request.number)
        if reader is None:
            return
        match request:
            case Show():
                reader.show(request)
            case SetSize(clip=clip, width=width, height=height):
                reader.set_size(clip, width, height)
            case Received():
                reader.received()
            case StartSound():
                reader.start_sound(request)
            case ReadSound():
                reader.read_sound(request)
            case CloseSet(number=number):
                self._sets.pop(number).close()
            case _:
                assert_never(request)

    def watch(self) -> None:
        """End the process if a clip's thread hangs: nothing else ends a decoder. Runs in a thread."""
        watch, waits = HangWatch(_MOST_LOOKS), ProcessorWaits()
        while True:
            time.sleep(_WATCH_PAUSE)
            marks = [mark for reader in list(self._sets.values()) for mark in reader.marks]
            if any(mark.is_working for mark in marks) and watch.note_hanging(marks, waits.share()):
                os._exit(1)

    def close(self) -> None:
        """Close all sets."""
        for reader in self._sets.values():
            reader.close()

    def _send(self, event: ReaderEvent) -> None:
        content = packed(event)
        with self._lock:
            try:
                self._events.write(content)
                self._events.flush()
            except OSError:
                os._exit(0)  # the parent has closed the pipe
