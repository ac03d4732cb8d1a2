"""Which part of the library is shown, and its counts."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Tab(StrEnum):
    """The tabs above the library."""

    ALL = "all"
    ACTIVE = "active"
    DONE = "done"
    FAILED = "failed"
    STARRED = "starred"

    @property
    def label(self) -> str:
        return "★" if self is Tab.STARRED else self.value.capitalize()


#: Names of the phases on the tabs Active, Done and Failed.
ACTIVE_PHASES = ("waiting", "unconfirmed", "rendering", "saving", "unsaved", "unwatched")
DONE_PHASES = ("ready",)
FAILED_PHASES = ("failed",)


def poster_name(job_id: str) -> str:
    """The name of a job's poster in the posters folder."""
    return f"{job_id}.jpg"


@dataclass(frozen=True, slots=True)
class LibraryView:
    """The filter of the list: a tab and a search. Newest jobs first."""

    tab: Tab = Tab.ALL
    search: str = ""


@dataclass(frozen=True, slots=True)
class Counts:
    """The number of jobs on each tab. Removed jobs are not counted."""

    all: int = 0
    active: int = 0
    done: int = 0
    failed: int = 0
    starred: int = 0
    clip_bytes: int = 0  # total size of the clips

    def on(self, tab: Tab) -> int:
        """The number of jobs on that tab."""
        return {
            Tab.ALL: self.all,
            Tab.ACTIVE: self.active,
            Tab.DONE: self.done,
            Tab.FAILED: self.failed,
            Tab.STARRED: self.starred,
        }[tab]
