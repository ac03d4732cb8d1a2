"""What each clip's thread does at the moment, in memory that outlives the process if a file crashes it."""

from __future__ import annotations

from enum import IntEnum

#: Clips that can be open at a time.
MOST_CLIPS = 64


class Work(IntEnum):
    """What a thread does."""

    NONE = 0
    DECODING = 1
    HANGING = 2  # decoding, for so long that the process has ended itself


class WorkMark:
    """The mark of one clip."""

    def __init__(self, memory: memoryview, place: int) -> None:
        self._memory = memory
        self._place = place

    @property
    def work(self) -> Work:
        """What the thread does, or did when its process ended."""
        return Work(self._memory[self._place])

    def set(self, work: Work) -> None:
        """Note what the thread does from now on."""
        self._memory[self._place] = work
