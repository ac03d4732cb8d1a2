"""Marks: what the user thinks of a clip."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple, assert_never


class Flag(StrEnum):
    """Whether the user keeps a clip. The values are those in the database and in `--json`."""

    NONE = "none"
    PICKED = "picked"
    REJECTED = "rejected"


class Marks(NamedTuple):
    """All marks of a job."""

    starred: bool = False
    flag: Flag = Flag.NONE


class MarkEdit(NamedTuple):
    """A change of marks. None leaves that mark as it is."""

    starred: bool | None = None
    flag: Flag | None = None

    def applied(self, marks: Marks) -> Marks:
        """The marks after the change."""
        return Marks(
            marks.starred if self.starred is None else self.starred, marks.flag if self.flag is None else self.flag
        )

    def undoing(self, before: Marks) -> MarkEdit:
        """The change that brings back those marks before that this one changes."""
        return MarkEdit(None if self.starred is None else before.starred, None if self.flag is None else before.flag)


class MarkFilter(StrEnum):
    """Which jobs the list shows, by their marks."""

    ANY = "any"
    STARRED = "starred"
    PICKED = "picked"
    REJECTED = "rejected"
    UNMARKED = "unmarked"

    def admits(self, marks: Marks) -> bool:
        """True if the list shows a job with these marks."""
        match self:
            case MarkFilter.ANY:
                return True
            case MarkFilter.STARRED:
                return marks.starred
            case MarkFilter.PICKED:
                return marks.flag is Flag.PICKED
            case MarkFilter.REJECTED:
                return marks.flag is Flag.REJECTED
            case MarkFilter.UNMARKED:
                return marks == Marks()
            case _:
                assert_never(self)
