"""Reads frames with the real frame reader, without a window."""

from __future__ import annotations

import queue
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from PySide6.QtGui import QImage
from waiting import PATIENCE

from sora_desktop.domain.frames import ClipOpened, FrameEvent, Picture, PicturesRead, ReadClip, ReadingFailed
from sora_desktop.media.frames.client import FrameReaderClient
from sora_desktop.media.frames.client_set import ClientSet


class Reader:
    """A client whose thread is that of the test."""

    def __init__(self, command: Sequence[str] | None = None) -> None:
        #: What the client's thread is to run.
        self.posted: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self.client = FrameReaderClient(self.posted.put, command)

    def open(self, *files: Path, times_file: Path | None = None) -> OpenClips:
        """Open clips in frame lock, and wait until each is open or has failed."""
        opened = OpenClips(self, [ReadClip(file, times_file) for file in files])
        self.run_until(lambda: len(opened.opened) + len(opened.failures) == len(files))
        return opened

    def run_until(self, condition: Callable[[], object]) -> None:
        """Run what the reader posts until the condition is true."""
        while not condition():
            self.posted.get(timeout=PATIENCE)()


class OpenClips:
    """A set that keeps its events."""

    def __init__(self, reader: Reader, clips: Sequence[ReadClip]) -> None:
        self._reader = reader
        self.events: list[FrameEvent] = []
        self.set: ClientSet = reader.client.open(clips, self.events.append)

    @property
    def opened(self) -> dict[int, ClipOpened]:
        return {event.clip: event for event in self.events if isinstance(event, ClipOpened)}

    @property
    def failures(self) -> dict[int, str]:
        return {event.clip: event.message for event in self.events if isinstance(event, ReadingFailed)}

    @property
    def pictures(self) -> list[tuple[Picture | None, ...]]:
        return [event.pictures for event in self.events if isinstance(event, PicturesRead)]

    def wait(self, condition: Callable[[], object]) -> None:
        self._reader.run_until(condition)

    def show(self, *frames: int, direction: int = 0) -> tuple[Picture | None, ...]:
        """The exact pictures of these frames."""
        before = len(self.pictures)
        self.set.show(frames, direction=direction)
        self.wait(lambda: len(self.pictures) > before)
        return self.pictures[-1]

    def picture(self, frame: int, *, direction: int = 0) -> Picture:
        """The exact picture of a frame of the only clip."""
        (picture,) = self.show(frame, direction=direction)
        assert picture is not None and picture.frame == frame and picture.is_exact
        return picture


@contextmanager
def frame_reader(command: Sequence[str] | None = None) -> Iterator[Reader]:
    """A reader whose process ends with the block."""
    reader = Reader(command)
    try:
        yield reader
    finally:
        reader.client.close()


def image_of(picture: Picture) -> QImage:
    """The picture for Qt, without copying the pixels."""
    return QImage(picture.pixels, picture.width, picture.height, picture.pitch, QImage.Format.Format_RGB32)


def gray_of(picture: Picture) -> int:
    """The green of the pixel in the middle."""
    return picture.pixels[picture.height // 2 * picture.pitch + picture.width // 2 * 4 + 1]
