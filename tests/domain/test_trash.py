"""A job comes back from the Trash as it was, except that nothing is sent without the user."""

from __future__ import annotations

import pytest
from builders import a_clip, a_job

from sora_desktop.domain.job import (
    Abandoned,
    Failed,
    Phase,
    Ready,
    RemoteId,
    Removed,
    Rendering,
    Saving,
    Trashed,
    Unconfirmed,
    Unsaved,
    Waiting,
    is_settled,
    remote_id_of,
)
from sora_desktop.domain.trash import before_trash, is_only_record, is_taken_away, restored, trashed

TASK = RemoteId("task_1")
TRASHABLE = (
    Unconfirmed("Outcome unknown."),
    Unconfirmed("Charged.", billed=True),
    Ready(a_clip()),
    Failed("no", "7", by_policy=True),
    Failed("no", remote_id=TASK),
    Abandoned(TASK),
)


@pytest.mark.parametrize("phase", TRASHABLE)
def test_a_job_comes_back_as_it_was(phase: Phase) -> None:
    job = a_job(phase, changed=5.0, starred=True, service="test")
    in_trash = trashed(job, 9.0)
    assert in_trash is not None and in_trash.changed_at == 9.0
    assert is_settled(in_trash.phase) and remote_id_of(in_trash.phase) == remote_id_of(phase)
    assert restored(in_trash) == before_trash(in_trash) == job


@pytest.mark.parametrize("on_hold", [False, True])
def test_a_waiting_job_comes_back_on_hold(on_hold: bool) -> None:
    in_trash = trashed(a_job(Waiting(), on_hold=on_hold), 9.0)
    assert in_trash is not None
    assert restored(in_trash) == a_job(Waiting(), on_hold=True)


@pytest.mark.parametrize(
    "phase", [Rendering(TASK), Saving(TASK), Unsaved(TASK, "cut"), Trashed(Waiting(), 1.0), Removed()]
)
def test_a_job_that_is_rendered_or_downloaded_cannot_be_moved_to_the_trash(phase: Phase) -> None:
    assert trashed(a_job(phase), 9.0) is None


@pytest.mark.parametrize("phase", [*TRASHABLE, Waiting(), Removed()])
def test_only_a_job_in_the_trash_is_restored(phase: Phase) -> None:
    assert restored(a_job(phase)) is None
    assert before_trash(a_job(phase)) == a_job(phase)


@pytest.mark.parametrize("phase", TRASHABLE)
def test_a_job_is_the_only_record_in_the_trash_as_well(phase: Phase) -> None:
    job = a_job(phase)
    in_trash = trashed(job, 9.0)
    assert in_trash is not None and is_only_record(job) == is_only_record(in_trash)
    assert is_only_record(job) != isinstance(phase, Ready) or phase == Failed("no", "7", by_policy=True)


def test_a_job_is_taken_away_into_the_trash_out_of_it_and_when_it_is_deleted() -> None:
    job = a_job(Waiting())
    in_trash = trashed(job, 9.0)
    assert in_trash is not None
    assert is_taken_away(job, in_trash) and is_taken_away(in_trash, job) and is_taken_away(in_trash, a_job(Removed()))
    assert not is_taken_away(job, a_job(Failed("no"))) and not is_taken_away(in_trash, in_trash)
