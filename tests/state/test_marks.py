"""What the keys of marks do to which jobs."""

from __future__ import annotations

import pytest
from builders import a_clip, a_job

from sora_desktop.domain.job import Failed, Job, Ready, Trashed
from sora_desktop.domain.marks import Flag
from sora_desktop.state.actions import Action
from sora_desktop.state.marks import Mark, mark_action, spoken_marks

PLAIN = a_job(Ready(a_clip()), 1)
PICKED = a_job(Ready(a_clip()), 2, starred=True, flag=Flag.PICKED)
REJECTED = a_job(Ready(a_clip()), 3, flag=Flag.REJECTED)
FAILED = a_job(Failed("no"), 4)
IN_TRASH = a_job(Trashed(Ready(a_clip()), 1.0), 5, flag=Flag.PICKED)


@pytest.mark.parametrize(
    ("mark", "jobs", "action", "changed"),
    [
        (Mark.STAR, [PLAIN, PICKED, FAILED], Action.STAR, [PLAIN, PICKED, FAILED]),
        (Mark.STAR, [PICKED], Action.UNSTAR, [PICKED]),
        (Mark.PICK, [PLAIN, PICKED, FAILED, IN_TRASH], Action.PICK, [PLAIN, PICKED]),
        (Mark.PICK, [PICKED, FAILED], Action.UNPICK, [PICKED]),
        (Mark.REJECT, [PICKED, REJECTED], Action.REJECT, [PICKED, REJECTED]),
        (Mark.REJECT, [REJECTED], Action.UNREJECT, [REJECTED]),
        (Mark.CLEAR, [PLAIN, PICKED, REJECTED, IN_TRASH], Action.CLEAR_MARKS, [PICKED, REJECTED]),
    ],
)
def test_a_key_gives_its_mark_or_takes_it_from_all(
    mark: Mark, jobs: list[Job], action: Action, changed: list[Job]
) -> None:
    assert mark_action(mark, jobs) == (action, tuple(job.id for job in changed))


@pytest.mark.parametrize("mark", Mark)
def test_marks_stay_as_they_are_in_the_trash(mark: Mark) -> None:
    assert mark_action(mark, [IN_TRASH]) is None
    assert mark is Mark.STAR or mark_action(mark, [FAILED]) is None


@pytest.mark.parametrize(
    ("jobs", "spoken"),
    [
        ([PICKED], f"Starred, Picked. {PICKED.request.prompt}"),
        ([PLAIN], f"No marks. {PLAIN.request.prompt}"),
        ([REJECTED, PLAIN, FAILED], "Rejected: 1 video. No marks: 2 videos"),
    ],
)
def test_screen_readers_speak_the_marks_that_jobs_have_now(jobs: list[Job], spoken: str) -> None:
    assert spoken_marks(jobs) == spoken
