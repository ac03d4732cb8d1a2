"""What each clip's thread does at the moment, in memory that outlives the process if a file crashes it."""

from __future__ import annotations

from enum import IntEnum

#: Clips that can be open at a time.
MOST_CLIPS = 64
#: Bytes: two for each clip, for its pictures and for its sound.
MARKS_SIZE = 2 * MOST_CLIPS


class Work(IntEnum):
    """What a thread does."""

    NONE = 0
    DECODING = 1
    HANGING = 2  # decoding, for so long that the process has ended itself


class WorkMark:
    """The mark of one clip, for its pictures or for its sound."""

    def __init__(self, memory: memoryview, place: int, *, is_for_sound: bool = False) -> None:
        self._memory = memory
        self._place = place + MOST_CLIPS if is_for_sound else place

    @property
    def for_sound(self) -> WorkMark:
        """The mark for the sound of the same clip."""
        return WorkMark(self._memory, self._place, is_for_sound=True)

    def set(self, work: Work) -> None:
        """Note what the thread does from now on."""
        self._memory[self._place] = work


def work_at(memory: memoryview, place: int) -> Work:
    """What the threads of one clip do, or did when their process ended."""
    return Work(max(memory[place], memory[place + MOST_CLIPS]))
