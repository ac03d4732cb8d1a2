"""Reads the sound of a set of clips in a thread, one stream at a time."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sora_desktop.media.frame_table import FrameTable
from sora_desktop.media.frames.messages import ReadSound, Sound, StartSound
from sora_desktop.media.frames.sound_source import SoundSource
from sora_desktop.media.frames.sound_stream import SoundStream
from sora_desktop.media.frames.work_marks import WorkMark


class SoundReader:
    """Starts and reads streams, in the order of the requests."""

    def __init__(self, send: Callable[[Sound], None]) -> None:
        """`send` is called by the thread."""
        self._send = send
        self._requests: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._sources: dict[int, SoundSource] = {}  # by clip
        self._stream: SoundStream | None = None
        self._number = 0  # of the stream
        self._mark: WorkMark | None = None
        self._thread = threading.Thread(target=self._run, name="sound", daemon=True)

    def start(self, request: StartSound, file: Path | None, table: FrameTable | None, mark: WorkMark) -> None:
        """Begin a stream of the clip in `file`, which is empty if the clip is not open. An older one ends."""
        self._requests.put(lambda: self._start(request, file, table, mark))
        if self._thread.ident is None:
            self._thread.start()

    def read(self, request: ReadSound) -> None:
        """Send the next samples of a stream."""
        self._requests.put(lambda: self._read(request))
        if self._thread.ident is None:
            self._thread.start()

    def close(self) -> None:
        """End the thread, soon."""
        self._requests.put(None)

    def _run(self) -> None:
        while (request := self._requests.get()) is not None:
            request()
        for source in self._sources.values():
            source.close()

    def _start(self, request: StartSound, file: Path | None, table: FrameTable | None, mark: WorkMark) -> None:
        self._stream, self._number, self._mark = None, request.stream, mark
        if file is None or table is None:
            return
        with self._decoding(mark):
            source = self._sources.get(request.clip)
            if source is None:
                source = self._sources[request.clip] = SoundSource(file, table.starts[0] * table.time_base)
            if source.has_sound:
                end = table.times.end
                self._stream = SoundStream(source, request.start, request.speed, request.first, request.last, end)

    def _read(self, request: ReadSound) -> None:
        if request.stream != self._number:
            return
        samples = b""
        if self._stream is not None and self._mark is not None:
            with self._decoding(self._mark):
                samples = self._stream.read(request.frames)
        self._send(Sound(request.number, request.stream, samples))

    @contextmanager
    def _decoding(self, mark: WorkMark) -> Iterator[None]:
        """End the stream if the sound cannot be decoded. The pictures tell what is wrong with the file."""
        try:
            with mark.working():
                yield
        except Exception:  # a fault of a library must not end the thread, which would leave requests without an answer
            self._stream = None
