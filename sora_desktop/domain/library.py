"""Which part of the library is shown, and its counts."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum

from sora_desktop.domain.marks import MarkFilter


class Tab(StrEnum):
    """The tabs above the library."""

    ALL = "all"
    ACTIVE = "active"
    DONE = "done"
    FAILED = "failed"
    STARRED = "starred"
    TRASH = "trash"

    @property
    def label(self) -> str:
        return "★" if self is Tab.STARRED else self.value.capitalize()


#: Names of the phases on the tabs Active, Done and Failed.
ACTIVE_PHASES = ("waiting", "unconfirmed", "rendering", "saving", "unsaved", "unwatched")
#: Those of the sections of the list, without the last one, which holds all others.
SECTION_PHASES = (("unconfirmed", "rendering", "saving", "unsaved"), ("waiting",))
DONE_PHASES = ("ready",)
FAILED_PHASES = ("failed", "cancelled")
#: Names of the phases that only the tab Trash shows, and of those that no tab shows.
TRASH_PHASES = ("trashed",)
HIDDEN_PHASES = ("removed",)


class Section(IntEnum):
    """The sections of the list, from the top. A job that is sent passes through them without jumping over others."""

    AT_WORK = 0  # sent and not settled: in the order of the queue
    WAITING = 1  # in the order of the queue: the job that is sent next stands on top
    SETTLED = 2  # newest first

    @classmethod
    def of(cls, phase_name: str) -> Section:
        """The section of jobs in that phase."""
        return _SECTIONS.get(phase_name, cls.SETTLED)


#: By the name of the phase: each comparison of two rows looks here.
_SECTIONS = {name: section for section, names in zip(Section, SECTION_PHASES, strict=False) for name in names}


def times_name(job_id: str) -> str:
    """Name of the file with the frame times of a job's clip, beside its poster."""
    return f"{job_id}-times"


def poster_name(job_id: str) -> str:
    """The name of a job's poster in the posters folder."""
    return f"{job_id}.jpg"


@dataclass(frozen=True, slots=True)
class LibraryView:
    """The filter of the list: a tab, a search, a service and marks."""

    tab: Tab = Tab.ALL
    search: str = ""
    service: str = ""  # the name of one service; empty: the jobs of all services
    marks: MarkFilter = MarkFilter.ANY


@dataclass(frozen=True, slots=True)
class Counts:
    """The number of jobs on each tab. Those in the Trash count there alone, removed ones nowhere."""

    all: int = 0
    active: int = 0
    done: int = 0
    failed: int = 0
    starred: int = 0
    trashed: int = 0
    clip_bytes: int = 0  # total size of the clips, without those in the Trash
    trashed_bytes: int = 0  # total size of the clips in the Trash
    picked: int = 0
    rejected: int = 0
    unmarked: int = 0

    def on(self, tab: Tab) -> int:
        """The number of jobs on that tab."""
        return {
            Tab.ALL: self.all,
            Tab.ACTIVE: self.active,
            Tab.DONE: self.done,
            Tab.FAILED: self.failed,
            Tab.STARRED: self.starred,
            Tab.TRASH: self.trashed,
        }[tab]
