"""What part of the library is looked at, and what it adds up to."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Tab(StrEnum):
    """The tabs over the library."""

    ALL = "all"
    ACTIVE = "active"
    DONE = "done"
    FAILED = "failed"
    STARRED = "starred"

    @property
    def label(self) -> str:
        return "★" if self is Tab.STARRED else self.value.capitalize()


#: Phase names behind the tabs that stand for phases.
ACTIVE_PHASES = ("waiting", "unconfirmed", "rendering", "saving", "unsaved", "unwatched")
DONE_PHASES = ("ready",)
FAILED_PHASES = ("failed",)


def poster_name(job_id: str) -> str:
    """The file name of a job's poster, in the folder of the posters."""
    return f"{job_id}.jpg"


@dataclass(frozen=True, slots=True)
class LibraryView:
    """One tab and one search. Newest first."""

    tab: Tab = Tab.ALL
    search: str = ""


@dataclass(frozen=True, slots=True)
class Counts:
    """How many jobs stand where. Removed jobs are not counted."""

    all: int = 0
    active: int = 0
    done: int = 0
    failed: int = 0
    starred: int = 0
    clip_bytes: int = 0  # what the clips take on this disk, in bytes

    def on(self, tab: Tab) -> int:
        """Jobs on that tab."""
        return {
            Tab.ALL: self.all,
            Tab.ACTIVE: self.active,
            Tab.DONE: self.done,
            Tab.FAILED: self.failed,
            Tab.STARRED: self.starred,
        }[tab]
