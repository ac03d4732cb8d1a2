"""Shared memory in which pictures of one clip are handed over."""

from __future__ import annotations

from sora_desktop.media.frames.messages import SharedPicture
from sora_desktop.media.frames.pictures import SizedFrame
from sora_desktop.system.shared_memory import SharedMemory

#: Places for pictures: two that the client keeps, one on its way to it, and one that is being written.
_SLOTS = 4
_PAGE = 4096
#: How many times as large as an exact picture its place may be.
_SHRINKS = 2


class PictureMemory:
    """Four places, each for one picture. A sent picture stays as it is until three more have been sent."""

    def __init__(self) -> None:
        self._memory: SharedMemory | None = None
        self._slot_size = 0
        self._is_announced = False  # the client removes its name
        #: Memory and offset of the last three, oldest first. On Windows, memory ends that nobody has open.
        self._sent: list[tuple[SharedMemory, int]] = []

    @property
    def bytes(self) -> int:
        """The memory for all places."""
        return 0 if self._memory is None else self._slot_size * _SLOTS

    def write(self, frame: int, picture: SizedFrame, *, is_exact: bool) -> SharedPicture:
        """Write a picture to a place that is free. One that was written before, and not sent, is lost.

        The memory becomes larger and smaller with the pictures.

        Raises OSError if there is no memory.
        """
        plane = picture.frame.planes[0]
        is_much_smaller = is_exact and plane.buffer_size * _SHRINKS < self._slot_size
        if self._memory is None or plane.buffer_size > self._slot_size or is_much_smaller:
            if self._memory is not None and not self._is_announced:
                self._memory.remove_name()
            self._is_announced = False
            self._slot_size = -(-plane.buffer_size // _PAGE) * _PAGE
            self._memory = SharedMemory.create(self._slot_size * _SLOTS)
        memory = self._memory
        used = {offset for sent, offset in self._sent if sent is memory}
        offset = next(start for start in range(0, self._slot_size * _SLOTS, self._slot_size) if start not in used)
        memory.pixels[offset : offset + plane.buffer_size] = memoryview(plane).cast("B")
        size = self._slot_size * _SLOTS
        return SharedPicture(frame, picture.width, picture.height, plane.line_size, memory.name, size, offset, is_exact)

    def note_sent(self, picture: SharedPicture) -> None:
        """The client has been told of this picture."""
        self._is_announced = True
        if self._memory is not None:
            self._sent = [*self._sent[-2:], (self._memory, picture.offset)]

    def close(self) -> None:
        """Give the memory back once the client has done so too. The client opens none from now on."""
        if self._memory is not None:
            self._memory.remove_name()
            self._memory = None
        self._sent.clear()
