"""What each clip's threads do at the moment, in memory that outlives the process if a file crashes it."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import IntEnum

#: Clips that can be open at a time.
MOST_CLIPS = 64


class Part(IntEnum):
    """The threads that work for one clip."""

    PICTURES = 0
    SOUND = 1
    REQUESTS = 2  # answers with frames that are decoded already


#: Bytes: one for each part of each clip.
MARKS_SIZE = len(Part) * MOST_CLIPS


class Work(IntEnum):
    """What a thread does."""

    NONE = 0
    DECODING = 1
    HANGING = 2  # decoding, for so long that the process has ended itself


class WorkMark:
    """The mark of one clip, for one of its threads."""

    def __init__(
        self, memory: memoryview, place: int, *, turn: threading.Lock | None = None, part: Part = Part.PICTURES
    ) -> None:
        """`turn`: held while the thread works, so that one clip works at a time."""
        self._memory = memory
        self._clip = place
        self._place = place + part * MOST_CLIPS
        self._turn = turn
        #: Changes with each step of the work.
        self.progress = 0

    @property
    def takes_turns(self) -> bool:
        """True if only one thread works at a time."""
        return self._turn is not None

    @property
    def is_working(self) -> bool:
        return self._memory[self._place] != Work.NONE

    def of_part(self, part: Part) -> WorkMark:
        """The mark for another thread that works for the same clip."""
        return WorkMark(self._memory, self._clip, turn=self._turn, part=part)

    def begin(self) -> None:
        """Note that the thread works from now on. It waits for its turn first."""
        self.progress += 1
        if not self.is_working:
            if self._turn is not None:
                self._turn.acquire()
            self._memory[self._place] = Work.DECODING

    def end(self) -> None:
        """Note that the thread does nothing from now on."""
        if self.is_working:
            self._memory[self._place] = Work.NONE
            if self._turn is not None:
                self._turn.release()

    @contextmanager
    def working(self) -> Iterator[None]:
        """Work within the block."""
        self.begin()
        try:
            yield
        finally:
            self.end()

    def go_on(self) -> None:
        """Note that the work has come further."""
        self.progress += 1

    def note_hanging(self) -> None:
        """Note that the work does not end."""
        self._memory[self._place] = Work.HANGING


class HangWatch:
    """Finds the threads whose work does not come further. Looks are counted, and not seconds: a computer may sleep."""

    def __init__(self, most_looks: int) -> None:
        self._most_looks = most_looks
        self._seen: dict[WorkMark, tuple[int, float]] = {}  # progress, and looks with the same progress

    def note_hanging(self, marks: Sequence[WorkMark], waited: float = 0.0) -> bool:
        """Look at all marks, and note those that hang. True if there is one.

        `waited`: share of the time since the last look in which the threads waited for a processor. It does not count:
        beside programs that compute, threads of low priority may need minutes for a step.
        """
        before, self._seen = self._seen, {}
        for mark in marks:
            if mark.is_working:
                progress, looks = before.get(mark, (mark.progress, 0.0))
                self._seen[mark] = (mark.progress, max(looks + 1 - waited, 0.0) if progress == mark.progress else 0.0)
        hanging = [mark for mark, (_, looks) in self._seen.items() if looks > self._most_looks]
        for mark in hanging:
            mark.note_hanging()
        return bool(hanging)


def work_at(memory: memoryview, place: int) -> Work:
    """What the threads of one clip do, or did when their process ended."""
    return Work(max(memory[place + part * MOST_CLIPS] for part in Part))
