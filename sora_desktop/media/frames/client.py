"""Starts the frame reader's process, and starts it again without the clip that has crashed it."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Sequence

from sora_desktop.domain.frames import FrameEvent, ReadClip
from sora_desktop.media.frames.client_set import ClientSet
from sora_desktop.media.frames.messages import Pictures, ReaderEvent, ReaderRequest, Sound
from sora_desktop.media.frames.reader_process import ReaderProcess
from sora_desktop.media.frames.work_marks import MOST_CLIPS, Work, work_at
from sora_desktop.system.subprocesses import own_command

#: Crashes while a clip was being decoded, the last time alone, after which it is not opened again. One may be chance:
#: a system that has no memory left ends processes.
_MOST_CRASHES = 2
#: Times in a row that the process ends while no clip is being decoded.
_MOST_IDLE_ENDS = 3
#: Times that the process is started again while it sends nothing.
_MOST_STARTS = 3

_NOT_STARTED = "The process that reads frames does not start."
_ENDS = "The process that reads frames ends again and again."
_CRASHED = "“{name}” cannot be shown: decoding it crashed."
_HANGS = "“{name}” cannot be shown: decoding one of its frames takes too long."
_TOO_MANY = "Too many clips are open."

log = logging.getLogger(__name__)


class FrameReaderClient:
    """Sets of clips, all read in one process. All methods and events are in one thread."""

    def __init__(self, post: Callable[[Callable[[], None]], None], command: Sequence[str] | None = None) -> None:
        """`post`, called by another thread, runs a function in the client's thread."""
        self._post = post
        self._command = list(command) if command is not None else own_command("frame-reader")
        self._process: ReaderProcess | None = None
        self._sets: dict[int, ClientSet] = {}
        self._last_number = 0
        self._crashes: Counter[tuple[int, int]] = Counter()  # by set and clip
        self._careful: set[int] = set()  # numbers of the sets of which one has crashed the process
        self._idle_ends = 0
        self._starts = 0  # since the process has last sent something
        self._is_closed = False

    def warm_up(self) -> None:
        """Start the process, so that the first clip opens at once."""
        if self._process is None and not self._is_closed:
            self._start()

    def open(self, clips: Sequence[ReadClip], receive: Callable[[FrameEvent], None]) -> ClientSet:
        """See `OpenFrames`."""
        self._last_number += 1
        opened = ClientSet(self._last_number, clips, receive, self._send, self._forget)
        marks = self._free_marks(len(clips))
        self.warm_up()
        if self._process is not None and len(marks) == len(clips):
            self._sets[opened.number] = opened
            opened.open(marks, takes_turns=bool(self._careful))
        else:
            message = _TOO_MANY if self._process is not None else _NOT_STARTED
            self._post(lambda: opened.fail_all(message))
        return opened

    def close(self) -> None:
        """End the process. No event follows."""
        self._is_closed = True
        for each in list(self._sets.values()):
            each.close()
        if self._process is not None:
            self._process.end()
            self._process = None

    def _start(self) -> None:
        self._starts += 1
        try:
            self._process = ReaderProcess(
                self._command,
                lambda process, event: self._post(lambda: self._handle(process, event)),
                lambda process: self._post(lambda: self._on_end(process)),
            )
        except OSError:
            self._process = None

    def _send(self, request: ReaderRequest) -> None:
        if self._process is not None:
            self._process.send(request)

    def _forget(self, number: int) -> None:
        self._sets.pop(number, None)
        self._careful.discard(number)

    def _free_marks(self, count: int) -> tuple[int, ...]:
        used = {mark for each in self._sets.values() for mark in each.marks}
        return tuple([mark for mark in range(MOST_CLIPS) if mark not in used][:count])

    def _handle(self, process: ReaderProcess, event: ReaderEvent) -> None:
        opened = self._sets.get(event.number)
        if process is self._process and opened is not None:
            self._starts = 0
            if isinstance(event, Pictures | Sound):
                self._idle_ends = 0
            opened.handle(event)

    def _on_end(self, process: ReaderProcess) -> None:
        """The process has crashed, or was killed: start another one, without a clip that is known to crash it."""
        if process is not self._process or self._is_closed:
            return
        log.warning("the frame reader has ended with code %s", process.exit_code)
        process.end()
        self._process = None
        self._fail_guilty(process)
        if not self._sets:
            return
        if self._starts < _MOST_STARTS:
            self._start()
        for each in list(self._sets.values()):
            if self._process is None:
                each.fail_all(_NOT_STARTED)
            else:
                each.open(each.marks, takes_turns=each.number in self._careful)

    def _fail_guilty(self, process: ReaderProcess) -> None:
        """Give up the clips that hang, or one that has crashed twice and was decoded alone the second time."""
        working = {
            (each, clip): work
            for each in list(self._sets.values())
            for clip, mark in enumerate(each.marks)
            if (work := work_at(process.marks, mark)) is not Work.NONE
        }
        hanging = [place for place, work in working.items() if work is Work.HANGING]
        for each, clip in hanging:
            each.fail(clip, _HANGS.format(name=each.name_of(clip)))
        if hanging:
            return
        self._idle_ends = 0 if working or self._starts else self._idle_ends + 1
        if self._idle_ends >= _MOST_IDLE_ENDS:
            for each in list(self._sets.values()):
                each.fail_all(_ENDS)
        for each, clip in working:
            self._crashes[each.number, clip] += 1
            if len(working) == 1 and self._crashes[each.number, clip] >= _MOST_CRASHES:
                each.fail(clip, _CRASHED.format(name=each.name_of(clip)))
        if working:
            self._careful.update(self._sets)
