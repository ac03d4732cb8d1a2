"""What is worth a notification, and what it says."""

from __future__ import annotations

from dataclasses import replace

import pytest
from builders import a_clip, a_job

from sora_desktop.domain.job import (
    Failed,
    Job,
    Phase,
    Ready,
    RemoteId,
    Rendering,
    Saving,
    Trashed,
    Unconfirmed,
    Unsaved,
    Waiting,
)
from sora_desktop.state.desktop_text import desktop_text, is_worth_telling

REMOTE = RemoteId("r")
READY, FAILED = Ready(a_clip()), Failed("<b>no</b>")


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (Saving(REMOTE), READY, True),
        (Rendering(REMOTE), FAILED, True),
        (Saving(REMOTE), Unsaved(REMOTE, "The link has expired."), True),
        (Unconfirmed(), Unconfirmed("The answer was lost."), True),
        (Unconfirmed("The answer was lost."), Unconfirmed("The balance is the same."), False),
        (Waiting(), Unconfirmed(), False),
        (Unconfirmed(), Rendering(REMOTE), False),
        (READY, READY, False),
        (FAILED, FAILED, False),
        (Trashed(READY, 0.0), READY, False),
        (Trashed(FAILED, 0.0), FAILED, False),
        (READY, Trashed(READY, 0.0), False),
        (None, READY, False),
        (None, FAILED, False),
    ],
)
def test_what_is_worth_telling(before: Phase | None, after: Phase, told: bool) -> None:
    earlier = None if before is None else a_job(before)
    assert is_worth_telling(earlier, a_job(after)) is told


def job(number: int, phase: Phase) -> Job:
    return replace(a_job(phase, number), request=replace(a_job(phase).request, prompt=f"waves {number} <3"))


A, B, C, D = job(1, READY), job(2, FAILED), job(3, READY), job(4, Unconfirmed("Lost."))


@pytest.mark.parametrize(
    ("jobs", "block", "title", "message", "button", "opens"),
    [
        ([A], "", "waves 1 <3", "Clip is ready", "Play", A),
        ([B], "", "waves 2 <3", "The video failed. Open the window to see why", "Show", B),
        ([D], "", "waves 4 <3", "The outcome is unknown. Open the window to decide", "Show", D),
        ([A, C], "", "2 clips are ready", "", "Play latest", C),
        ([A, B], "", "1 clip is ready, 1 video needs you", "", "Play", A),
        ([B, D], "", "2 videos need you", "", "Show latest", D),
        ([A], "No credits.", "waves 1 <3", "Clip is ready. No credits.", "Play", A),
        ([], "No credits.", "The queue is waiting for you", "No credits.", "", None),
    ],
)
def test_one_notification_for_all(
    jobs: list[Job], block: str, title: str, message: str, button: str, opens: Job | None
) -> None:
    assert desktop_text(jobs, block) == (title, message, button, opens)
