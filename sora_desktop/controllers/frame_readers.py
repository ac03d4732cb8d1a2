"""Opens clips for the player: brings what the frame reader sends into the window's thread."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, Qt, Signal

from sora_desktop.domain.frames import FrameEvent, ReadClip
from sora_desktop.media.frames.client import FrameReaderClient
from sora_desktop.media.frames.client_set import ClientSet


class FrameReaders(QObject):
    """The frame reader of the window. `open` is an `OpenFrames`."""

    _posted = Signal(object)

    def __init__(self, command: Sequence[str] | None = None) -> None:
        """`command` starts the process; that of this program unless given."""
        super().__init__()
        self._posted.connect(_run, Qt.ConnectionType.QueuedConnection)
        self._client = FrameReaderClient(self._posted.emit, command)

    def open(self, clips: Sequence[ReadClip], receive: Callable[[FrameEvent], None]) -> ClientSet:
        """Open clips in frame lock. `receive` gets their events in the window's thread."""
        return self._client.open(clips, receive)

    def warm_up(self) -> None:
        """Start the process, so that the first clip opens at once."""
        self._client.warm_up()

    def close(self) -> None:
        """End the process."""
        self._client.close()


def _run(function: Callable[[], None]) -> None:
    function()
