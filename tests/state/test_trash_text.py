"""What is said about the Trash: how much, where it goes, and what is lost."""

from __future__ import annotations

from pathlib import Path

import pytest
from builders import a_clip, a_job

from sora_desktop.domain.job import Abandoned, Failed, Job, Ready, RemoteId, TrashablePhase, Trashed, Waiting
from sora_desktop.domain.library import Counts
from sora_desktop.state.trash_text import (
    Deletion,
    deletion_details,
    deletion_title,
    left_text,
    restored_text,
    trash_text,
)


def in_trash(phase: TrashablePhase, number: int = 1) -> Job:
    return a_job(Trashed(phase, 1.0), number)


SAVED = a_clip(size=6_400_000)
CLIP, REFUSED = in_trash(Ready(SAVED)), in_trash(Failed("refused"), 2)
ABANDONED = in_trash(Abandoned(RemoteId("task_1")), 3)


@pytest.mark.parametrize(
    ("counts", "text"),
    [
        (Counts(), ""),
        (Counts(trashed=1), "1 video"),
        (Counts(trashed=3, trashed_bytes=12_400_000), "3 videos · 12.4 MB"),
        (Counts(trashed=3, trashed_bytes=1_100_000_000), "3 videos · 1.1 GB"),
    ],
)
def test_the_bar_says_what_the_trash_holds(counts: Counts, text: str) -> None:
    assert trash_text(counts) == text


def test_the_question_says_what_becomes_of_files_and_rows() -> None:
    deletion = Deletion((CLIP, REFUSED), is_all=True, records=0, clips=(SAVED,), missing=0)
    assert deletion_title(deletion) == "Empty the Trash (2 videos)?"
    assert deletion_details(deletion).split("\n\n") == [
        "1 file goes to the system's trash (6.4 MB), where the system can restore it.",
        "The rows cannot be restored; what they cost still counts as spent.",
    ]


def test_the_question_names_files_that_are_missing_and_records_that_are_lost() -> None:
    deletion = Deletion((CLIP, ABANDONED), is_all=False, records=1, clips=(), missing=1)
    assert deletion_title(deletion) == "Delete 2 videos permanently?"
    missing, rows, record = deletion_details(deletion).split("\n\n")
    assert missing == "1 file is not where it was saved; its row alone is deleted."
    assert rows.startswith("The rows cannot be restored;")
    assert record.startswith("One row has the only record of a request that may have been charged")


def test_the_size_is_that_of_the_files_that_go() -> None:
    """The file of the other video is missing."""
    jobs = (CLIP, in_trash(Ready(a_clip(size=9_000_000)), 4))
    first, missing, _ = deletion_details(Deletion(jobs, True, 0, (SAVED,), 1)).split("\n\n")
    assert first.startswith("1 file goes to the system's trash (6.4 MB)") and missing.startswith("1 file is not where")


def test_a_file_that_stays_is_named_with_what_to_do() -> None:
    assert left_text(1, Path("/media/usb")) == (
        "1 video stays in the Trash: its file could not be moved to the system's trash, which may not exist for "
        f"{Path('/media/usb')}. Move or delete it yourself, then empty the Trash again."
    )
    assert left_text(2, Path("/media/usb")).startswith("2 videos stay in the Trash: their files could")


@pytest.mark.parametrize(
    ("jobs", "text"),
    [
        ([a_job(Failed("no"))], "Restored"),
        ([a_job(Waiting())], "Restored on hold"),
        ([a_job(Waiting()), a_job(Waiting(), 2)], "2 videos restored on hold"),
        ([a_job(Waiting()), a_job(Failed("no"), 2)], "2 videos restored, 1 of them on hold"),
    ],
)
def test_a_restored_request_says_that_it_is_on_hold(jobs: list[Job], text: str) -> None:
    assert restored_text(jobs) == text
