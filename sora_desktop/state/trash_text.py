"""The texts about the Trash."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from sora_desktop.domain.clip import Clip
from sora_desktop.domain.job import Job, Waiting
from sora_desktop.domain.library import Counts
from sora_desktop.state.clip_text import size_text


class Deletion(NamedTuple):
    """Jobs that are to be deleted permanently."""

    jobs: tuple[Job, ...]
    is_all: bool  # the whole Trash
    records: int  # of them, those that support may need
    clips: tuple[Clip, ...]  # whose files go to the system's trash
    missing: int  # files that would go there and are not where they were saved


def trash_text(counts: Counts) -> str:
    """What is in the Trash, such as "3 videos · 12.4 MB"; empty if nothing is."""
    if not counts.trashed:
        return ""
    videos = videos_text(counts.trashed)
    return f"{videos} · {size_text(counts.trashed_bytes)}" if counts.trashed_bytes else videos


def videos_text(number: int) -> str:
    """The number with its noun."""
    return "1 video" if number == 1 else f"{number} videos"


def videos_of_step(number: int) -> str:
    """The same in the name of a step: "video" for one, as in "Undo: Pick video"."""
    return videos_text(number).removeprefix("1 ")


def deletion_title(deletion: Deletion) -> str:
    """The question before jobs are deleted permanently."""
    videos = videos_text(len(deletion.jobs))
    return f"Empty the Trash ({videos})?" if deletion.is_all else f"Delete {videos} permanently?"


def deletion_details(deletion: Deletion) -> str:
    """What becomes of files and rows, a paragraph each."""
    jobs, files, missing = deletion.jobs, len(deletion.clips), deletion.missing
    paragraphs = []
    if files:
        size = size_text(sum(clip.facts.size for clip in deletion.clips))
        go, it = ("1 file goes", "it") if files == 1 else (f"{files} files go", "them")
        paragraphs.append(f"{go} to the system's trash ({size}), where the system can restore {it}.")
    if missing == 1:
        paragraphs.append("1 file is not where it was saved; its row alone is deleted.")
    elif missing:
        paragraphs.append(f"{missing} files are not where they were saved; their rows alone are deleted.")
    rows, they = ("The row", "it") if len(jobs) == 1 else ("The rows", "they")
    paragraphs.append(f"{rows} cannot be restored; what {they} cost still counts as spent.")
    if warning := record_warning(deletion.records, len(jobs)):
        paragraphs.append(warning)
    return "\n\n".join(paragraphs)


def deleting_text(number: int) -> str:
    """While jobs are being deleted permanently, or wait for their services."""
    return f"Deleting {videos_text(number)} permanently…"


def deleted_text(number: int) -> str:
    """After jobs were deleted permanently."""
    return f"Deleted {videos_text(number)} permanently"


def left_text(number: int, folder: Path) -> str:
    """After files could not be moved to the system's trash. `folder`: where the first one is."""
    stay, file, it = ("stays", "its file", "it") if number == 1 else ("stay", "their files", "them")
    return (
        f"{videos_text(number)} {stay} in the Trash: {file} could not be moved to the system's trash, which may not "
        f"exist for {folder}. Move or delete {it} yourself, then empty the Trash again."
    )


def moved_text(number: int) -> str:
    """After jobs were moved to the Trash."""
    return "Moved to Trash" if number == 1 else f"{videos_text(number)} moved to Trash"


def restored_text(jobs: Sequence[Job]) -> str:
    """After jobs were restored."""
    text = "Restored" if len(jobs) == 1 else f"{videos_text(len(jobs))} restored"
    waiting = sum(isinstance(job.phase, Waiting) for job in jobs)
    if not waiting:
        return text
    return f"{text} on hold" if waiting == len(jobs) else f"{text}, {waiting} of them on hold"


def record_warning(records: int, rows: int) -> str:
    """What is lost with those of the rows that support may need; empty if none of them is."""
    if not records:
        return ""
    those = "This row has" if rows == 1 else "One row has" if records == 1 else f"{records} rows have"
    return (
        f"{those} the only record of a request that may have been charged and has no video. Save a support report "
        "first: the service's support needs it to find the video or the charge."
    )
