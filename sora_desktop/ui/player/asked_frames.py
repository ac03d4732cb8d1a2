"""Which frames were asked for and have not been shown yet: tells answers that are wanted from outdated ones."""

from __future__ import annotations

from enum import Enum, auto
from typing import TypeAlias

from sora_desktop.domain.frames import Picture

Frames = tuple[int, ...]
#: One picture of each clip, all of one moment; None where the frame cannot be decoded.
MomentPictures: TypeAlias = tuple[Picture | None, ...]


class PictureAnswer(Enum):
    NEW = auto()
    AGAIN = auto()  # the last ones once more: exact, or in another size
    OUTDATED = auto()


class AskedFrames:
    """Requests in their order. An answer to one ends those before it, which were skipped."""

    def __init__(self) -> None:
        self._asked: list[tuple[Frames, int]] = []
        self._answered: tuple[Frames, int] | None = None

    @property
    def position(self) -> int:
        """Microseconds, of the last answer."""
        return 0 if self._answered is None else self._answered[1]

    @property
    def is_waiting(self) -> bool:
        return bool(self._asked)

    def ask(self, frames: Frames, position: int) -> None:
        """A request for one frame of each clip has been sent, for a position in microseconds."""
        self._asked.append((frames, position))

    def forget(self) -> None:
        """No answer to an earlier request is wanted."""
        self._asked, self._answered = [], None

    def take(self, pictures: MomentPictures) -> PictureAnswer:
        """Find the request that pictures answer. None instead of a picture answers any."""
        for place, asked in enumerate(self._asked):
            if _answers(pictures, asked[0]):
                self._answered = asked
                del self._asked[: place + 1]
                return PictureAnswer.NEW
        if self._answered is not None and _answers(pictures, self._answered[0]):
            return PictureAnswer.AGAIN
        return PictureAnswer.OUTDATED


def _answers(pictures: MomentPictures, frames: Frames) -> bool:
    """True if the pictures are of these frames. One that is not exact may be of an earlier frame."""
    return len(pictures) == len(frames) and all(
        picture is None or picture.frame == frame or (not picture.is_exact and picture.frame < frame)
        for picture, frame in zip(pictures, frames, strict=True)
    )
